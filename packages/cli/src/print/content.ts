// Owns: what of a record's content can be shown to a person, and how. Does not own: writing it to a file, which is exact.

export function isText(mediaType: string): boolean {
  const plain = mediaType.split(';')[0]?.trim().toLowerCase() ?? '';
  return plain.startsWith('text/') || /^application\/(?:.+\+)?(?:json|xml)$/.test(plain);
}

/** Controls but those of lines and columns, a return that would write over its line, and what turns the reading order. */
const STEERING = /[^\P{Cc}\n\r\t]|\r(?!\n)|[\u202a-\u202e\u2066-\u2069]/gu;

/** As text of several lines. Content comes from other people: what could steer a terminal is shown as a question mark. */
export function contentText(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes).replaceAll(STEERING, '?');
  return text.endsWith('\n') ? text : `${text}\n`;
}
