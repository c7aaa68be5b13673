// Owns: the chunks of a snapshot: which are missing, and fetching them from several peers at once, each checked as it comes
// (S3). Does not own: whom to ask (fetcher.ts), writing them down.
import type { Kv } from '../ports.ts';
import type { Fetcher } from './fetcher.ts';
import { readChunk } from './join-rows.ts';
import { checkChunk, checkParts, type Hashing, type Manifest } from './snapshot-format.ts';

export interface ChunksHost {
  /** Calls `stored` when it is durable. */
  store(index: number, bytes: Uint8Array, stored: () => void): void;
  /** Nobody keeps this snapshot any more. */
  gone(): void;
}

export interface ChunksDeps {
  readonly fetcher: Fetcher;
  readonly hashing: Hashing;
  /** How many may be under way. */
  readonly room: () => number;
  readonly host: ChunksHost;
}

/** Indexes of the parts whose chunk is not here. A part without rows has none. */
export function missingChunks(kv: Pick<Kv, 'get'>, { parts }: Manifest): number[] {
  return parts.flatMap(({ rows }, index) =>
    rows === 0 || readChunk(kv, index) !== undefined ? [] : [index],
  );
}

export function fetchChunks(deps: ChunksDeps, manifest: Manifest, missing: readonly number[]): void {
  const prefixes = checkParts(manifest);
  if (prefixes === undefined) throw new Error('invariant: a manifest is checked before it is written down');
  let next = 0;
  let underWay = 0;
  const goOn = (): void => {
    while (next < missing.length && underWay < deps.room()) {
      const index = missing[next] ?? 0;
      next += 1;
      underWay += 1;
      fetchChunk(deps, manifest, prefixes, index, () => {
        underWay -= 1;
        goOn();
      });
    }
  };
  goOn();
}

function fetchChunk(
  { fetcher, hashing, host }: ChunksDeps,
  { header: { height }, parts }: Manifest,
  prefixes: readonly Uint8Array[],
  index: number,
  stored: () => void,
): void {
  const expected = parts[index];
  const prefix = prefixes[index];
  if (expected === undefined || prefix === undefined)
    throw new Error('invariant: a part is named by its index');
  fetcher.fetch({
    request: (requestId) => ({ type: 'chunk-request', requestId, height, index }),
    take: (answer) => {
      if (answer.type !== 'chunk') return 'absent';
      if (checkChunk(answer.bytes, expected, prefix, hashing) === undefined) return 'false';
      host.store(index, answer.bytes, stored);
      return 'taken';
    },
    nobody: () => host.gone(),
  });
}
