// Owns: snapshots in the simulation: what a node makes and keeps, serves, and begins from when its store is empty. The
// production server and join over simulated ports. Does not own: the life of a node (sim-node.ts).
import { accountIdOf, encodeLightSteps, hashBlocks64, sha256 } from '@consilium/core';
import {
  type Committed,
  cutState,
  type Hashing,
  type OpenDeps,
  type Peers,
  readJournal,
  readTip,
  SnapshotJoin,
  SnapshotServer,
  type SnapshotSource,
  TABLES,
  type Trust,
} from '@consilium/node/replica';
import type { SimKv } from '../world/sim-kv.ts';
import { lightStepsOf } from './light-steps.ts';

export interface SnapshotWorld {
  readonly everyBlocks: number;
  /** Small, so that a young state has several parts. */
  readonly chunkBytes: number;
}

const HASHING: Hashing = { sha256, hashBlocks: hashBlocks64 };
const KEPT = 2;

interface Kept {
  readonly height: number;
  readonly manifest: Uint8Array;
  readonly chunks: readonly Uint8Array[];
}

/** They lie in the home: they outlive the process, and go with the machine. */
export class SimSnapshots {
  readonly #world: SnapshotWorld;
  #kept: readonly Kept[] = [];

  constructor(world: SnapshotWorld) {
    this.#world = world;
  }

  readonly source: SnapshotSource = {
    manifests: () => this.#kept.map(({ manifest }) => manifest),
    chunk: (height, index, done) => done(this.#kept.find((each) => each.height === height)?.chunks[index]),
  };

  /** In the turn of the commit: the store is as it was after it. */
  /** Of a decision, as a daemon's: by sync the store may stand at a later block already. */
  committed(kv: SimKv, { block: { header }, by }: Committed): void {
    const { everyBlocks, chunkBytes } = this.#world;
    if (by === 'sync' || header.height % everyBlocks !== 0) return;
    const cut = cutState(header, kv.rowsOf(TABLES.state), HASHING, chunkBytes);
    this.#kept = [{ height: header.height, ...cut }, ...this.#kept].slice(0, KEPT);
  }

  wipe(): void {
    this.#kept = [];
  }

  serve({ clock, kv }: Pick<OpenDeps, 'clock' | 'kv'>, net: Peers): SnapshotServer {
    return new SnapshotServer({
      ...{ clock, kv, net, source: this.source },
      lightSteps: (from, done) => done(encodeLightSteps(lightStepsOf(kv, from, readTip(kv)?.height ?? 0))),
    });
  }
}

/**
 * Fills an empty store, when a trusted block is known or a join was interrupted. `done` without an error when the replica
 * may begin.
 */
export function joinInSim(
  deps: OpenDeps,
  net: Peers,
  trust: Trust | undefined,
  done: (code?: string) => void,
): SnapshotJoin | undefined {
  const { genesis, genesisHash, kv, clock, report, verify } = deps;
  const from = readJournal(kv)?.trust ?? trust;
  const isEmpty = readTip(kv) === undefined || readJournal(kv) !== undefined;
  if (from === undefined || !isEmpty) {
    done();
    return undefined;
  }
  // Before it has a ledger a node knows the hospitals of the genesis only.
  deps.net.admit(foundersOf(deps));
  const ports = { genesis, genesisHash, kv, net, clock, report, verify, hashing: HASHING };
  const join = new SnapshotJoin(ports, from, (error) => done(error?.code));
  join.start();
  return join;
}

function foundersOf({ genesis }: OpenDeps): Parameters<OpenDeps['net']['admit']>[0] {
  return genesis.validators.map(({ accountKey, networkKey, addresses }) => ({
    institution: accountIdOf(accountKey),
    networkKey,
    addresses,
  }));
}
