// Owns: by which validator key the others know this node where: the set names it for a height, the custody epoch for a
// custodian's word. Does not own: the keys.
import { custodyEpoch, findValidator, type Hex32, nextValidators } from '@consilium/core';
import type { Kv } from '../ports.ts';
import { readTip, stateReader } from './chain.ts';

export interface ExpectedKeys {
  /** Of this node's validator at the running height; undefined outside the set. */
  readonly running: () => Hex32 | undefined;
  /** With which the custodians of this epoch know this node; undefined: it is none of them. */
  readonly ofEpoch: (epoch: number) => Hex32 | undefined;
}

export function expectedKeys(kv: Pick<Kv, 'get'>, self: Hex32): ExpectedKeys {
  const state = stateReader(kv);
  return {
    running: () => (readTip(kv) === undefined ? undefined : findValidator(nextValidators(state), self)?.key),
    ofEpoch: (epoch) => custodyEpoch(state, epoch)?.custodians.find(({ id }) => id === self)?.signingKey,
  };
}
