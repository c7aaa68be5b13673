// One hospital's real replica, with its log, record, ledger and pool, in a network that the test plays: what it is told,
// what it tells whom, and whom it blames.
import {
  type Hex32,
  proposerOrder,
  signEd25519,
  signPayload,
  toHex,
  type Vote,
  type VoteContent,
  type VoteType,
  votePayload,
} from '@consilium/core';
import { type Chain, createChain, GENESIS_TIME, type Hospital } from '../../../core/test/kit/chain.ts';
import {
  decodeMessage,
  encodeMessage,
  type StatusMessage,
  type WireMessage,
} from '../../src/messages/wire.ts';
import type { Channel, Kv, Net, NetHandler } from '../../src/ports.ts';
import { createLedgerPool, createSignatures } from '../../src/replica/ledger-pool.ts';
import { type OpenedReplica, openReplica, SIGNING_RECORD_FILE } from '../../src/replica/open.ts';
import { initialiseRecordFile } from '../../src/signing/record-file.ts';
import {
  createCountingRandom,
  createEventLog,
  createManualClock,
  type EventLog,
  type ManualClock,
} from './fakes.ts';
import { createMemoryDisk, type MemoryDisk } from './memory-disk.ts';

/** What outlives a replica. */
export interface LoneHome {
  readonly disk: MemoryDisk;
  readonly kv: Kv;
}

export interface LoneReplica {
  readonly home: LoneHome;
  readonly chain: Chain;
  readonly opened: OpenedReplica;
  readonly clock: ManualClock;
  readonly log: EventLog;
  /** Hospitals in the order in which they propose at height 1; the replica is that of the last one. */
  readonly hospitals: readonly Hospital[];
  readonly self: Hospital;
  /** Delivers a message as if this hospital had sent it. */
  tell(from: Hospital, message: WireMessage): void;
  /** What the replica has sent to this hospital since it was asked last. */
  toldTo(to: Hospital): WireMessage[];
  /** Codes for which this hospital was charged. */
  blamed(peer: Hospital): string[];
  /** Signatures checked so far, transactions' apart. */
  readonly checks: () => number;
  /** What a hospital says that runs this height. */
  status(height: number): StatusMessage;
  vote(by: Hospital, type: VoteType, blockId: Hex32 | null, instead?: Partial<VoteContent>): Vote;
}

interface PlayedNet extends Net {
  deliver(peer: Hex32, channel: Channel, bytes: Uint8Array): void;
  readonly sent: { readonly to: Hex32; readonly message: WireMessage }[];
  readonly penalties: { readonly peer: Hex32; readonly code: string }[];
}

function createPlayedNet(peers: readonly Hex32[]): PlayedNet {
  let handler: NetHandler | undefined;
  const sent: PlayedNet['sent'] = [];
  const penalties: PlayedNet['penalties'] = [];
  return {
    sent,
    penalties,
    start: (given) => {
      handler = given;
      for (const peer of peers) given.onConnect(peer);
    },
    connected: () => peers,
    send: (to, _channel, bytes) => {
      sent.push({ to, message: decodeMessage(bytes) });
      return true;
    },
    pause: () => undefined,
    penalize: (peer, code) => {
      penalties.push({ peer, code });
    },
    admit: () => undefined,
    deliver: (peer, channel, bytes) => handler?.onMessage(peer, channel, bytes),
  };
}

function createMapKv(): Kv {
  const rows = new Map<string, Uint8Array>();
  return {
    get: (table, key) => rows.get(`${table}:${toHex(key)}`),
    write: (batch, done) => {
      for (const { table, key, value } of batch) {
        if (value === null) rows.delete(`${table}:${toHex(key)}`);
        else rows.set(`${table}:${toHex(key)}`, value);
      }
      done();
    },
  };
}

function unwrap(result: unknown): OpenedReplica {
  if (result instanceof Error) throw result;
  return result as OpenedReplica;
}

/**
 * Started, at height 1, nobody awake, its arrival over. `found`: what an earlier one left. `endObservation`: the
 * operator's word, from which height on.
 */
export function startLoneReplica(found?: LoneHome, endObservation?: number): LoneReplica {
  const node = startUnheard(found, endObservation);
  for (const peer of node.hospitals) if (peer !== node.self) node.tell(peer, node.status(1));
  return node;
}

/** The same, and no peer has said yet where it stands. */
export function startUnheard(found?: LoneHome, endObservation?: number): LoneReplica {
  const chain = createChain();
  const { genesis, deps } = chain;
  const { genesisHash } = deps;
  const hospitals = proposerOrder(chain.view().state, 1).map(
    (id) => chain.hospitals.find((each) => each.id === id) as Hospital,
  );
  const self = hospitals.at(-1) as Hospital;
  const net = createPlayedNet(hospitals.filter((each) => each !== self).map((each) => each.id));
  const clock = createManualClock(GENESIS_TIME + 1_000);
  const log = createEventLog();
  const home = found ?? { disk: createMemoryDisk(), kv: createMapKv() };
  const { disk, kv } = home;
  const signatures = createSignatures(deps.verify);
  let checks = 0;
  let opened: OpenedReplica | undefined;
  const owner = { name: SIGNING_RECORD_FILE, genesis: genesisHash, validator: self.id };
  if (found === undefined) initialiseRecordFile(disk, owner, () => undefined);
  openReplica(
    {
      ...{ genesis, genesisHash, self: self.id, disk, kv, net, clock },
      random: createCountingRandom(),
      report: log.report,
      verify: (...args) => {
        checks += 1;
        return deps.verify(...args);
      },
      verifySender: (tx, key) => signatures.verifySender(tx, key),
      signBytes: (bytes) => signEd25519(self.validator, bytes),
      createPool: (ledger) =>
        createLedgerPool({ clock, report: log.report, net, signatures, onAdmitted: () => undefined }, ledger),
      onCommit: () => undefined,
      onFailure: (error) => {
        throw error;
      },
    },
    { rebroadcastMs: 60_000, statusMs: 60_000 },
    (result) => {
      opened = unwrap(result);
    },
  );
  const replica = unwrap(opened);
  if (endObservation !== undefined) replica.guard.endObservation(endObservation);
  replica.start();
  return {
    ...{ home, chain, opened: replica, clock, log, hospitals, self },
    tell: (from, message) => net.deliver(from.id, 'agreement', encodeMessage(message)),
    toldTo: (to) => {
      const told = net.sent.filter((each) => each.to === to.id).map((each) => each.message);
      net.sent.length = 0;
      return told;
    },
    blamed: (peer) => net.penalties.filter((each) => each.peer === peer.id).map((each) => each.code),
    checks: () => checks,
    status: (height) => ({
      ...{ type: 'status', base: 1, height, lastBlockId: replica.ledger.tip.blockId },
      ...{ round: 0, awake: false, timeMs: clock.wallMs() },
    }),
    vote: (by, type, blockId, instead = {}) => {
      const content: VoteContent = { type, height: 1, round: 0, blockId, validRound: -1, ...instead };
      const signature = signPayload(by.validator, 'vote', genesisHash, votePayload(content));
      return { ...content, validator: by.id, signature };
    },
  };
}
