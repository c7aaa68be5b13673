// Owns: custody of a daemon over its adapters: the vault, the sealer with the custody key, the validator's signature on
// receipts and releases, what an earlier run left in the store. Does not own: custody itself, the life of the vault.
import { type ConsiliumError, type ErrorCode, isConsiliumError } from '@consilium/core';
import type { EncryptionKey } from '@consilium/sealing';
import { verifySodium } from '../crypto/ed25519-sodium.ts';
import { sodiumGroup } from '../crypto/group-sodium.ts';
import { createSealer } from '../crypto/sealer.ts';
import { sha256Native } from '../crypto/sha256-native.ts';
import { Custody } from '../custody/custody.ts';
import type { FoundRows, StoredRow } from '../custody/holdings.ts';
import type { Count } from '../custody/types.ts';
import type { OpenHome } from '../files/home.ts';
import { FOUND_ROWS_PER_PAGE } from '../limits.ts';
import type { Mempool } from '../mempool/mempool.ts';
import type { Clock, Peers, Report, Vault } from '../ports.ts';
import type { OpenedReplica } from '../replica/open.ts';
import { TABLES } from '../tables.ts';
import { createOwnSubmit } from './own-transactions.ts';
import type { Prepared } from './prepared.ts';
import { showSteps } from './shown-steps.ts';
import type { NodeSigning } from './signing.ts';

export interface OpenCustodyDeps {
  readonly prepared: Prepared;
  readonly signing: NodeSigning;
  readonly home: OpenHome;
  readonly vault: Vault;
  readonly peers: Peers;
  readonly clock: Clock;
  readonly report: Report;
  readonly count: Count;
  readonly fail: (error: ConsiliumError) => void;
}

export interface OpenedCustody {
  readonly custody: Custody;
  start(): void;
}

export async function openCustody(
  deps: OpenCustodyDeps,
  opened: OpenedReplica,
  pool: Pick<Mempool, 'submit'>,
): Promise<OpenedCustody> {
  const { prepared, signing, home, vault, peers, clock, report, count, fail } = deps;
  const { keys, genesis, genesisHash } = prepared;
  const found: FoundRows = {
    pending: await rowsOf(home, TABLES.pendingBatches),
    loose: await rowsOf(home, TABLES.looseBlobs),
  };
  const custody = new Custody({
    self: keys.account.account,
    genesis,
    genesisHash,
    kv: home.store,
    vault,
    net: peers,
    clock,
    report,
    count,
    verify: verifySodium,
    group: sodiumGroup,
    sha256: sha256Native,
    sealer: createSealer(custodyKeysOf(prepared), (error) => onSealerFailure(error, fail)),
    tip: () => opened.ledger.tip,
    standing: () => standingOf(opened, signing),
    lightSteps: (from, done) => void showSteps(home, from, report, done),
    sign: signing.statement,
    submit: createOwnSubmit(deps, pool, 'custody.tx-refused'),
    compact: (ranges, done) => void home.store.compact(ranges).then(() => done(), done),
  });
  return { custody, start: () => custody.start(found) };
}

/** A node whose doubts about itself keep it from voting releases nothing either. */
function standingOf({ replica }: OpenedReplica, signing: NodeSigning): ErrorCode | undefined {
  const { signing: mode, diverged } = replica.status();
  if (diverged || mode === 'observing' || mode === 'stopped' || signing.standing() !== 'attached')
    return 'CUSTODY_NOT_READY';
  return mode === 'observer' ? 'CUSTODY_REMOVED' : undefined;
}

/** The key in use, and the next one while they rotate: what was sealed to either opens. */
function custodyKeysOf({ keys, nextKeys }: Prepared): readonly EncryptionKey[] {
  return [keys.custody, nextKeys.custody].flatMap((key) => (key?.secret as EncryptionKey | undefined) ?? []);
}

/** Without WebCrypto's algorithms there is no custody; any other failure is a fault of our own and ends the process. */
function onSealerFailure(error: unknown, fail: (error: ConsiliumError) => void): void {
  if (isConsiliumError(error)) return fail(error);
  queueMicrotask(() => {
    throw error;
  });
}

async function rowsOf(home: OpenHome, table: number): Promise<readonly StoredRow[]> {
  const snapshot = home.store.snapshot();
  const rows: StoredRow[] = [];
  try {
    for (let after: Uint8Array | undefined; ; after = rows.at(-1)?.key) {
      const options = { limit: FOUND_ROWS_PER_PAGE, ...(after !== undefined && { after }) };
      const page = await snapshot.entries(table, options);
      rows.push(...page);
      if (page.length < FOUND_ROWS_PER_PAGE) return rows;
    }
  } finally {
    snapshot.close();
  }
}
