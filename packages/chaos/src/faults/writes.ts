// Owns: what the clients of a fault of load write, in either world. Does not own: how much of it, and through whom (the
// worlds).
import { type Action, actionOf, TX_ACTIONS_MAX, toHex } from '@consilium/core';
import type { Prng } from '@consilium/sim';

export type Write = (prng: Prng) => readonly Action[];

export const SMALL: Write = () => [actionOf('chain.noop', {})];

/** As many actions as a transaction may hold, each with a body of its own. */
export const LARGE: Write = (prng) =>
  Array.from({ length: TX_ACTIONS_MAX }, () =>
    actionOf('anchor.commit', { root: toHex(prng.bytes(32)), count: 1, schema: 'load' }),
  );
