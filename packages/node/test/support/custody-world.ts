// Hospitals with real custody over a ledger in memory: real packages, envelopes, shares and signatures; clock, network,
// store and vault are the test's, which decides who is connected, who lags behind, and when a write is durable.
import {
  type Action,
  type BuiltBlock,
  type Certificate,
  currentEpoch,
  custodyEpoch,
  type ErrorCode,
  encodeLightSteps,
  genesisState,
  genesisTip,
  type Hex32,
  type LightStep,
  sha256,
  signEd25519,
  signedBytes,
  type Tx,
  toHex,
  utf8,
} from '@consilium/core';
import { type EncryptionKey, encryptionKeyFromSeed } from '@consilium/sealing';
import { vi } from 'vitest';
import {
  type Chain,
  createChain,
  FOUNDERS,
  GENESIS_TIME,
  giveCustodyKey,
  type Hospital,
  hospital,
} from '../../../core/test/kit/chain.ts';
import { enrol, type Person, submit as submitTx } from '../../../core/test/kit/people.ts';
import { sodiumGroup } from '../../src/crypto/group-sodium.ts';
import { createSealer } from '../../src/crypto/sealer.ts';
import { type Counted, Custody, type Outcome } from '../../src/custody/custody.ts';
import type { Gathered } from '../../src/custody/gatherer.ts';
import { RESHARE_TICK_MS } from '../../src/limits.ts';
import { type CustodyMessage, decodeCustodyMessage } from '../../src/messages/custody.ts';
import type { Channel, Kv, KvWrite, NetHandler, Peers, Sealer } from '../../src/ports.ts';
import { commitWrites, genesisWrites, readTip, type Tip } from '../../src/replica/chain.ts';
import type { CompactRange } from '../../src/replica/pruner.ts';
import { TABLES } from '../../src/tables.ts';
import { type Authored, type AuthorOptions, authorPackage } from './custody-author.ts';
import { createEventLog, createManualClock, type EventLog, type ManualClock } from './fakes.ts';
import { createMemoryVault, type MemoryVault } from './memory-vault.ts';

export interface TestKv extends Kv {
  /** While set, writes of custody are done and nobody is told. */
  held: (() => void)[] | undefined;
  rows(table: number): { readonly key: Uint8Array; readonly value: Uint8Array }[];
  clear(table: number): void;
}

export interface CustodyNode {
  readonly hospital: Hospital;
  readonly custodyKey: EncryptionKey;
  custody: Custody;
  readonly kv: TestKv;
  vault: MemoryVault;
  readonly log: EventLog;
  readonly counted: { readonly what: Counted; readonly code?: ErrorCode }[];
  /** Why it may release nothing. */
  standing: ErrorCode | undefined;
  /** Changes what it seals: a custodian that lies. */
  falsify: (plaintext: Uint8Array) => Uint8Array;
  /** What happens before an envelope that it seals is there. */
  beforeSealed: () => void;
  /** While set, commits wait here. */
  behind: BuiltBlock[] | undefined;
  /** Codes for which it blamed peers. */
  readonly penalties: { readonly peer: Hex32; readonly code: string }[];
  /** Everything that it was told. */
  readonly heard: { readonly from: Hex32; readonly message: CustodyMessage }[];
  /** Actions that it handed in. */
  readonly actions: Action[];
  /** Ranges of its store that it asked to be written over. */
  readonly compacted: CompactRange[];
  catchUp(): void;
  /** A new run over the same store and vault. */
  restart(): void;
}

export interface CommittedBlock extends BuiltBlock {
  readonly certificate: Certificate;
}

export interface CustodyWorld {
  readonly chain: Chain;
  /** Every block so far, with its certificate. */
  readonly blocks: readonly CommittedBlock[];
  readonly clock: ManualClock;
  readonly nodes: readonly CustodyNode[];
  node(name: string): CustodyNode;
  commit(txs: readonly Tx[]): BuiltBlock;
  /** Commits what custody handed in by itself, in one block; the types and codes. */
  pump(): string[];
  /** Lets time pass, not while anybody seals or opens, and commits what custody hands in, until the condition holds. */
  passUntil(holds: () => boolean, what: string): Promise<void>;
  /** One transaction in a block of its own; its code. */
  act(sender: Person, ...actions: readonly Action[]): string;
  cut(a: CustodyNode, b: CustodyNode): void;
  connect(a: CustodyNode, b: CustodyNode): void;
  /** Looks at a message on its way; undefined: it is lost. */
  tap: (from: Hex32, to: Hex32, message: Uint8Array) => Uint8Array | undefined;
  author(by: Hospital, patient: Person, options?: Partial<AuthorOptions>): Promise<Authored>;
  /** Handed in at this node, gathered, registered. */
  register(at: CustodyNode, by: Hospital, authored: Authored): Promise<Gathered>;
  patient(by: Hospital, name: string): Person;
  /** Nobody seals or opens at the moment. */
  isIdle(): boolean;
  stop(): void;
}

export const HOSPITALS: readonly string[] = FOUNDERS.map((name) => `${name} with custody`);

export function custodyKeyOf(name: string): EncryptionKey {
  return encryptionKeyFromSeed(sha256(utf8(`custody seed of ${name}`)));
}

/** Known to the kit with a custody key whose secret is here. */
export function custodyHospital(name: string): Hospital {
  giveCustodyKey(name, custodyKeyOf(name).publicKey);
  return hospital(name);
}

/** Waits for a condition, never for a time. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  await vi.waitFor(
    () => {
      if (!holds()) throw new Error(`not yet: ${what}`);
    },
    { timeout: 20_000, interval: 1 },
  );
}

/** What a callback is called with. */
export function answerOf<T>(ask: (done: (result: T) => void) => void): Promise<T> {
  return new Promise((resolve) => ask(resolve));
}

export function ok<T>(result: Outcome<T>): T {
  if (result instanceof Error) throw result;
  return result;
}

export function refusal(result: unknown): string | undefined {
  return result instanceof Error && 'code' in result ? String(result.code) : undefined;
}

function createTestKv(): TestKv {
  const rows = new Map<string, { readonly key: Uint8Array; readonly value: Uint8Array }>();
  const kv: TestKv = {
    held: undefined,
    get: (table, key) => rows.get(`${table}:${toHex(key)}`)?.value,
    write: (batch, done) => {
      for (const { table, key, value } of batch) {
        if (value === null) rows.delete(`${table}:${toHex(key)}`);
        else rows.set(`${table}:${toHex(key)}`, { key, value });
      }
      if (kv.held === undefined) queueMicrotask(() => done());
      else kv.held.push(() => done());
    },
    rows: (table) => [...rows].filter(([name]) => name.startsWith(`${table}:`)).map(([, row]) => row),
    clear: (table) => {
      for (const name of [...rows.keys()]) if (name.startsWith(`${table}:`)) rows.delete(name);
    },
  };
  return kv;
}

interface Wire {
  readonly links: Set<string>;
  readonly handlers: Map<Hex32, NetHandler>;
  tap: CustodyWorld['tap'];
}

const linkOf = (a: Hex32, b: Hex32): string => [a, b].sort().join('-');

function peersOf(wire: Wire, self: Hex32, node: () => CustodyNode): Peers {
  const isLinked = (peer: Hex32): boolean => wire.links.has(linkOf(self, peer)) && wire.handlers.has(peer);
  return {
    start: (handler) => {
      wire.handlers.set(self, handler);
      for (const peer of wire.handlers.keys()) {
        if (peer === self || !isLinked(peer)) continue;
        handler.onConnect(peer);
        wire.handlers.get(peer)?.onConnect(self);
      }
    },
    connected: () => [...wire.handlers.keys()].filter((peer) => peer !== self && isLinked(peer)),
    send: (peer: Hex32, _channel: Channel, bytes: Uint8Array) => {
      if (!isLinked(peer)) return false;
      const message = wire.tap(self, peer, bytes.slice());
      if (message !== undefined)
        queueMicrotask(() => {
          if (isLinked(peer)) wire.handlers.get(peer)?.onMessage(self, 'custody', message);
        });
      return true;
    },
    pause: () => undefined,
    penalize: (peer, code) => node().penalties.push({ peer, code }),
  };
}

/** `first` of them found the network, the others are there and know of it. */
export function createCustodyWorld(count = 4, guests = 0): CustodyWorld {
  const names = HOSPITALS.slice(0, count + guests);
  for (const name of names) custodyHospital(name);
  const chain = createChain(names.slice(0, count));
  const clock = createManualClock(GENESIS_TIME + 1_000);
  const wire: Wire = { links: new Set(), handlers: new Map(), tap: (_from, _to, message) => message };
  const steps: LightStep[] = [];
  const blocks: CommittedBlock[] = [];
  const sealing: Sealing = { underWay: 0 };
  const nodes = names.map((name) => createNode(name, { chain, clock, wire, steps, sealing }));
  for (const a of nodes) for (const b of nodes) wire.links.add(linkOf(a.hospital.id, b.hospital.id));
  for (const node of nodes) node.restart();
  const told = (built: BuiltBlock): BuiltBlock => {
    const { header } = built.block;
    const isChange = header.nextValidatorsHash !== header.validatorsHash;
    const certificate = chain.certificate() as Certificate;
    blocks.push({ ...built, certificate });
    steps.push({ header, certificate, nextValidators: isChange ? built.execution.validators : null });
    for (const node of nodes) {
      node.behind?.push(built);
      if (node.behind === undefined) applyTo(node, built, certificate);
    }
    clock.advance(1_000);
    return built;
  };
  const real = chain.commit;
  const commit = (txs: readonly Tx[], options = {}): BuiltBlock => told(real(txs, options));
  // The kit's people commit by themselves: every node hears of their blocks as well.
  Object.assign(chain, { commit });
  const pump = (): string[] => {
    const txs = nodes.flatMap(({ hospital: { id, account }, actions }) =>
      actions.splice(0).map((action) => chain.tx(id, account, [action])),
    );
    if (txs.length === 0) return [];
    const { execution } = commit(txs);
    return execution.results.map(({ code }) => code);
  };
  const node = (name: string): CustodyNode =>
    nodes.find((each) => each.hospital.name.startsWith(name)) as CustodyNode;
  return {
    chain,
    blocks,
    clock,
    nodes,
    node,
    commit,
    pump,
    passUntil: (holds, what) =>
      until(() => {
        if (sealing.underWay > 0) return false;
        clock.advance(RESHARE_TICK_MS);
        pump();
        return holds();
      }, what),
    act: (sender, ...actions) => submitTx(chain, sender, ...actions).code,
    cut: (a, b) => {
      wire.links.delete(linkOf(a.hospital.id, b.hospital.id));
      wire.handlers.get(a.hospital.id)?.onDisconnect(b.hospital.id);
      wire.handlers.get(b.hospital.id)?.onDisconnect(a.hospital.id);
    },
    connect: (a, b) => {
      wire.links.add(linkOf(a.hospital.id, b.hospital.id));
      wire.handlers.get(a.hospital.id)?.onConnect(b.hospital.id);
      wire.handlers.get(b.hospital.id)?.onConnect(a.hospital.id);
    },
    get tap() {
      return wire.tap;
    },
    set tap(tap) {
      wire.tap = tap;
    },
    author: (by, patient, options = {}) => {
      const { state } = chain.view();
      const epoch = options.epoch ?? currentEpoch(state);
      return authorPackage({
        genesis: chain.deps.genesisHash,
        epoch,
        custodians: custodyEpoch(state, epoch)?.custodians ?? [],
        patient: patient.id,
        author: by.id,
        sender: by.id,
        key: by.account,
        texts: ['an allergy', 'a finding'],
        ...options,
      });
    },
    register: async (at, by, authored) => {
      ok(await answerOf<Outcome<readonly Hex32[]>>((done) => at.custody.storeBlobs(authored.blobs, done)));
      const gathered = ok(
        await answerOf<Outcome<Gathered>>((done) => at.custody.push(authored.bytes, 10_000, done)),
      );
      const result = submitTx(
        chain,
        { id: by.id, key: by.account },
        authored.registration(gathered.receipts),
      );
      if (result.code !== 'OK') throw new Error(result.code);
      return gathered;
    },
    patient: (by, name) => enrol(chain, by, name),
    isIdle: () => sealing.underWay === 0,
    stop: () => {
      for (const each of nodes) each.custody.stop();
    },
  };
}

/** The certificate of a block that a node was told late is that of its step. */
function applyTo(node: CustodyNode, built: BuiltBlock, certificate: Certificate): void {
  const { block, execution } = built;
  const { held } = node.kv;
  node.kv.held = undefined;
  node.kv.write(commitWrites({ block, certificate, execution, polkas: [] }), () => undefined);
  node.kv.held = held;
  node.custody.committed({ execution });
}

/** Cryptography takes real time, and the manual clock must not run away from it. */
interface Sealing {
  underWay: number;
}

interface NodeWorld {
  readonly sealing: Sealing;
  readonly chain: Chain;
  readonly clock: ManualClock;
  readonly wire: Wire;
  readonly steps: readonly LightStep[];
}

function createNode(name: string, { chain, clock, wire, steps, sealing }: NodeWorld): CustodyNode {
  const own = custodyHospital(name);
  const custodyKey = custodyKeyOf(name);
  const kv = createTestKv();
  const founded = genesisState(chain.genesis);
  const writes: KvWrite[] = genesisWrites(founded, genesisTip(chain.genesis));
  kv.write(writes, () => undefined);
  const log = createEventLog();
  const tip = (): Tip => readTip(kv) as Tip;
  const lightSteps = (from: number, done: (shown: { height: number; steps: Uint8Array }) => void): void => {
    const { height } = tip();
    const shown = steps.filter(
      ({ header, nextValidators }) =>
        header.height > from &&
        (nextValidators === null ? header.height === height : header.height <= height),
    );
    queueMicrotask(() => done({ height, steps: encodeLightSteps(shown) }));
  };
  const real: Sealer = createSealer([custodyKey], (error) => {
    throw error;
  });
  const counted = <T>(done: (result: T) => void): ((result: T) => void) => {
    sealing.underWay += 1;
    return (result) => {
      sealing.underWay -= 1;
      done(result);
    };
  };
  const sealer: Sealer = {
    seal: (publicKey, info, plaintext, done) => {
      const answer = counted(done);
      real.seal(publicKey, info, node.falsify(plaintext), (sealed) => {
        node.beforeSealed();
        answer(sealed);
      });
    },
    sealShares: (publicKey, info, items, done) => real.sealShares(publicKey, info, items, counted(done)),
    unsealShares: (enc, info, items, done) => real.unsealShares(enc, info, items, counted(done)),
  };
  const node: CustodyNode = {
    hospital: own,
    custodyKey,
    custody: undefined as unknown as Custody,
    kv,
    vault: createMemoryVault(),
    log,
    counted: [],
    standing: undefined,
    falsify: (plaintext) => plaintext,
    beforeSealed: () => undefined,
    behind: undefined,
    penalties: [],
    heard: [],
    actions: [],
    compacted: [],
    catchUp: () => {
      const blocks = node.behind ?? [];
      node.behind = undefined;
      for (const built of blocks) {
        const step = steps.find(({ header }) => header.height === built.block.header.height) as LightStep;
        applyTo(node, built, step.certificate);
      }
    },
    restart: () => {
      node.custody?.stop();
      node.custody = new Custody({
        self: own.id,
        genesis: chain.genesis,
        genesisHash: chain.deps.genesisHash,
        kv,
        vault: node.vault,
        net: listening(
          peersOf(wire, own.id, () => node),
          node,
        ),
        clock,
        report: log.report,
        count: (what, code) => node.counted.push({ what, ...(code !== undefined && { code }) }),
        verify: chain.deps.verify,
        group: sodiumGroup,
        sha256,
        sealer,
        tip,
        standing: () => node.standing,
        lightSteps,
        sign: (domain, payload, done) =>
          done(signEd25519(own.validator, signedBytes(domain, chain.deps.genesisHash, payload))),
        submit: (action) => node.actions.push(action),
        compact: (ranges, done) => {
          node.compacted.push(...ranges);
          queueMicrotask(() => done());
        },
      });
      node.custody.start({ pending: kv.rows(TABLES.pendingBatches), loose: kv.rows(TABLES.looseBlobs) });
    },
  };
  return node;
}

function listening(net: Peers, node: CustodyNode): Peers {
  return {
    ...net,
    start: (handler) =>
      net.start({
        ...handler,
        onMessage: (peer, channel, bytes) => {
          try {
            node.heard.push({ from: peer, message: decodeCustodyMessage(bytes) });
          } catch {
            // What does not decode is for the handler to blame.
          }
          handler.onMessage(peer, channel, bytes);
        },
      }),
  };
}
