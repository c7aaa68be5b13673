// Owns: a record's ciphertext from any node, each piece checked by its name, and what it says, as a stream. Does not own:
// the secret that opens it.
import { type Chunk, ConsiliumError, concat, type Hex32 } from '@consilium/core';
import { type OpenedRecord, openRecord, type RecordHeader } from '@consilium/sealing';
import { isAboutNode, type Session } from '../client/session.ts';
import {
  BLOB_PORTION_BYTES_MAX,
  BLOB_PORTION_COUNT_MAX,
  BLOB_PORTION_MARGIN_BYTES,
  CONTENT_IN_MEMORY_BYTES_MAX,
} from '../limits.ts';
import { fetchBlobs } from './custody-calls.ts';
import { blobIdOf } from './digest.ts';

/** Content that can be opened, as often as wanted: it is fetched only then. */
export interface RecordContent {
  /** Length of the ciphertext. */
  readonly sealedBytes: number;
  /** Throws `CUSTODY_PACKAGE_MISSING` when no node has a piece, `SEAL_INVALID` when it is not what was sealed. */
  readonly open: () => Promise<OpenedRecord>;
}

export interface WholeContent {
  readonly header: RecordHeader;
  readonly bytes: Uint8Array;
}

/** Pieces that were fetched before. */
export type KnownBlobs = ReadonlyMap<Hex32, Uint8Array>;

export function contentOf(
  session: Session,
  secret: Uint8Array,
  chunks: readonly Chunk[],
  known: KnownBlobs = new Map(),
): RecordContent {
  return {
    sealedBytes: chunks.reduce((sum, { bytes }) => sum + bytes, 0),
    open: () => openRecord(secret, streamChunks(session, chunks, known)),
  };
}

/** All of the content. Throws `FILE_TOO_LARGE` over the bound: such content is to be streamed. */
export async function wholeContent(content: RecordContent, bytesMax?: number): Promise<WholeContent> {
  return readWhole(await content.open(), bytesMax);
}

/** The same of what is open: of its header one may have seen that it is wanted. */
export async function readWhole(
  { header, content: parts }: OpenedRecord,
  bytesMax: number = CONTENT_IN_MEMORY_BYTES_MAX,
): Promise<WholeContent> {
  if (header.bytes > bytesMax) {
    await parts.return();
    throw new ConsiliumError('FILE_TOO_LARGE', { bytes: header.bytes, bytesMax });
  }
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part);
  return { header, bytes: concat(...all) };
}

async function* streamChunks(
  session: Session,
  chunks: readonly Chunk[],
  known: KnownBlobs,
): AsyncGenerator<Uint8Array, void, void> {
  for (const portion of portionsOf(chunks)) {
    const blobs = await fetchChunks(session, portion, known);
    for (const { id } of portion) yield blobs.get(id) as Uint8Array;
  }
}

/** What one request can bring. The lengths are a custodian's word; the names decide what is taken. */
export function* portionsOf(chunks: readonly Chunk[]): Generator<readonly Chunk[], void, void> {
  let portion: Chunk[] = [];
  let bytes = 0;
  for (const chunk of chunks) {
    const full = bytes + chunk.bytes > BLOB_PORTION_BYTES_MAX - BLOB_PORTION_MARGIN_BYTES;
    if (full || portion.length === BLOB_PORTION_COUNT_MAX) {
      yield portion;
      portion = [];
      bytes = 0;
    }
    portion.push(chunk);
    bytes += chunk.bytes;
  }
  if (portion.length > 0) yield portion;
}

/** Asks node after node for what is still missing. Throws `CUSTODY_PACKAGE_MISSING` when none is left. */
export async function fetchChunks(
  session: Session,
  chunks: readonly Chunk[],
  known: KnownBlobs = new Map(),
): Promise<ReadonlyMap<Hex32, Uint8Array>> {
  const found = new Map<Hex32, Uint8Array>();
  const missing = (): Hex32[] => [...new Set(chunks.map(({ id }) => id).filter((id) => !found.has(id)))];
  for (const id of missing()) {
    const blob = known.get(id);
    if (blob !== undefined) found.set(id, blob);
  }
  for (const node of session.nodes) {
    if (missing().length === 0) break;
    for (const [id, blob] of await fetchFrom(session, node, missing())) found.set(id, blob);
  }
  const [lost] = missing();
  if (lost !== undefined) throw new ConsiliumError('CUSTODY_PACKAGE_MISSING', { blob: lost });
  return found;
}

/** Those that are what they are named; of an answer cut short the rest is asked for again. */
async function fetchFrom(
  session: Session,
  node: string,
  ids: readonly Hex32[],
): Promise<ReadonlyMap<Hex32, Uint8Array>> {
  const found = new Map<Hex32, Uint8Array>();
  for (let wanted = ids; wanted.length > 0; ) {
    const before = found.size;
    for (const blob of await tryFetch(session, node, wanted)) {
      const id = blob === null ? undefined : await blobIdOf(blob);
      if (blob !== null && id !== undefined && wanted.includes(id)) found.set(id, blob);
    }
    if (found.size === before) break;
    wanted = ids.filter((id) => !found.has(id));
  }
  return found;
}

async function tryFetch(
  session: Session,
  node: string,
  ids: readonly Hex32[],
): Promise<readonly (Uint8Array | null)[]> {
  try {
    return await fetchBlobs(session, node, ids);
  } catch (error) {
    if (isAboutNode(error)) return [];
    throw error;
  }
}
