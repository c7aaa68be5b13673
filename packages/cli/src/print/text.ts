// Owns: how results look to a person: aligned columns, times, nothing that moves the cursor.

/** Names come from other people: whatever could steer a terminal is shown as a question mark. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
}

/** Rows as columns of equal width; the first row is the heading. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const clean = rows.map((row) => row.map(printable));
  const widths = (clean[0] ?? []).map((_, column) =>
    Math.max(...clean.map((row) => (row[column] ?? '').length)),
  );
  return clean.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** `name  value` lines. */
export function fields(pairs: readonly (readonly [name: string, value: string | number])[]): string[] {
  return table(pairs.map(([name, value]) => [name, String(value)]));
}

/** Milliseconds since the epoch as ISO 8601 in UTC. */
export function time(ms: number): string {
  return new Date(ms).toISOString();
}

/** Height 0 has no block: what the genesis says needs nobody's word. */
export function asOfLine(asOf: { readonly height: number; readonly time: number }): string {
  if (asOf.height === 0) return 'as of the genesis, before the first block';
  return `as of height ${asOf.height}, ${time(asOf.time)}`;
}

/** A month of data (`year * 12 + month - 1`) as `2026-05`; nothing for none. */
export function monthText(month: number | null): string {
  if (month === null) return '-';
  const year = String(Math.floor(month / 12)).padStart(4, '0');
  return `${year}-${String((month % 12) + 1).padStart(2, '0')}`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** At most so many columns; what is cut ends in an ellipsis. */
export function clipped(line: string, columns: number): string {
  return line.length <= columns ? line : `${line.slice(0, columns - 1)}…`;
}
