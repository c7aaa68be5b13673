// Owns: believing shares: what a custodian released is checked against what is proven, and whoever released something
// false is named. Does not own: asking (collect.ts).
import {
  type Chunk,
  combineShares,
  custodianIndex,
  decodeReleased,
  equalBytes,
  falseShares,
  fromHex,
  type Group,
  type Hex32,
  type IndexedShare,
  isConsiliumError,
  isInBatch,
  isReleaseSigned,
  pointsHashOf,
  type Release,
  type ReleasedRecord,
  recordIdOf,
  releaseInfo,
  type Verify,
} from '@consilium/core';
import { type EncryptionKey, unseal } from '@consilium/sealing';
import type { CustodianAnswer } from './custody-calls.ts';
import { type PlaceFacts, rolesOf } from './open-facts.ts';

/**
 * `unsigned`: the answer is not by its custodian's key, or of another access; then it may be the node between that lies.
 * The others stand in what the custodian itself signed: an envelope that does not open, records that were not asked for,
 * points or pieces that are not the registered ones, a share that is not of the points.
 */
export type LieReason = 'unsigned' | 'envelope' | 'record' | 'points' | 'content' | 'share';

export interface Liar {
  readonly institution: Hex32;
  readonly name: string;
  readonly reason: LieReason;
}

export interface ShareScope {
  readonly genesis: Hex32;
  readonly verify: Verify;
  readonly group: Group;
  readonly patient: Hex32;
  readonly access: number;
  readonly readerKey: EncryptionKey;
}

/** What was released of one record, checked. */
export interface RecordShares {
  readonly points: readonly Hex32[];
  readonly chunks: readonly Chunk[];
  readonly shares: ReadonlyMap<number, IndexedShare>;
}

export interface Believed {
  readonly records: readonly { readonly place: number; readonly released: ReleasedRecord }[];
  /** Of an epoch after the one that is proven here: the shares have moved on meanwhile. */
  readonly moved: boolean;
  readonly lie: LieReason | null;
}

const NOTHING: Believed = { records: [], moved: false, lie: null };
const lie = (reason: LieReason): Believed => ({ ...NOTHING, lie: reason });
const NO_AAD: Uint8Array = new Uint8Array(0);

/** What of an answer is true. All of an answer with one lie in it is put aside. */
export async function believe(
  scope: ShareScope,
  facts: ReadonlyMap<number, PlaceFacts>,
  { custodian, release, code }: CustodianAnswer,
): Promise<Believed> {
  const roles = rolesOf(facts.values(), custodian);
  if (release === null) return code === null && roles.length > 0 ? lie('unsigned') : NOTHING;
  if (roles.length === 0) return NOTHING;
  const keys = new Set(roles.map(({ signingKey }) => signingKey));
  const isOwn =
    release.custodian === custodian && release.patient === scope.patient && release.access === scope.access;
  const signed = [...keys].some((key) => isReleaseSigned(scope.verify, scope.genesis, key, release));
  if (!isOwn || !signed) return lie('unsigned');
  const released = await openRelease(scope, release);
  if (released === undefined) return lie('envelope');
  const checked = released.map((record) => ({
    record,
    place: record.place,
    verdict: judge(scope.group, facts.get(record.place), custodian, record),
  }));
  const false_ = checked.find(
    ({ verdict }) => verdict !== 'true' && verdict !== 'moved' && verdict !== 'old',
  );
  if (false_ !== undefined) return lie(false_.verdict as LieReason);
  return {
    records: checked
      .filter(({ verdict }) => verdict === 'true')
      .map(({ place, record }) => ({ place, released: record })),
    moved: checked.some(({ verdict }) => verdict === 'moved'),
    lie: null,
  };
}

async function openRelease(
  { patient, access, readerKey }: ShareScope,
  { custodian, envelope }: Release,
): Promise<readonly ReleasedRecord[] | undefined> {
  if (envelope === null) return [];
  const info = releaseInfo({ patient, access, custodian, readerKey: readerKey.publicKey });
  try {
    return decodeReleased(await unseal(readerKey, envelope, info, NO_AAD));
  } catch (error) {
    if (isConsiliumError(error, 'SEAL_UNSUPPORTED') || !isConsiliumError(error)) throw error;
    return undefined;
  }
}

function judge(
  group: Group,
  facts: PlaceFacts | undefined,
  custodian: Hex32,
  released: ReleasedRecord,
): LieReason | 'true' | 'moved' | 'old' {
  const { record, epoch, index, share, points, pointsSalt, proof, salt, chunks } = released;
  if (facts === undefined || record !== facts.record.id) return 'record';
  if (epoch !== facts.custodians.epoch) return epoch > facts.custodians.epoch ? 'moved' : 'old';
  if (custodianIndex(facts.custodians, custodian) !== index) return 'record';
  const leaf = { commitment: record, pointsHash: pointsHashOf(pointsSalt, points) };
  const inPlace = proof.index === facts.record.position && proof.size === facts.count;
  if (!inPlace || !isInBatch(facts.root, leaf, proof)) return 'points';
  const ids = chunks.map(({ id }) => id);
  if (recordIdOf(salt, ids) !== record) return 'content';
  return falseShares(group, points.map(fromHex), [{ index, share }]).length === 0 ? 'true' : 'share';
}

/** The record's secret, once there are as many true shares as it takes. */
export function secretOf(group: Group, { points, shares }: RecordShares): Uint8Array | undefined {
  if (shares.size < points.length) return undefined;
  const secret = combineShares([...shares.values()].slice(0, points.length));
  const [first] = points;
  if (first === undefined || !equalBytes(group.base(secret), fromHex(first)))
    throw new Error('invariant: true shares combine to the secret of their points');
  return secret;
}
