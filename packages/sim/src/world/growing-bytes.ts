// Owns: bytes that are written at places and cut, without copying all of them each time: a log grows by small appends.

export interface GrowingBytes {
  length(): number;
  /** Past the end, zeros fill the gap. */
  write(offset: number, bytes: Uint8Array): void;
  /** Cuts, or fills up with zeros. */
  truncate(length: number): void;
  copy(): Uint8Array;
}

export function createGrowingBytes(initial: Uint8Array = new Uint8Array(0)): GrowingBytes {
  let buffer = initial.slice();
  let length = initial.length;

  const reserve = (needed: number): void => {
    if (needed <= buffer.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * buffer.length));
    larger.set(buffer.subarray(0, length));
    buffer = larger;
  };

  return {
    length: () => length,
    write: (offset, bytes) => {
      reserve(offset + bytes.length);
      buffer.set(bytes, offset);
      length = Math.max(length, offset + bytes.length);
    },
    truncate: (next) => {
      reserve(next);
      buffer.fill(0, next, length);
      length = next;
    },
    copy: () => buffer.slice(0, length),
  };
}
