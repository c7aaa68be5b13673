// Owns: filling the empty store of a daemon from a snapshot before its replica begins. Does not own: the join (sync/join.ts).
import { accountIdOf, ConsiliumError, type Genesis } from '@consilium/core';
import { verifySodium } from '../crypto/ed25519-sodium.ts';
import type { OpenHome } from '../files/home.ts';
import type { AdmittedPeer, Clock, Report } from '../ports.ts';
import { readTip } from '../replica/chain.ts';
import type { SplitNet } from '../replica/split-net.ts';
import { HASHING } from '../snapshots/make.ts';
import { SnapshotJoin } from '../sync/join.ts';
import { readJournal, type Trust } from '../sync/join-rows.ts';
import type { Prepared } from './prepared.ts';

export interface JoinChainDeps {
  readonly prepared: Prepared;
  readonly home: OpenHome;
  readonly net: SplitNet;
  readonly clock: Clock;
  readonly report: Report;
  /** What the operator was given by hand. */
  readonly trust: Trust | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * Ends when the store holds a chain; at once when it holds one, or when no join is wanted. A join that was interrupted goes
 * on without being asked for again. Throws `SNAPSHOT_TRUST_CONFLICT`, `INTERRUPTED`, and the error of a failed write.
 */
export async function joinChain(deps: JoinChainDeps): Promise<void> {
  const { home, report, trust } = deps;
  const journal = readJournal(home.store);
  const from = trust ?? journal?.trust;
  if (from === undefined) return;
  if (readTip(home.store) !== undefined && journal === undefined) {
    report({ level: 'warn', code: 'join.not-needed', height: readTip(home.store)?.height ?? 0 });
    return;
  }
  await run(deps, from);
}

async function run(
  { prepared, home, net, clock, report, signal }: JoinChainDeps,
  trust: Trust,
): Promise<void> {
  const { genesis, genesisHash } = prepared;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const join = new SnapshotJoin(
    {
      ...{ genesis, genesisHash, clock, report },
      kv: home.store,
      net: net.snapshot,
      verify: verifySodium,
      hashing: HASHING,
    },
    trust,
    (error) => (error === undefined ? resolve() : reject(error)),
  );
  const interrupt = (): void => reject(new ConsiliumError('INTERRUPTED'));
  if (signal?.aborted === true) interrupt();
  signal?.addEventListener('abort', interrupt);
  net.replica.admit(founders(genesis));
  try {
    join.start();
    await promise;
  } finally {
    signal?.removeEventListener('abort', interrupt);
    join.stop();
  }
}

/** Before it has a ledger a node knows the hospitals of the genesis only. */
function founders({ validators }: Genesis): AdmittedPeer[] {
  return validators.map(({ accountKey, networkKey, addresses }) => ({
    institution: accountIdOf(accountKey),
    networkKey,
    addresses,
  }));
}
