// Owns: what a hostile custodian says: false shares under its true signature, and true shares that no permit covers. Does
// not own: when it lies, and that its messages pass through here.
import {
  ACCESSES,
  type AccessRow,
  BATCHES,
  type CustodyPackage,
  custodianIndex,
  custodyEpoch,
  type Dealing,
  dealingPayload,
  dealingShape,
  decode,
  decodeRelease,
  decodeReleaseRequest,
  encode,
  encodeRelease,
  encodeReleased,
  type Hex32,
  OBJECT_BYTES_MAX,
  RECORDS,
  type Release,
  type ReleasedRecord,
  type ReleaseRequest,
  randomScalar,
  readRow,
  releaseInfo,
  releasePayload,
  type StateReader,
  signedBytes,
  toHex,
  type UnsignedRelease,
} from '@consilium/core';
import {
  type CustodyMessage,
  encodeCustodyMessage,
  packageKey,
  storedPackage,
  viewOf,
} from '@consilium/node/custody';
import { stateReader, TABLES } from '@consilium/node/replica';
import {
  type Cluster,
  type CustodyWorld,
  type Hospital,
  type Prng,
  type SimNode,
  sealNow,
} from '@consilium/sim';
import { ownShare } from '../checkers/stolen.ts';
import { tryDecodeCustody, unlessRefused } from '../history/messages.ts';
import { LIAR_REQUESTS_MAX } from '../limits.ts';

/** What the adversary knows of one custodian: its keys and its disk. */
export interface CustodyGrip {
  readonly hospital: Hospital;
  readonly genesisHash: Hex32;
  readonly keys: Cluster['keys'];
  readonly world: CustodyWorld;
  readonly prng: Prng;
  readonly state: () => StateReader;
  readonly package: (batch: Hex32, epoch: number) => CustodyPackage | undefined;
}

export type CustodyLie = 'false-shares' | 'release-without-permit';

export interface CustodyLiar {
  /** Every message of custody on its way to the custodian. */
  hear(from: Hex32, bytes: Uint8Array): void;
  /** What becomes of a message of custody that the custodian sends. */
  tell(to: Hex32, bytes: Uint8Array): readonly Uint8Array[];
}

/** The cluster has custody. */
export function gripOn(cluster: Cluster, node: SimNode): CustodyGrip {
  const { custody, hospitals, nodes, founders, keys, prng } = cluster;
  const hospital = hospitals[nodes.indexOf(node)];
  if (custody === undefined || hospital === undefined)
    throw new Error('invariant: a custodian of this cluster');
  return {
    hospital,
    genesisHash: founders.genesisHash,
    keys,
    world: custody,
    prng: prng.fork(`custody lies ${hospital.name}`),
    state: () => stateReader(node.kv.reader),
    package: (batch, epoch) => storedPackage(node.kv.reader.get(TABLES.packages, packageKey(batch, epoch))),
  };
}

export function createCustodyLiar(grip: CustodyGrip, lie: CustodyLie): CustodyLiar {
  const requests = new Map<string, ReleaseRequest>();
  const hear = (from: Hex32, bytes: Uint8Array): void => {
    const message = tryDecodeCustody(bytes);
    const request = message?.type === 'release-request' ? requestIn(message.bytes) : undefined;
    if (message?.type !== 'release-request' || request === undefined) return;
    requests.set(`${from}/${message.requestId}`, request);
    const [oldest] = requests.keys();
    if (requests.size > LIAR_REQUESTS_MAX && oldest !== undefined) requests.delete(oldest);
  };
  const tell = (to: Hex32, bytes: Uint8Array): readonly Uint8Array[] => {
    const message = tryDecodeCustody(bytes);
    if (message === undefined) return [bytes];
    if (message.type === 'dealing' && lie === 'false-shares')
      return [encodeCustodyMessage({ ...message, bytes: bentDealing(grip, message) })];
    if (message.type !== 'release-answer' && message.type !== 'refusal') return [bytes];
    const request = requests.get(`${to}/${message.requestId}`);
    const forged = request === undefined ? undefined : forgery(grip, lie, request, message);
    if (forged === undefined) return [bytes];
    const { requestId } = message;
    return [encodeCustodyMessage({ type: 'release-answer', requestId, bytes: encodeRelease(forged) })];
  };
  return { hear, tell };
}

function forgery(
  grip: CustodyGrip,
  lie: CustodyLie,
  request: ReleaseRequest,
  message: Extract<CustodyMessage, { type: 'release-answer' | 'refusal' }>,
): Release | undefined {
  const row = readRow(grip.state(), ACCESSES, request.patient, request.access);
  if (row === undefined) return undefined;
  const refused = refusedPlaces(request, message);
  if (lie === 'release-without-permit')
    return refused.length === 0 ? undefined : forgedRelease(grip, request, row, request.places, same);
  const told = request.places.filter((place) => !refused.includes(place));
  return told.length === 0
    ? undefined
    : forgedRelease(grip, request, row, told, () => randomScalar(grip.prng.bytes(64)));
}

function refusedPlaces(
  { places }: ReleaseRequest,
  message: Extract<CustodyMessage, { type: 'release-answer' | 'refusal' }>,
): readonly number[] {
  if (message.type === 'refusal') return places;
  return decodeRelease(message.bytes).refusals.map(({ place }) => place);
}

/** Signed by the custodian's own key, sealed as the access wants it: only what is inside is a lie. */
function forgedRelease(
  grip: CustodyGrip,
  { patient, access }: ReleaseRequest,
  row: AccessRow,
  places: readonly number[],
  bend: (share: Uint8Array) => Uint8Array,
): Release | undefined {
  const { hospital, world, keys, genesisHash } = grip;
  const records = places.flatMap((place) => ownRecord(grip, row, place) ?? []);
  const { readerKey } = row;
  const info = releaseInfo({ patient, access, custodian: hospital.id, readerKey });
  const plaintext = encodeReleased(records.map((each) => ({ ...each, share: bend(each.share) })));
  const envelope = sealNow({ ...world.sealing, prng: grip.prng }, readerKey, info, plaintext);
  if (records.length === 0 || envelope === undefined) return undefined;
  const release: UnsignedRelease = { patient, access, custodian: hospital.id, envelope, refusals: [] };
  const payload = signedBytes('custodyRelease', genesisHash, releasePayload(release));
  return { ...release, signature: keys.sign(hospital.validator, payload) };
}

/** As the custodian would release it. */
function ownRecord(grip: CustodyGrip, row: AccessRow, place: number): ReleasedRecord | undefined {
  const record = row.items[place]?.record;
  const state = grip.state();
  const known = record === undefined ? undefined : readRow(state, RECORDS, record);
  const batch = known === undefined ? undefined : readRow(state, BATCHES, known.batch);
  if (record === undefined || known === undefined || batch === undefined) return undefined;
  const content = grip.package(known.batch, batch.epoch);
  const epoch = custodyEpoch(state, batch.epoch);
  const index = epoch === undefined ? undefined : custodianIndex(epoch, grip.hospital.id);
  const view = content === undefined ? undefined : viewOf(grip.world.group, content);
  const sealed = content?.records[known.position];
  if (content === undefined || index === undefined || view === undefined || sealed === undefined)
    return undefined;
  const { position } = known;
  const stolen = { custodian: grip.hospital.id, key: grip.hospital.custody };
  const share = ownShare(content, stolen, index, position);
  if (share === undefined) return undefined;
  const { pointsSalt, salt, chunks } = sealed;
  return {
    ...{ place, record, epoch: batch.epoch, index, share, pointsSalt, salt, chunks },
    points: (view.points[position] ?? []).map(toHex),
    proof: view.prove(position),
  };
}

/** Sealed shares that nobody can open, under its own signature. */
function bentDealing(
  { prng, keys, hospital, genesisHash }: CustodyGrip,
  { batch, epoch, bytes }: Extract<CustodyMessage, { type: 'dealing' }>,
): Uint8Array {
  const { signature: _, ...dealing } = decode(dealingShape, bytes, OBJECT_BYTES_MAX);
  const records = dealing.records.map(({ points, shares }) => ({
    points,
    shares: shares.map(({ length }) => prng.bytes(length)),
  }));
  const bent = { ...dealing, records };
  // A custodian's dealing vouches for nothing but batch and epoch of the package that it goes into.
  const place = { version: 1 as const, batch, epoch, patient: '', author: '', sender: '', records: [] };
  const payload = signedBytes('custodyDealing', genesisHash, dealingPayload(place, bent));
  const signed: Dealing = { ...bent, signature: keys.sign(hospital.validator, payload) };
  return encode(dealingShape, signed);
}

function same<T>(part: T): T {
  return part;
}

function requestIn(bytes: Uint8Array): ReleaseRequest | undefined {
  return unlessRefused(() => decodeReleaseRequest(bytes).request);
}
