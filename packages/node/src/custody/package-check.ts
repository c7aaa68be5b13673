// Owns: what is looked at before this node holds a package: one that its author hands in, by the rules by which the
// ledger will judge its registration; one that a peer gives for a registered batch, by what the ledger holds of it. Does
// not own: the own shares (package-view.ts), the blobs.
import {
  ACCOUNTS,
  authoredFault,
  type BatchRow,
  ConsiliumError,
  CUSTODIANS_MIN,
  type CustodyEpoch,
  type CustodyPackage,
  codeOf,
  custodianIndex,
  custodyEpoch,
  custodyThreshold,
  type Dealing,
  dealingFault,
  decodePackage,
  erasedPositions,
  fromHex,
  type Group,
  type Hex32,
  isCommitted,
  isDealingSigned,
  isErased,
  pointsRefusal,
  readRow,
  registrationEpoch,
  requireRegistrar,
  type Verify,
} from '@consilium/core';
import { holdsErased, isErasedOnLedger } from './erased-records.ts';
import { type PackageView, viewOf } from './package-view.ts';
import type { LedgerSight } from './types.ts';

export interface PackageRules extends LedgerSight {
  readonly self: Hex32;
  readonly genesisHash: Hex32;
  readonly verify: Verify;
  readonly group: Group;
}

export interface CheckedPackage {
  readonly view: PackageView;
  readonly custodians: CustodyEpoch['custodians'];
  /** This node's, among the custodians of the package's epoch; undefined when it is none. */
  readonly index: number | undefined;
}

export function packageInvalid(rule: string): ConsiliumError {
  return new ConsiliumError('CUSTODY_PACKAGE_INVALID', { rule });
}

/** Throws `CUSTODY_PACKAGE_INVALID`. */
export function readPackage(bytes: Uint8Array): CustodyPackage {
  try {
    return decodePackage(bytes);
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    throw packageInvalid('form');
  }
}

/**
 * Throws `CUSTODY_EPOCH_WRONG`, `CUSTODY_TOO_FEW`, `ACCOUNT_NOT_FOUND`, `TX_NOT_PERMITTED`, `TX_SIGNATURE_INVALID`,
 * `CUSTODY_PACKAGE_INVALID` {rule}, `RECORD_ERASED`.
 */
export function checkAuthored(rules: PackageRules, content: CustodyPackage): CheckedPackage {
  const { state, tip, verify, genesisHash, group, self } = rules;
  const { epoch, author, sender, patient, records } = content;
  const row = registrationEpoch(state, epoch, tip().height + 1);
  const count = row.custodians.length;
  if (count < CUSTODIANS_MIN) throw new ConsiliumError('CUSTODY_TOO_FEW', { custodians: count });
  const account = requireRegistrar(state, sender, patient);
  if (account.institution !== author) throw packageInvalid('author');
  const threshold = custodyThreshold(count);
  const fault = authoredFault(content, { custodians: count, threshold });
  if (fault !== undefined) throw packageInvalid(fault);
  if (new Set(records.map(({ commitment }) => commitment)).size !== records.length)
    throw packageInvalid('commitment twice');
  // The shares that were destroyed must not come back with a deposit.
  if (holdsErased(state, content)) throw new ConsiliumError('RECORD_ERASED');
  const [dealing] = content.dealings as readonly [Dealing];
  if (!isDealingSigned(verify, genesisHash, account.key, content, dealing))
    throw new ConsiliumError('TX_SIGNATURE_INVALID');
  if (!hasElements(group, dealing, threshold)) throw packageInvalid('point');
  const view = viewOf(group, content);
  if (view === undefined) throw packageInvalid('point');
  return { view, custodians: row.custodians, index: custodianIndex(row, self) };
}

function hasElements(
  group: Group,
  dealing: Pick<Dealing, 'records'>,
  threshold: number,
  erased: ReadonlySet<number> = new Set(),
): boolean {
  return dealing.records.every(
    ({ points }, at) => erased.has(at) || pointsRefusal(group, points.map(fromHex), threshold) === undefined,
  );
}

export interface RegisteredPackage extends CheckedPackage {
  /** Whether those who dealt are known to have signed; an author's key may have been rotated since. */
  readonly signed: boolean;
}

/**
 * A package of a batch as the ledger has it: what the root is made of cannot be another's, and its dealings have the form
 * that its epoch needs. A record may be erased in it that is erased on the ledger, and only such a one: `RECORD_ERASED`.
 * Throws `CUSTODY_PACKAGE_INVALID` {rule}.
 */
export function checkRegistered(
  rules: PackageRules,
  batch: Hex32,
  row: BatchRow,
  content: CustodyPackage,
): RegisteredPackage {
  const { state, group, self } = rules;
  const { records, dealings } = content;
  if (content.batch !== batch || content.epoch !== row.epoch) throw packageInvalid('batch');
  if (content.patient !== row.patient || content.author !== row.author) throw packageInvalid('author');
  const epoch = custodyEpoch(state, row.epoch);
  if (epoch === undefined) throw packageInvalid('epoch');
  const custodians = epoch.custodians.length;
  const threshold = custodyThreshold(custodians);
  const erased = erasedPositions(content);
  const form = { count: row.count, custodians, threshold, erased };
  if (records.length !== row.count || !records.every((each) => isErased(each) || isCommitted(each)))
    throw packageInvalid('commitment');
  // Whoever gives it is ahead of this node, or keeps something back.
  if (records.some((each) => isErased(each) && !isErasedOnLedger(state, each.commitment)))
    throw new ConsiliumError('RECORD_ERASED');
  if (!dealings.every((each) => dealingFault(each, form) === undefined)) throw packageInvalid('dealing');
  if (!hasDealers(dealings)) throw packageInvalid('dealers');
  if (!dealings.every((each) => hasElements(group, each, threshold, erased))) throw packageInvalid('point');
  const view = viewOf(group, content);
  if (view?.root !== row.root) throw packageInvalid('root');
  const signed = dealings.every((each) => isSignedDealing(rules, content, each));
  return { view, custodians: epoch.custodians, index: custodianIndex(epoch, self), signed };
}

/** One dealing of an author, or those of distinct dealers of one and the same epoch before, in order of index. */
function hasDealers(dealings: readonly Dealing[]): boolean {
  const [first] = dealings;
  if (first === undefined) return false;
  if (first.dealer === 0) return dealings.length === 1;
  return dealings.every(
    ({ dealer, from }, at) =>
      from === first.from && from !== null && dealer > (dealings[at - 1]?.dealer ?? 0),
  );
}

function isSignedDealing(
  { state, verify, genesisHash }: PackageRules,
  content: CustodyPackage,
  dealing: Dealing,
): boolean {
  const isBy = (key: Hex32 | null | undefined): boolean =>
    typeof key === 'string' && isDealingSigned(verify, genesisHash, key, content, dealing);
  if (dealing.from !== null)
    return isBy(custodyEpoch(state, dealing.from)?.custodians[dealing.dealer - 1]?.signingKey);
  const account = readRow(state, ACCOUNTS, content.sender);
  return isBy(account?.key) || isBy(account?.previousKey);
}
