// Owns: that only bytes which hash to their id are handed out, and what becomes of an entry whose bytes do not.
import { type Hex32, isConsiliumError } from '@consilium/core';
import { errnoOf } from '../files/errors.ts';
import { contentId } from './content-id.ts';
import type { Location } from './location.ts';
import { eraseBlobs, forgetBlobs, type VaultParts } from './writing.ts';

/** `unsettled`: not what the index says, which may be because it is being destroyed or written anew just now. */
export type ReadAnswer = Uint8Array | 'absent' | 'unsettled';

type Found = Uint8Array | 'missing' | 'altered';

export interface Damage {
  readonly kind: Location['type'];
  readonly cause: 'missing' | 'altered';
}

/** Throws what the store and the system throw. */
export async function readBlob(parts: VaultParts, id: Hex32): Promise<ReadAnswer> {
  const location = parts.index.find(id);
  if (location === undefined) return 'absent';
  const found = await readChecked(parts, id, location);
  return typeof found === 'string' ? 'unsettled' : found;
}

async function readChecked({ segments, files }: VaultParts, id: Hex32, location: Location): Promise<Found> {
  try {
    const reading = location.type === 'segment' ? segments.read(location) : files.read(id, location);
    const bytes = await reading;
    if (bytes === undefined) return 'missing';
    return bytes.length === location.length && (await contentId(bytes)) === id ? bytes : 'altered';
  } catch (error) {
    // A sector that is gone. Anything else (no handles, no rights, no memory) says nothing of the blob.
    if (errnoOf(error) === 'EIO') return 'altered';
    throw error;
  }
}

/**
 * Looks once more while nothing else changes the vault, and drops the entry when the bytes are not there. What is left
 * of them is destroyed: a blob with one flipped bit is as secret as it was. Returns the bytes when they are good.
 */
export async function settleBlob(
  parts: VaultParts,
  id: Hex32,
  onDamage: (damage: Damage) => void,
): Promise<Uint8Array | undefined> {
  const location = parts.index.find(id);
  if (location === undefined) return undefined;
  const found = await readChecked(parts, id, location);
  if (typeof found !== 'string') return found;
  onDamage({ kind: location.type, cause: found });
  await dropBlob(parts, id);
  return undefined;
}

/** A disk that refuses to overwrite must not keep the blob from being repaired elsewhere on it. */
async function dropBlob(parts: VaultParts, id: Hex32): Promise<void> {
  try {
    await eraseBlobs(parts, [id]);
  } catch (error) {
    if (!isConsiliumError(error)) throw error;
  }
  await forgetBlobs(parts, [id]);
}
