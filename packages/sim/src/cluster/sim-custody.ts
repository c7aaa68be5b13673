// Owns: custody of one run of a simulated node, as the daemon opens it (daemon/open-custody.ts), over simulated ports; and
// that others hear of every release before it leaves. Does not own: custody itself, the node's life.
import {
  type Action,
  type ErrorCode,
  encodeLightSteps,
  type Group,
  type Hex32,
  type SecretKey,
  sha256,
  signedBytes,
  type Verify,
} from '@consilium/core';
import { Custody, type CustodyDeps, decodeCustodyMessage, type ShownHeight } from '@consilium/node/custody';
import {
  type Clock,
  type Kv,
  type OpenedReplica,
  type Peers,
  type Report,
  TABLES,
} from '@consilium/node/replica';
import type { KeyRegistry } from '../world/key-registry.ts';
import type { Life } from '../world/life.ts';
import type { SimKv } from '../world/sim-kv.ts';
import { createSimSealer, type SealingWorld } from '../world/sim-sealer.ts';
import type { SimVault } from '../world/sim-vault.ts';
import type { Founders, Hospital } from './identities.ts';
import { lightStepsOf } from './light-steps.ts';

/** What custody in a cluster shares. */
export interface CustodyWorld {
  readonly sealing: SealingWorld;
  readonly group: Group;
}

/** A release as a node hands it out: `to` is the asking peer; null: a client of the node itself. */
export interface Released {
  readonly node: Hex32;
  readonly to: Hex32 | null;
  /** Of the question that it answers; null: of a client. */
  readonly requestId: number | null;
  /** Encoded `Release`. */
  readonly bytes: Uint8Array;
}

export interface SimCustodyDeps {
  readonly world: CustodyWorld;
  readonly founders: Founders;
  readonly hospital: Hospital;
  readonly keys: KeyRegistry;
  readonly verify: Verify;
  /** The one by which the custodians of this epoch know the node; of the running height when there is none. */
  readonly validatorKey: (epoch: number | undefined) => SecretKey;
  readonly life: Life;
  readonly store: SimKv;
  readonly kv: Kv;
  readonly vault: SimVault;
  readonly net: Peers;
  readonly clock: Clock;
  readonly report: Report;
  readonly opened: OpenedReplica;
  /** Signs by the institution and hands in at this node's pool. */
  readonly submit: (action: Action) => void;
  readonly onReleased: (released: Released) => void;
  readonly hostilePart?: ((deps: CustodyDeps) => CustodyDeps) | undefined;
}

/** What a client of the node asks custody for. */
export type CustodyService = Pick<
  Custody,
  'storeBlobs' | 'push' | 'release' | 'own' | 'readBlobs' | 'status'
>;

export interface SimCustody {
  readonly service: CustodyService;
  committed(committed: Parameters<Custody['committed']>[0]): void;
  start(): void;
}

const STEPS_US = 200;
const COMPACT_US = 500;

export function openSimCustody(deps: SimCustodyDeps): SimCustody {
  const { founders, hospital, keys, store, opened, onReleased, hostilePart, vault, life } = deps;
  const { group, sealing } = deps.world;
  const ports: CustodyDeps = {
    self: hospital.id,
    genesis: founders.genesis,
    genesisHash: founders.genesisHash,
    kv: deps.kv,
    vault: vault.open(life),
    net: listening(deps.net, hospital.id, onReleased),
    clock: deps.clock,
    report: deps.report,
    count: () => undefined,
    verify: deps.verify,
    group,
    sha256,
    sealer: createSimSealer(sealing, hospital.custody, life),
    tip: () => opened.ledger.tip,
    standing: () => standingOf(opened),
    lightSteps: (from, done) => {
      const shown = stepsFrom(deps.kv, from, opened.ledger.tip.height);
      life.after(STEPS_US, () => done(shown));
    },
    sign: (domain, payload, done, epoch) =>
      done(keys.sign(deps.validatorKey(epoch), signedBytes(domain, founders.genesisHash, payload))),
    submit: deps.submit,
    compact: (_, done) => life.after(COMPACT_US, () => done()),
  };
  const custody = new Custody(hostilePart?.(ports) ?? ports);
  return {
    service: told(custody, hospital.id, onReleased),
    committed: (committed) => custody.committed(committed),
    start: () =>
      custody.start({
        pending: store.rowsOf(TABLES.pendingBatches),
        loose: store.rowsOf(TABLES.looseBlobs),
      }),
  };
}

/** As the daemon judges itself. */
function standingOf({ replica }: OpenedReplica): ErrorCode | undefined {
  const { signing, diverged } = replica.status();
  if (diverged || signing === 'observing' || signing === 'stopped') return 'CUSTODY_NOT_READY';
  return signing === 'observer' ? 'CUSTODY_REMOVED' : undefined;
}

function stepsFrom(kv: Pick<Kv, 'get'>, from: number, tip: number): ShownHeight {
  const steps = lightStepsOf(kv, from, tip);
  return { height: steps.at(-1)?.header.height ?? from, steps: encodeLightSteps(steps) };
}

function listening(net: Peers, self: Hex32, onReleased: SimCustodyDeps['onReleased']): Peers {
  return {
    ...net,
    send: (to, channel, bytes) => {
      const message = decodeCustodyMessage(bytes);
      if (message.type === 'release-answer')
        onReleased({ node: self, to, requestId: message.requestId, bytes: message.bytes });
      return net.send(to, channel, bytes);
    },
  };
}

function told(custody: Custody, self: Hex32, onReleased: SimCustodyDeps['onReleased']): CustodyService {
  return {
    storeBlobs: (blobs, done) => custody.storeBlobs(blobs, done),
    push: (bytes, timeoutMs, done) => custody.push(bytes, timeoutMs, done),
    own: (bytes, done) => custody.own(bytes, done),
    readBlobs: (ids, done) => custody.readBlobs(ids, done),
    status: () => custody.status(),
    release: (bytes, wait, done) =>
      custody.release(bytes, wait, (result) => {
        for (const answer of result instanceof Error ? [] : result)
          if (answer.custodian === self && 'release' in answer)
            onReleased({ node: self, to: null, requestId: null, bytes: answer.release });
        done(result);
      }),
  };
}
