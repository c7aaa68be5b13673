// Owns: whether a table file of LevelDB is as it was written (doc/table_format.md).
import { STORE_INDEX_BYTES_MAX } from '../limits.ts';
import { crc32c, unmasked } from './crc32c.ts';
import { unpackSnappy, varint } from './snappy.ts';

const FOOTER_BYTES = 48;
const TRAILER_BYTES = 5;
const MAGIC = 0xdb47_7524_8b80_fb57n;

interface Handle {
  readonly offset: number;
  readonly size: number;
  readonly next: number;
}

/** Every block of it carries its checksum, and together they fill the file. */
export function isWholeTable(file: Uint8Array): boolean {
  const footer = file.subarray(Math.max(0, file.length - FOOTER_BYTES));
  if (footer.length < FOOTER_BYTES || viewOf(footer).getBigUint64(40, true) !== MAGIC) return false;
  const metaIndex = handleAt(footer, 0);
  const index = metaIndex && handleAt(footer, metaIndex.next);
  if (metaIndex === undefined || index === undefined) return false;
  const blocks = [...handlesIn(file, index), ...handlesIn(file, metaIndex), metaIndex, index];
  let filled = 0;
  for (const { offset, size } of blocks) {
    if (offset !== filled || !isWholeBlock(file, offset, size)) return false;
    filled = offset + size + TRAILER_BYTES;
  }
  return filled === file.length - FOOTER_BYTES;
}

function isWholeBlock(file: Uint8Array, offset: number, size: number): boolean {
  const end = offset + size + 1;
  if (end + 4 > file.length) return false;
  return unmasked(viewOf(file).getUint32(end, true)) === crc32c(file, offset, end);
}

/** Of an index: the blocks that it names. Nothing of one that is damaged. */
function handlesIn(file: Uint8Array, { offset, size }: Handle): Handle[] {
  if (!isWholeBlock(file, offset, size)) return [];
  const stored = file.subarray(offset, offset + size);
  const block = file[offset + size] === 0 ? stored : unpackSnappy(stored, STORE_INDEX_BYTES_MAX);
  if (block === undefined || block.length < 4) return [];
  const restarts = viewOf(block).getUint32(block.length - 4, true);
  const end = block.length - 4 * (restarts + 1);
  const handles: Handle[] = [];
  for (let at = 0; at < end; ) {
    const shared = varint(block, at);
    const own = shared && varint(block, shared.next);
    const valueLength = own && varint(block, own.next);
    if (own === undefined || valueLength === undefined) return [];
    const handle = handleAt(block, valueLength.next + own.value);
    if (handle === undefined) return [];
    handles.push(handle);
    at = valueLength.next + own.value + valueLength.value;
  }
  return handles;
}

function handleAt(bytes: Uint8Array, at: number): Handle | undefined {
  const offset = varint(bytes, at);
  const size = offset && varint(bytes, offset.next);
  return offset && size && { offset: offset.value, size: size.value, next: size.next };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
