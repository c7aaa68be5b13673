// Owns: unpacking what LevelDB packed: the raw format of Snappy. Does not own: packing.

/** undefined: these bytes are no Snappy. */
export function unpackSnappy(packed: Uint8Array, bytesMax: number): Uint8Array | undefined {
  const size = varint(packed, 0);
  if (size === undefined || size.value > bytesMax) return undefined;
  const out = new Uint8Array(size.value);
  let at = size.next;
  let filled = 0;
  while (at < packed.length) {
    const element = elementAt(packed, at);
    if (!fits(element, packed, out, filled)) return undefined;
    at = element.distance === 0 ? takeLiteral(element, packed, out, filled) : copyBack(element, out, filled);
    filled += element.length;
  }
  return filled === out.length ? out : undefined;
}

function fits(
  element: Element | undefined,
  packed: Uint8Array,
  out: Uint8Array,
  filled: number,
): element is Element {
  if (element === undefined || filled + element.length > out.length) return false;
  const { distance, length, next } = element;
  return distance === 0 ? next + length <= packed.length : distance <= filled;
}

function takeLiteral({ next, length }: Element, packed: Uint8Array, out: Uint8Array, filled: number): number {
  out.set(packed.subarray(next, next + length), filled);
  return next + length;
}

/** Byte by byte: what is copied may overlap what it makes. */
function copyBack({ distance, length, next }: Element, out: Uint8Array, filled: number): number {
  for (let index = filled; index < filled + length; index += 1) out[index] = out[index - distance] as number;
  return next;
}

export interface Varint {
  readonly value: number;
  /** Offset of the byte after it. */
  readonly next: number;
}

/** Little-endian groups of seven bits. undefined past the end, or above 2^53. */
export function varint(bytes: Uint8Array, offset: number): Varint | undefined {
  let value = 0;
  let unit = 1;
  for (let at = offset; at < Math.min(bytes.length, offset + 7); at += 1) {
    const byte = bytes[at] as number;
    value += (byte & 0x7f) * unit;
    if (byte < 0x80) return { value, next: at + 1 };
    unit *= 128;
  }
  return undefined;
}

interface Element {
  /** How far back the copy begins; 0: a literal, whose bytes follow. */
  readonly distance: number;
  readonly length: number;
  readonly next: number;
}

function elementAt(packed: Uint8Array, at: number): Element | undefined {
  const tag = packed[at] as number;
  const upper = tag >>> 2;
  const kind = tag & 3;
  if (kind === 0) {
    if (upper < 60) return { distance: 0, length: upper + 1, next: at + 1 };
    const bytes = upper - 59;
    return { distance: 0, length: littleEndian(packed, at + 1, bytes) + 1, next: at + 1 + bytes };
  }
  if (kind === 1) {
    const distance = ((tag >>> 5) << 8) | (packed[at + 1] ?? 0);
    return copyOf(distance, (upper & 7) + 4, at + 2);
  }
  const bytes = kind === 2 ? 2 : 4;
  return copyOf(littleEndian(packed, at + 1, bytes), upper + 1, at + 1 + bytes);
}

function copyOf(distance: number, length: number, next: number): Element | undefined {
  return distance === 0 ? undefined : { distance, length, next };
}

function littleEndian(bytes: Uint8Array, offset: number, count: number): number {
  let value = 0;
  for (let index = count - 1; index >= 0; index -= 1) value = value * 256 + (bytes[offset + index] ?? 0);
  return value;
}
