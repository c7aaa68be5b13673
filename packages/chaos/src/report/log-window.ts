// Owns: which lines of a node's log lie around a moment. Lines are JSON objects as nodes write them, or any text.
import type { Focus } from '../run/sequence.ts';

export interface LogWindow {
  readonly shown: readonly string[];
  /** Index of the first one. */
  readonly from: number;
}

/** Around the first line that is about the height, or as late as the moment; else the last lines. */
export function linesAround(lines: readonly string[], focus: Focus, linesMax: number): LogWindow {
  const pivot = pivotOf(lines, focus);
  const after = Math.floor(linesMax / 4);
  const end = Math.min(lines.length, pivot + after);
  const from = Math.max(0, end - linesMax);
  return { shown: lines.slice(from, Math.max(end, Math.min(lines.length, from + linesMax))), from };
}

function pivotOf(lines: readonly string[], { why, height, atMs }: Focus): number {
  if (why === 'end') return lines.length;
  const at = lines.findIndex((line) => {
    const facts = factsOf(line);
    return facts.atMs !== undefined ? facts.atMs >= atMs : height !== undefined && facts.height === height;
  });
  return at < 0 ? lines.length : at;
}

function factsOf(line: string): { atMs?: number; height?: number } {
  if (!line.startsWith('{')) return {};
  try {
    const { atMs, height }: Record<string, unknown> = JSON.parse(line);
    return {
      ...(typeof atMs === 'number' && { atMs }),
      ...(typeof height === 'number' && { height }),
    };
  } catch {
    return {};
  }
}
