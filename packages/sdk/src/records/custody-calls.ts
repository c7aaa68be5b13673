// Owns: the calls of a node's custody API, each with its answer read by form. Does not own: whether what is answered is
// true: receipts and shares are signed, blobs have their hash for a name, and the callers check.
import {
  BLOB_BYTES_MAX,
  byteString,
  decode,
  decodeOwnRecords,
  decodeRelease,
  ERRORS,
  type ErrorCode,
  encode,
  encodeOwnRequest,
  encodeReleaseRequest,
  fromHex,
  type Hex32,
  isConsiliumError,
  list,
  nullable,
  type OwnRecord,
  type OwnRequest,
  type Receipt,
  type Release,
  type ReleaseRequest,
  type Signed,
} from '@consilium/core';
import { readBytes, readField, readId, readInteger, readList, readText } from '../client/answer.ts';
import type { Session } from '../client/session.ts';
import { BLOB_PORTION_BYTES_MAX, BLOB_PORTION_COUNT_MAX, REQUEST_TIMEOUT_MS } from '../limits.ts';
import { invalidAnswer } from '../net/transport.ts';

type Asking = Pick<Session, 'ask'>;

const blobsShape = list(byteString(BLOB_BYTES_MAX), BLOB_PORTION_COUNT_MAX, 1);
const foundBlobsShape = list(nullable(byteString(BLOB_BYTES_MAX)), BLOB_PORTION_COUNT_MAX);

/** Stores pieces of ciphertext, durably. `ids`: their names, which the node must have found too. */
export async function storeBlobs(
  { ask }: Asking,
  node: string,
  blobs: readonly Uint8Array[],
  ids: readonly Hex32[],
): Promise<void> {
  const answer = await ask(node, { path: '/v1/custody/blobs', body: encode(blobsShape, blobs) });
  read(node, () => {
    const stored = readList(readField(answer, 'ids'), 'ids').map((id) => readId(id, 'ids'));
    if (!ids.every((id) => stored.includes(id))) throw invalidAnswer(node, 'other blobs stored');
  });
}

export interface Deposit {
  /** As the node shows them; not verified yet. */
  readonly receipts: readonly Receipt[];
  /** Why custodians gave none, by what the node heard of them. */
  readonly refusals: readonly ErrorCode[];
}

/** Hands the package to the custodians and gathers their receipts. */
export async function depositPackage(
  { ask }: Asking,
  node: string,
  bytes: Uint8Array,
  waitMs: number,
): Promise<Deposit> {
  const path = `/v1/custody/packages?timeoutMs=${waitMs}`;
  const answer = await ask(node, { path, body: bytes, timeoutMs: waitMs + REQUEST_TIMEOUT_MS });
  return read(node, () => ({
    receipts: readList(readField(answer, 'receipts'), 'receipts').map((receipt) => ({
      index: readInteger(readField(receipt, 'index'), 'index'),
      signature: readText(readField(receipt, 'signature'), 'signature'),
    })),
    refusals: readList(readField(answer, 'missing'), 'missing').flatMap((each) =>
      knownCode(readField(each, 'code')),
    ),
  }));
}

export interface CustodianAnswer {
  /** Account id of the institution, as the node says. */
  readonly custodian: Hex32;
  /** Not verified yet; null when what was handed on is none, or the custodian released nothing. */
  readonly release: Release | null;
  readonly code: ErrorCode | null;
}

/** Asks all custodians for shares. `wait`: until there are enough, or until all have answered. */
export async function requestReleases(
  { ask }: Asking,
  node: string,
  request: Signed<ReleaseRequest>,
  wait: 'enough' | 'all',
): Promise<readonly CustodianAnswer[]> {
  const path = `/v1/custody/releases?wait=${wait}`;
  const answer = await ask(node, { path, body: encodeReleaseRequest(request) });
  return read(node, () => readList(readField(answer, 'answers'), 'answers').map(readAnswer));
}

function readAnswer(raw: unknown): CustodianAnswer {
  const custodian = readId(readField(raw, 'custodian'), 'custodian');
  if (typeof raw === 'object' && raw !== null && 'release' in raw)
    return { custodian, release: tryDecodeRelease(readBytes(raw.release, 'release')), code: null };
  return { custodian, release: null, code: knownCode(readField(raw, 'code'))[0] ?? 'NODE_ANSWER_INVALID' };
}

function tryDecodeRelease(bytes: Uint8Array): Release | null {
  try {
    return decodeRelease(bytes);
  } catch (error) {
    if (isConsiliumError(error)) return null;
    throw error;
  }
}

/** What opens a patient's own records with the own key. */
export async function requestOwn(
  { ask }: Asking,
  node: string,
  request: Signed<OwnRequest>,
): Promise<readonly OwnRecord[]> {
  const body = encodeOwnRequest(request);
  const answer = await ask(node, { path: '/v1/custody/own', body, answer: 'octets' });
  return read(node, () => decodeOwnRecords(octetsOf(answer)));
}

/** Pieces of ciphertext in the order asked; null where the node has none, or not in one answer. */
export async function fetchBlobs(
  { ask }: Asking,
  node: string,
  ids: readonly Hex32[],
): Promise<readonly (Uint8Array | null)[]> {
  const answer = await ask(node, { path: '/v1/custody/blobs/read', body: { ids }, answer: 'octets' });
  return read(node, () => {
    const blobs = decode(foundBlobsShape, octetsOf(answer), BLOB_PORTION_BYTES_MAX + BLOB_BYTES_MAX);
    return ids.map((_, index) => blobs[index] ?? null);
  });
}

function octetsOf(answer: unknown): Uint8Array {
  return answer instanceof Uint8Array ? answer : fromHex('');
}

function knownCode(raw: unknown): readonly ErrorCode[] {
  return typeof raw === 'string' && Object.hasOwn(ERRORS, raw) ? [raw as ErrorCode] : [];
}

/** An answer without the form proves nothing against anybody but says that another node must be asked. */
function read<T>(node: string, reading: () => T): T {
  try {
    return reading();
  } catch (error) {
    if (isConsiliumError(error)) throw invalidAnswer(node, 'custody');
    throw error;
  }
}
