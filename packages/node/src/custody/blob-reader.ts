// Owns: reading blobs by their content id, which is the capability to read them: from this node, else from peers, and
// putting back what was damaged here. Does not own: fetching (blob-fetcher.ts), the batches that lack one (repair.ts).
import type { Hex32 } from '@consilium/core';
import type { Peers, Report, Vault } from '../ports.ts';
import type { BlobFetcher } from './blob-fetcher.ts';
import type { Holdings } from './holdings.ts';

export interface BlobReaderDeps {
  readonly vault: Vault;
  readonly holdings: Holdings;
  readonly fetcher: BlobFetcher;
  readonly net: Pick<Peers, 'connected'>;
  readonly report: Report;
}

export type ReadBlobs = readonly (Uint8Array | null)[];

/** What lies here: in the order of the ids, as many from the front as fit in `bytesMax`, one at least. */
export function readHere(
  vault: Vault,
  ids: readonly Hex32[],
  bytesMax: number,
  done: (blobs: ReadBlobs) => void,
): void {
  const blobs: (Uint8Array | null)[] = [];
  let bytes = 0;
  const step = (): void => {
    const id = ids[blobs.length];
    if (id === undefined) return done(blobs);
    vault.read(id, (blob) => {
      bytes += blob?.length ?? 0;
      if (blobs.length > 0 && bytes > bytesMax) return done(blobs);
      blobs.push(blob ?? null);
      step();
    });
  };
  step();
}

/** The same, with what is missing here got from peers. */
export function readAnywhere(
  deps: BlobReaderDeps,
  ids: readonly Hex32[],
  bytesMax: number,
  done: (blobs: ReadBlobs) => void,
): void {
  readHere(deps.vault, ids, bytesMax, (here) => {
    const absent = ids.filter((_, place) => here[place] === null);
    if (absent.length === 0) return done(here);
    const got = new Map<Hex32, Uint8Array>();
    const take = (blobs: ReadonlyMap<Hex32, Uint8Array>, taken: () => void): void => {
      for (const [id, blob] of blobs) got.set(id, blob);
      putBack(deps, blobs, taken);
    };
    const wanted = new Map(absent.map((id) => [id, undefined]));
    deps.fetcher.fetch({ wanted, peers: deps.net.connected(), take }, () => {
      const all = here.map((blob, place) => blob ?? got.get(ids[place] ?? '') ?? null);
      done(withinBytes(all, bytesMax));
    });
  });
}

/** What a package here names should lie here; a write that fails is for the repair to try again. */
function putBack(
  { holdings, vault, report }: BlobReaderDeps,
  blobs: ReadonlyMap<Hex32, Uint8Array>,
  done: () => void,
): void {
  const own = [...blobs].filter(([id]) => holdings.names(id)).map(([, blob]) => blob);
  if (own.length === 0) return done();
  vault.write(own, (error) => {
    if (error === undefined) report({ level: 'info', code: 'custody.blob-repaired', blobs: own.length });
    done();
  });
}

function withinBytes(blobs: ReadBlobs, bytesMax: number): ReadBlobs {
  let bytes = 0;
  const end = blobs.findIndex((blob, place) => {
    bytes += blob?.length ?? 0;
    return place > 0 && bytes > bytesMax;
  });
  return end < 0 ? blobs : blobs.slice(0, end);
}
