// A vault in memory with the rules of the Vault port: ids are hashes, what is damaged is dropped when it is read, and
// completions come after the call has returned, in the order of the calls, or when the test says so.
import { BLOB_BYTES_MAX, ConsiliumError, type ErrorCode, type Hex32, hashHex } from '@consilium/core';
import type { Vault } from '../../src/ports.ts';

export interface MemoryVault extends Vault {
  /** Every later write fails with this code while it is set, and writes nothing. */
  failure: ErrorCode | undefined;
  /** Ids that are here, in the order in which they came. */
  ids(): readonly Hex32[];
  /** The blob is found damaged at the next read. */
  damage(id: Hex32): void;
}

export interface MemoryVaultOptions {
  /** Performs one operation later, in the order of the calls. The simulator gives its own; a microtask by default. */
  readonly defer?: (operation: () => void) => void;
}

export function createMemoryVault({ defer = queueMicrotask }: MemoryVaultOptions = {}): MemoryVault {
  const blobs = new Map<Hex32, Uint8Array>();
  const damaged = new Set<Hex32>();
  const drop = (id: Hex32): void => {
    blobs.delete(id);
    damaged.delete(id);
  };
  const store = (bytes: Uint8Array): void => {
    const id = hashHex(bytes);
    if (!blobs.has(id)) blobs.set(id, bytes.slice());
  };
  const refusalOf = (all: readonly Uint8Array[]): ConsiliumError | undefined => {
    const large = all.find(({ length }) => length > BLOB_BYTES_MAX);
    if (large !== undefined)
      return new ConsiliumError('ENCODING_TOO_LARGE', { bytes: large.length, bytesMax: BLOB_BYTES_MAX });
    return vault.failure === undefined ? undefined : new ConsiliumError(vault.failure);
  };

  const vault: MemoryVault = {
    failure: undefined,
    ids: () => [...blobs.keys()],
    damage: (id) => {
      if (blobs.has(id)) damaged.add(id);
    },
    has: (id) => blobs.has(id),
    read: (id, done) =>
      defer(() => {
        if (damaged.has(id)) drop(id);
        done(blobs.get(id)?.slice());
      }),
    write: (all, done) =>
      defer(() => {
        const refusal = refusalOf(all);
        if (refusal === undefined) all.forEach(store);
        done(refusal);
      }),
    remove: (ids, done) =>
      defer(() => {
        ids.forEach(drop);
        done();
      }),
  };
  return vault;
}
