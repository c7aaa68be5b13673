// Owns: the order in which blobs come and go: bytes before the index entry when they come, and when they go as well: what
// a crash leaves between is bytes without an entry, or an entry whose bytes do not hash to it, and never a false claim.
import type { Hex32 } from '@consilium/core';
import { VAULT_SMALL_BYTES_MAX } from '../limits.ts';
import type { BlobFiles } from './blob-files.ts';
import type { BlobIndex } from './blob-index.ts';
import { contentId } from './content-id.ts';
import type { Location, SegmentPlace } from './location.ts';
import type { Segments } from './segments.ts';

/** The parts of a vault, each with its own room on the disk. */
export interface VaultParts {
  readonly index: BlobIndex;
  readonly segments: Segments;
  readonly files: BlobFiles;
}

const NOTHING: ReadonlyMap<Hex32, Location> = new Map();

/** All durable and indexed when the promise is fulfilled. One at a time. */
export async function storeBlobs(parts: VaultParts, blobs: readonly Uint8Array[]): Promise<void> {
  const { index, segments, files } = parts;
  const small = new Map<Hex32, Uint8Array>();
  const large = new Map<Hex32, Uint8Array>();
  const ids = await Promise.all(blobs.map(contentId));
  for (const [position, bytes] of blobs.entries()) {
    const id = ids[position];
    if (id === undefined || (await isHere(parts, id))) continue;
    (bytes.length <= VAULT_SMALL_BYTES_MAX ? small : large).set(id, bytes);
  }
  if (small.size + large.size === 0) return;
  // Files first: one that the index never names is found by its id, an entry of a segment is not.
  const added = new Map<Hex32, Location>(await files.write(large));
  for (const [id, place] of await segments.append(small)) added.set(id, place);
  await index.commit({ added, removed: [] }, segments.tail());
}

async function isHere({ index, segments, files }: VaultParts, id: Hex32): Promise<boolean> {
  const location = index.find(id);
  if (location === undefined) return false;
  return location.type === 'segment' ? segments.covers(location) : files.isThere(id, location);
}

/** All destroyed and out of the index, durably, when the promise is fulfilled. One at a time. */
export async function destroyBlobs(parts: VaultParts, ids: readonly Hex32[]): Promise<void> {
  await eraseBlobs(parts, ids);
  await forgetBlobs(parts, ids);
}

/** Out of the index, durably. */
export function forgetBlobs({ index, segments }: VaultParts, ids: readonly Hex32[]): Promise<void> {
  return index.commit({ added: NOTHING, removed: [...new Set(ids)] }, segments.tail());
}

/** The bytes alone, wherever they lie; their entries stay. */
export async function eraseBlobs(
  { index, segments, files }: VaultParts,
  ids: readonly Hex32[],
): Promise<void> {
  const inSegments = new Map<Hex32, SegmentPlace>();
  const others = new Set<Hex32>();
  for (const id of ids) {
    const location = index.find(id);
    if (location?.type === 'segment') inSegments.set(id, location);
    // Also without an entry: a crash may have come between the file and the index.
    else others.add(id);
  }
  await segments.erase(inSegments);
  await files.erase([...others]);
}
