// Owns: the frame of a record's plaintext (header, content, padding), sealed and opened as streams. Does not own: the
// encryption of the frame (content.ts), what media types mean.
import {
  ConsiliumError,
  concat,
  decode,
  encode,
  integer,
  nullable,
  type Shape,
  struct,
  text,
} from '@consilium/core';
import { openContent, sealContent } from './content.ts';
import {
  CONTENT_BYTES_MAX,
  CONTENT_NAME_LENGTH_MAX,
  FRAME_BLOCK_BYTES,
  HEADER_BYTES_MAX,
  MEDIA_TYPE_LENGTH_MAX,
} from './limits.ts';
import { sealInvalid } from './refusals.ts';

/** What is said of the content, inside the encryption. */
export interface RecordHeader {
  readonly mediaType: string;
  /** Name of the file that it was, or null. */
  readonly name: string | null;
  /** Length of the content. */
  readonly bytes: number;
}

export interface OpenedRecord {
  readonly header: RecordHeader;
  /** Exactly `header.bytes` bytes, and SEAL_INVALID thrown where `openContent` throws it. Run it to its end, or end it. */
  readonly content: AsyncGenerator<Uint8Array, void, void>;
}

const headerShape: Shape<RecordHeader> = struct<RecordHeader>({
  mediaType: text(MEDIA_TYPE_LENGTH_MAX, 1),
  name: nullable(text(CONTENT_NAME_LENGTH_MAX, 1)),
  bytes: integer(0, CONTENT_BYTES_MAX),
});

const LENGTH_BYTES = 4;
const PADDING_START = 0x80;

/**
 * The encrypted chunks of a record, as `sealContent`. Throws ENCODING_INVALID for a header that is none, and
 * VALUE_INVALID when the parts have not the length that the header says.
 */
export function sealRecord(
  secret: Uint8Array,
  header: RecordHeader,
  parts: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  return sealContent(secret, frame(header, parts));
}

/** Opens the first chunk and with it the header. SEAL_INVALID: as `openContent`, or what opens is no record. */
export async function openRecord(
  secret: Uint8Array,
  chunks: AsyncIterable<Uint8Array>,
): Promise<OpenedRecord> {
  const content = unframe(openContent(secret, chunks));
  // Taken as the first value, so that the generator is under way, and ending it early also ends the source.
  const first = await content.next();
  if (first.done === true) throw new Error('invariant: a header comes first');
  return { header: readHeader(first.value), content };
}

async function* frame(
  header: RecordHeader,
  parts: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  const encoded = encode(headerShape, header);
  if (encoded.length > HEADER_BYTES_MAX)
    throw new Error('invariant: a header of the shape is within its bound');
  yield concat(lengthBytes(encoded.length), encoded);
  let came = 0;
  for await (const part of parts) {
    came += part.length;
    if (came > header.bytes) break;
    yield part;
  }
  if (came !== header.bytes)
    throw new ConsiliumError('VALUE_INVALID', { field: 'bytes', declared: header.bytes, came });
  yield padding(LENGTH_BYTES + encoded.length + header.bytes);
}

function lengthBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(LENGTH_BYTES);
  new DataView(bytes.buffer).setUint32(0, length);
  return bytes;
}

/** From one byte to a whole block, so that the end of the content is never a guess. */
function padding(framedBytes: number): Uint8Array {
  const bytes = new Uint8Array(FRAME_BLOCK_BYTES - (framedBytes % FRAME_BLOCK_BYTES));
  bytes[0] = PADDING_START;
  return bytes;
}

/** Yields the encoded header, then the content; checks the padding. The header lies wholly in the first part. */
async function* unframe(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  let left: number | undefined;
  let expected: Uint8Array = new Uint8Array(0);
  let padded = 0;
  for await (const part of parts) {
    let rest = part;
    if (left === undefined) {
      const encoded = headerBytes(part);
      left = readHeader(encoded).bytes;
      rest = part.subarray(LENGTH_BYTES + encoded.length);
      expected = padding(LENGTH_BYTES + encoded.length + left);
      yield encoded;
    }
    const content = rest.subarray(0, left);
    left -= content.length;
    if (content.length > 0) yield content;
    const tail = rest.subarray(content.length);
    if (!tail.every((byte, at) => byte === expected[padded + at])) throw sealInvalid();
    padded += tail.length;
  }
  if (left !== 0 || padded !== expected.length) throw sealInvalid();
}

function headerBytes(framed: Uint8Array): Uint8Array {
  if (framed.length < LENGTH_BYTES) throw sealInvalid();
  const length = new DataView(framed.buffer, framed.byteOffset).getUint32(0);
  if (length > HEADER_BYTES_MAX || LENGTH_BYTES + length > framed.length) throw sealInvalid();
  return framed.subarray(LENGTH_BYTES, LENGTH_BYTES + length);
}

function readHeader(encoded: Uint8Array): RecordHeader {
  try {
    return decode(headerShape, encoded, HEADER_BYTES_MAX);
  } catch {
    throw sealInvalid();
  }
}
