// Owns: core's `sha256` on the engine of the platform: several times its speed on short messages.
import { hash } from 'node:crypto';
import type { HashEngine, Sha256 } from '@consilium/core';

export const sha256Native: Sha256 = (bytes) => {
  const digest = hash('sha256', bytes, 'buffer');
  return new Uint8Array(digest.buffer, digest.byteOffset, digest.length);
};

export const nativeHashEngine: HashEngine = {
  sha256: sha256Native,
  sha256Hex: (bytes) => hash('sha256', bytes, 'hex'),
};
