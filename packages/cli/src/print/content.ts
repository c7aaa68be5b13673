// Owns: what of a record's content can be shown to a person, and how. Does not own: writing it to a file, which is exact.

export function isText(mediaType: string): boolean {
  const plain = mediaType.split(';')[0]?.trim().toLowerCase() ?? '';
  return plain.startsWith('text/') || /^application\/(?:.+\+)?(?:json|xml)$/.test(plain);
}

/** As text of several lines. Content comes from other people: what could steer a terminal is shown as a question mark. */
export function contentText(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes).replaceAll(/[^\P{Cc}\n\r\t]/gu, '?');
  return text.endsWith('\n') ? text : `${text}\n`;
}
