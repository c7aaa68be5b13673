// Owns: on which line of a TOML text each key stands. The parser does not say; this asks it about the text line by line.
import { parse } from 'smol-toml';

export type KeyPath = readonly string[];

/** Line (from 1) where the key's statement or table begins; undefined when the text has no such key. */
export type LineOf = (path: KeyPath) => number | undefined;

/**
 * Of a text that parses. The text cut after line n parses unless a value runs on; the first cut that knows a key ends
 * its statement, which began after the cut before it that parsed. Blank lines and comments parse, so that is exact.
 */
export function createLineOf(toml: string): LineOf {
  const lines = toml.split('\n');
  let found: Map<string, number> | undefined;
  return (path) => {
    found ??= findLines(lines);
    return found.get(JSON.stringify(path));
  };
}

function findLines(lines: readonly string[]): Map<string, number> {
  const found = new Map<string, number>();
  let begin = 1;
  for (let end = 1; end <= lines.length; end += 1) {
    // Half a line end of Windows is none.
    const table = tryParse(lines.slice(0, end).join('\n').replace(/\r$/, ''));
    if (table === undefined) continue;
    for (const path of pathsOf(table, [])) {
      const key = JSON.stringify(path);
      if (!found.has(key)) found.set(key, begin);
    }
    begin = end + 1;
  }
  return found;
}

function tryParse(toml: string): unknown {
  try {
    return parse(toml);
  } catch {
    return undefined;
  }
}

function* pathsOf(value: unknown, above: KeyPath): Generator<KeyPath> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  for (const [key, inner] of Object.entries(value)) {
    const path = [...above, key];
    yield path;
    yield* pathsOf(inner, path);
  }
}
