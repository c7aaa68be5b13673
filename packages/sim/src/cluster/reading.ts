// Owns: a reader of sealed records: the signed request for shares, which of the answers are true, the secret that they give.
// Does not own: the permit (the ledger), when it asks.
import {
  ACCESSES,
  BATCHES,
  combineShares,
  custodianIndex,
  custodyEpoch,
  custodyThreshold,
  decodeRelease,
  decodeReleased,
  encodeReleaseRequest,
  fromHex,
  type Hex32,
  type IndexedShare,
  isConsiliumError,
  isInBatch,
  isReleaseSigned,
  isShareOf,
  pointsHashOf,
  RECORDS,
  type Release,
  type ReleasedRecord,
  type ReleaseRequest,
  readRow,
  releaseInfo,
  requestPayload,
  type StateReader,
  signedBytes,
  toHex,
} from '@consilium/core';
import type { CustodianAnswer } from '@consilium/node/custody';
import { NO_AAD, openBox } from '../world/sim-sealer.ts';
import type { Cluster } from './cluster.ts';
import type { Person } from './people.ts';
import type { CustodyWorld } from './sim-custody.ts';

export interface Access {
  readonly patient: Hex32;
  /** In the patient's list. */
  readonly index: number;
  readonly reader: Person;
  readonly places: readonly number[];
}

export type ReadingWorld = Pick<Cluster, 'keys' | 'founders'> & { readonly custody: CustodyWorld };

/** `nonce`: 16 bytes. */
export function releaseRequest(world: ReadingWorld, access: Access, nonce: Uint8Array): Uint8Array {
  const { patient, index, reader, places } = access;
  const request: ReleaseRequest = {
    type: 'release',
    ...{ patient, access: index, reader: reader.id, places, nonce: toHex(nonce) },
  };
  const bytes = signedBytes('custodyRequest', world.founders.genesisHash, requestPayload(request));
  return encodeReleaseRequest({ request, signature: world.keys.sign(reader.account, bytes) });
}

export interface Believed {
  /** Record -> its secret, when enough true shares were released. */
  readonly secrets: ReadonlyMap<Hex32, Uint8Array>;
  /** Custodians that signed something false. */
  readonly liars: readonly Hex32[];
}

/** `state`: in which the access stands, as somebody proved it to the reader. */
export function believe(
  world: ReadingWorld,
  state: StateReader,
  access: Access,
  answers: readonly CustodianAnswer[],
): Believed {
  const shares = new Map<Hex32, Map<number, IndexedShare>>();
  const liars: Hex32[] = [];
  for (const answer of answers) {
    if (!('release' in answer)) continue;
    const released = trueRecords(world, state, access, answer.custodian, answer.release);
    if (released === undefined) liars.push(answer.custodian);
    for (const { record, index, share } of released ?? []) {
      const known = shares.get(record) ?? new Map<number, IndexedShare>();
      shares.set(record, known.set(index, { index, share }));
    }
  }
  const secrets = new Map<Hex32, Uint8Array>();
  for (const [record, known] of shares) {
    const needed = thresholdOf(state, record);
    const chosen = [...known.values()].slice(0, needed);
    if (chosen.length === needed) secrets.set(record, combineShares(chosen));
  }
  return { secrets, liars };
}

function thresholdOf(state: StateReader, record: Hex32): number {
  return custodyThreshold(custodiansOf(state, record)?.custodians.length ?? 0);
}

function custodiansOf(state: StateReader, record: Hex32) {
  const row = readRow(state, RECORDS, record);
  const batch = row === undefined ? undefined : readRow(state, BATCHES, row.batch);
  const epoch = batch === undefined ? undefined : custodyEpoch(state, batch.epoch);
  return batch === undefined || epoch === undefined ? undefined : { batch, custodians: epoch.custodians };
}

/** What of a release is true and of the epoch that is known; undefined: it lies. */
function trueRecords(
  world: ReadingWorld,
  state: StateReader,
  access: Access,
  custodian: Hex32,
  bytes: Uint8Array,
): readonly ReleasedRecord[] | undefined {
  const row = readRow(state, ACCESSES, access.patient, access.index);
  const records = row?.items.map(({ record }) => record) ?? [];
  const release = decodeRelease(bytes);
  // Its shares have moved on to others meanwhile: what it says is worth nothing, and no lie.
  const isCustodian = records.some((record) =>
    custodiansOf(state, record)?.custodians.some(({ id }) => id === custodian),
  );
  if (!isCustodian) return [];
  const isOf = release.patient === access.patient && release.access === access.index;
  if (!isOf || !isSignedBy(world, state, records, custodian, release)) return undefined;
  const released = openRelease(access, custodian, release);
  const verdicts = released?.map((each) => {
    return records[each.place] === each.record ? judge(world, state, custodian, each) : 'false';
  });
  if (released === undefined || verdicts?.includes('false')) return undefined;
  return released.filter((_, at) => verdicts?.[at] === 'true');
}

function isSignedBy(
  { keys, founders }: ReadingWorld,
  state: StateReader,
  records: readonly Hex32[],
  custodian: Hex32,
  release: Release,
): boolean {
  return records.some((record) => {
    const key = custodiansOf(state, record)?.custodians.find(({ id }) => id === custodian)?.signingKey;
    return key !== undefined && isReleaseSigned(keys.verify, founders.genesisHash, key, release);
  });
}

function openRelease(
  { patient, index, reader }: Access,
  custodian: Hex32,
  { envelope }: Release,
): readonly ReleasedRecord[] | undefined {
  if (envelope === null) return [];
  const readerKey = reader.encryption.publicKey;
  const info = releaseInfo({ patient, access: index, custodian, readerKey });
  const scope = { enc: envelope.enc, info, aad: NO_AAD, position: 0 };
  const plaintext = openBox(reader.encryption, scope, envelope.sealed);
  try {
    return plaintext === undefined ? undefined : decodeReleased(plaintext);
  } catch (error) {
    if (isConsiliumError(error)) return undefined;
    throw error;
  }
}

/** `other`: of an epoch that the state does not have for the record: shares that moved meanwhile. */
function judge(
  { custody }: ReadingWorld,
  state: StateReader,
  custodian: Hex32,
  { record, epoch, index, share, points, pointsSalt, proof }: ReleasedRecord,
): 'true' | 'other' | 'false' {
  const known = custodiansOf(state, record);
  if (known === undefined) return 'false';
  if (known.batch.epoch !== epoch) return 'other';
  const leaf = { commitment: record, pointsHash: pointsHashOf(pointsSalt, points) };
  const isOwn = custodianIndex({ fromHeight: 0, custodians: known.custodians }, custodian) === index;
  const fits = isInBatch(known.batch.root, leaf, proof);
  return isOwn && fits && isShareOf(custody.group, points.map(fromHex), index, share) ? 'true' : 'false';
}
