// Owns: whether a record of LevelDB's log is a write batch (db/write_batch.cc): it trusts its own log, and ends the process
// on what is none.

/** Sequence (8 bytes) and count (4 bytes) of operations. */
const HEADER_BYTES = 12;
/** A sequence has 56 bits. */
const SEQUENCE_HIGH_BYTE = 7;
const [DELETION, VALUE] = [0, 1];

export function isWriteBatch(record: Uint8Array): boolean {
  if (record.length < HEADER_BYTES || record[SEQUENCE_HIGH_BYTE] !== 0) return false;
  const count = new DataView(record.buffer, record.byteOffset, record.byteLength).getUint32(8, true);
  let at = HEADER_BYTES;
  for (let operation = 0; operation < count; operation += 1) {
    const type = record[at];
    if (type !== DELETION && type !== VALUE) return false;
    const key = endOfText(record, at + 1);
    const end = key === undefined || type === DELETION ? key : endOfText(record, key);
    if (end === undefined) return false;
    at = end;
  }
  return at === record.length;
}

/** Where a text ends that stands behind its length, a number of 7 bits a byte. */
function endOfText(record: Uint8Array, from: number): number | undefined {
  let length = 0;
  for (let place = 0; place < 5; place += 1) {
    const byte = record[from + place];
    if (byte === undefined) return undefined;
    length += (byte & 0x7f) * 2 ** (7 * place);
    if (byte >= 0x80) continue;
    const end = from + place + 1 + length;
    return end <= record.length ? end : undefined;
  }
  return undefined;
}
