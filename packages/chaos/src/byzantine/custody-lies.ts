// Owns: what a hostile custodian says: false shares under its true signature, and true shares that no permit covers. The
// same in the simulator and in a daemon. Does not own: when it lies, and that its messages pass through here.
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
  type Group,
  type Hex32,
  type Hex64,
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
import { type CustodyMessage, encodeCustodyMessage, openShares, viewOf } from '@consilium/node/custody';
import type { Sealer } from '@consilium/node/replica';
import { tryDecodeCustody, unlessRefused } from '../history/messages.ts';
import { LIAR_REQUESTS_MAX } from '../limits.ts';

/** What the adversary knows of one custodian: its keys and its disk. */
export interface CustodyGrip {
  readonly self: Hex32;
  readonly genesisHash: Hex32;
  readonly group: Group;
  /** With its custody key. Answers may come later. */
  readonly sealer: Sealer;
  /** By its validator key. */
  readonly sign: (bytes: Uint8Array) => Hex64;
  readonly randomBytes: (length: number) => Uint8Array;
  readonly state: () => StateReader;
  readonly package: (batch: Hex32, epoch: number) => CustodyPackage | undefined;
  /** Past the liar. */
  readonly send: (to: Hex32, bytes: Uint8Array) => void;
}

export type CustodyLie = 'false-shares' | 'release-without-permit';

export interface CustodyLiar {
  /** Every message of custody on its way to the custodian. */
  hear(from: Hex32, bytes: Uint8Array): void;
  /** What becomes at once of a message of custody that the custodian sends; what has to be sealed first goes out later. */
  tell(to: Hex32, bytes: Uint8Array): readonly Uint8Array[];
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
    const wish = request === undefined ? undefined : wishOf(grip, lie, request, message);
    if (request === undefined || wish === undefined) return [bytes];
    const { requestId } = message;
    forgeRelease(grip, request, wish, (forged) => {
      const answer = forged && encodeRelease(forged);
      const told = answer && encodeCustodyMessage({ type: 'release-answer', requestId, bytes: answer });
      grip.send(to, told ?? bytes);
    });
    return [];
  };
  return { hear, tell };
}

/** What is to be in a forged release. */
interface Wish {
  readonly row: AccessRow;
  readonly places: readonly number[];
  readonly bend: (share: Uint8Array) => Uint8Array;
}

/** undefined: there is nothing to lie about. */
function wishOf(
  grip: CustodyGrip,
  lie: CustodyLie,
  { patient, access, places }: ReleaseRequest,
  message: Extract<CustodyMessage, { type: 'release-answer' | 'refusal' }>,
): Wish | undefined {
  const row = readRow(grip.state(), ACCESSES, patient, access);
  const refused = refusedPlaces(places, message);
  const told = places.filter((place) => !refused.includes(place));
  if (row === undefined) return undefined;
  if (lie === 'release-without-permit') return refused.length === 0 ? undefined : { row, places, bend: same };
  return told.length === 0
    ? undefined
    : { row, places: told, bend: () => randomScalar(grip.randomBytes(64)) };
}

function refusedPlaces(
  places: readonly number[],
  message: Extract<CustodyMessage, { type: 'release-answer' | 'refusal' }>,
): readonly number[] {
  if (message.type === 'refusal') return places;
  return decodeRelease(message.bytes).refusals.map(({ place }) => place);
}

/** Signed by the custodian's own key, sealed as the access wants it: only what is inside is a lie. */
function forgeRelease(
  grip: CustodyGrip,
  { patient, access }: ReleaseRequest,
  { row, places, bend }: Wish,
  done: (release: Release | undefined) => void,
): void {
  const { self, genesisHash, sealer, sign } = grip;
  const { readerKey } = row;
  ownRecords(grip, row, places, (records) => {
    if (records.length === 0) return done(undefined);
    const info = releaseInfo({ patient, access, custodian: self, readerKey });
    const plaintext = encodeReleased(records.map((each) => ({ ...each, share: bend(each.share) })));
    sealer.seal(readerKey, info, plaintext, (envelope) => {
      if (envelope === undefined) return done(undefined);
      const release: UnsignedRelease = { patient, access, custodian: self, envelope, refusals: [] };
      const payload = signedBytes('custodyRelease', genesisHash, releasePayload(release));
      done({ ...release, signature: sign(payload) });
    });
  });
}

/** One after the other, as the custodian would release them; those that it has. */
function ownRecords(
  grip: CustodyGrip,
  row: AccessRow,
  places: readonly number[],
  done: (records: readonly ReleasedRecord[]) => void,
): void {
  const [place, ...others] = places;
  if (place === undefined) return done([]);
  ownRecord(grip, row, place, (own) =>
    ownRecords(grip, row, others, (rest) => done(own === undefined ? rest : [own, ...rest])),
  );
}

function ownRecord(
  grip: CustodyGrip,
  row: AccessRow,
  place: number,
  done: (record: ReleasedRecord | undefined) => void,
): void {
  const { self, sealer, group } = grip;
  const record = row.items[place]?.record;
  const state = grip.state();
  const known = record === undefined ? undefined : readRow(state, RECORDS, record);
  const batch = known === undefined ? undefined : readRow(state, BATCHES, known.batch);
  if (record === undefined || known === undefined || batch === undefined) return done(undefined);
  const content = grip.package(known.batch, batch.epoch);
  const epoch = custodyEpoch(state, batch.epoch);
  const index = epoch === undefined ? undefined : custodianIndex(epoch, self);
  const view = content === undefined ? undefined : viewOf(group, content);
  const sealed = content?.records[known.position];
  if (index === undefined || view === undefined || sealed === undefined) return done(undefined);
  const { position } = known;
  openShares({ self, sealer, group }, view, index, [position], ([share]) => {
    if (share === undefined) return done(undefined);
    const { pointsSalt, salt, chunks } = sealed;
    done({
      ...{ place, record, epoch: batch.epoch, index, share, pointsSalt, salt, chunks },
      points: (view.points[position] ?? []).map(toHex),
      proof: view.prove(position),
    });
  });
}

/** Sealed shares that nobody can open, under its own signature. */
function bentDealing(
  { randomBytes, sign, genesisHash }: CustodyGrip,
  { batch, epoch, bytes }: Extract<CustodyMessage, { type: 'dealing' }>,
): Uint8Array {
  const { signature: _, ...dealing } = decode(dealingShape, bytes, OBJECT_BYTES_MAX);
  const records = dealing.records.map(({ points, shares }) => ({
    points,
    shares: shares.map(({ length }) => randomBytes(length)),
  }));
  const bent = { ...dealing, records };
  // A custodian's dealing vouches for nothing but batch and epoch of the package that it goes into.
  const place = { version: 1 as const, batch, epoch, patient: '', author: '', sender: '', records: [] };
  const payload = signedBytes('custodyDealing', genesisHash, dealingPayload(place, bent));
  const signed: Dealing = { ...bent, signature: sign(payload) };
  return encode(dealingShape, signed);
}

function same<T>(part: T): T {
  return part;
}

function requestIn(bytes: Uint8Array): ReleaseRequest | undefined {
  return unlessRefused(() => decodeReleaseRequest(bytes).request);
}
