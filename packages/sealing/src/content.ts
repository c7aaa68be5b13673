// Owns: encryption of content of any size in chunks, with bounded memory. A chunk is bound to its place and to being
// the last, so that none can be dropped, added, moved or cut. Does not own: what the content is (record.ts).
import { CHUNK_PLAIN_BYTES, ConsiliumError, domainTag, isSecretScalar } from '@consilium/core';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { type ContentKey, decrypt, encrypt, importKey } from './aes-gcm.ts';
import { CHUNK_BYTES_MAX, CONTENT_CHUNKS_MAX, TAG_BYTES } from './limits.ts';
import { opening, sealInvalid } from './refusals.ts';

/** Room for a resource of ordinary size. */
const CHUNK_BYTES_MIN = 16 * 1024;
const MORE: Uint8Array = Uint8Array.of(0);
const LAST: Uint8Array = Uint8Array.of(1);

/** The 32-byte data key of a record: HKDF-SHA256 of its secret scalar. */
export function dataKeyOf(secret: Uint8Array): Uint8Array {
  if (!isSecretScalar(secret)) throw new Error('invariant: not a secret scalar');
  return hkdf(sha256, secret, undefined, domainTag('consilium/content-key/v1'), 32);
}

/**
 * Encrypts a stream under the data key of `secret`, which must encrypt this one stream only. Yields chunks of
 * CHUNK_BYTES_MAX bytes, the last one shorter or equal; at least one. Takes a part only when it needs one, and holds
 * one chunk of plaintext. ENCODING_TOO_LARGE over CONTENT_CHUNKS_MAX chunks.
 */
export async function* sealContent(
  secret: Uint8Array,
  parts: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  const key = await importKey(dataKeyOf(secret));
  let chunk = new Uint8Array(CHUNK_BYTES_MIN);
  let filled = 0;
  let index = 0;
  for await (const part of parts) {
    for (let taken = 0; taken < part.length; ) {
      // A full chunk goes out only now that a byte after it is seen: it is not the last.
      if (filled === CHUNK_PLAIN_BYTES) {
        yield await encrypt(key, index, MORE, chunk);
        filled = 0;
        index = nextIndex(index);
      }
      const piece = part.subarray(taken, taken + CHUNK_PLAIN_BYTES - filled);
      chunk = roomFor(chunk, filled, piece.length);
      chunk.set(piece, filled);
      filled += piece.length;
      taken += piece.length;
    }
  }
  yield await encrypt(key, index, LAST, chunk.subarray(0, filled));
}

/** Small content, which is most, never takes the memory of a whole chunk. */
function roomFor(chunk: Uint8Array<ArrayBuffer>, filled: number, more: number): Uint8Array<ArrayBuffer> {
  if (filled + more <= chunk.length) return chunk;
  const larger = new Uint8Array(Math.min(CHUNK_PLAIN_BYTES, Math.max(filled + more, 4 * chunk.length)));
  larger.set(chunk.subarray(0, filled));
  return larger;
}

function nextIndex(index: number): number {
  if (index + 1 >= CONTENT_CHUNKS_MAX)
    throw new ConsiliumError('ENCODING_TOO_LARGE', { chunksMax: CONTENT_CHUNKS_MAX });
  return index + 1;
}

/**
 * The stream behind the chunks, one plaintext per chunk. Throws SEAL_INVALID at the first chunk that is changed, out of
 * place or of another key, and at the end when the last one is missing: what was yielded before is genuine, but only an
 * end without a throw says that it is whole. Holds one chunk besides the one that it yields.
 */
export async function* openContent(
  secret: Uint8Array,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  const key = await importKey(dataKeyOf(secret));
  let held: Uint8Array | undefined;
  let index = 0;
  for await (const chunk of chunks) {
    if (held !== undefined) {
      if (held.length !== CHUNK_BYTES_MAX || index + 1 >= CONTENT_CHUNKS_MAX) throw sealInvalid();
      yield await openChunk(key, index, MORE, held);
      index += 1;
    }
    held = chunk;
  }
  // An empty last chunk stands alone: sealing ends with the last byte.
  const bytesMin = index === 0 ? TAG_BYTES : TAG_BYTES + 1;
  if (held === undefined || held.length < bytesMin || held.length > CHUNK_BYTES_MAX) throw sealInvalid();
  yield await openChunk(key, index, LAST, held);
}

async function openChunk(
  key: ContentKey,
  index: number,
  aad: Uint8Array,
  chunk: Uint8Array,
): Promise<Uint8Array> {
  return opening(() => decrypt(key, index, aad, chunk));
}
