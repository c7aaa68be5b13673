// Owns: strict reading of UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing replaced or left out.

/** Arguments of one call: far below what any engine's stack takes. */
const CHUNK = 4096;
const SHORT = 64;

/** The text of the bytes; undefined when they are not UTF-8. A byte order mark is a character like any other. */
export function tryFromUtf8(bytes: Uint8Array): string | undefined {
  const ascii = bytes.length < SHORT ? tryAscii(bytes) : undefined;
  return ascii ?? tryAnyText(bytes);
}

function tryAnyText(bytes: Uint8Array): string | undefined {
  let text = '';
  let units: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes[at] as number);
    const point = codePoint(bytes, at, length);
    if (point === undefined) return undefined;
    if (point > 0xffff) units.push(0xd800 + ((point - 0x10000) >> 10), 0xdc00 + ((point - 0x10000) & 0x3ff));
    else units.push(point);
    at += length;
    if (units.length < CHUNK) continue;
    text += String.fromCharCode(...units);
    units = [];
  }
  return text + String.fromCharCode(...units);
}

/** Most text is short ASCII: no need to look for sequences. */
function tryAscii(bytes: Uint8Array): string | undefined {
  let text = '';
  for (const byte of bytes) {
    if (byte > 0x7f) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}

/** Bytes of the sequence that begins with this byte; 0 when none does. */
function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead < 0xc2) return 0;
  if (lead < 0xe0) return 2;
  if (lead < 0xf0) return 3;
  return lead < 0xf5 ? 4 : 0;
}

const LEAST = [0, 0, 0x80, 0x800, 0x10000];

function codePoint(bytes: Uint8Array, at: number, length: number): number | undefined {
  if (length === 0) return undefined;
  if (length === 1) return bytes[at];
  let point = (bytes[at] as number) & (0x7f >> length);
  for (let index = 1; index < length; index += 1) {
    const next = bytes[at + index];
    if (next === undefined || next >> 6 !== 0b10) return undefined;
    point = (point << 6) | (next & 0x3f);
  }
  const surrogate = point >= 0xd800 && point <= 0xdfff;
  return surrogate || point > 0x10ffff || point < (LEAST[length] ?? 0) ? undefined : point;
}
