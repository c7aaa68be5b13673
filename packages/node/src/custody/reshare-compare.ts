// Owns: finding the dealer who told two custodians different things, by the two packages that came of it. Does not own:
// what follows for it.
import { type CustodyPackage, type Dealing, type Hex32, isDealingSigned, type Verify } from '@consilium/core';
import { isOf } from './reshare-taking.ts';
import type { Transition } from './reshare-transition.ts';

export interface CompareRules {
  readonly genesisHash: Hex32;
  readonly verify: Verify;
}

/** Institutions that signed two dealings of one change with other points. `own` was checked when it was made. */
export function twoFacedDealers(
  { genesisHash, verify }: CompareRules,
  own: CustodyPackage,
  other: CustodyPackage,
  transition: Transition,
): readonly Hex32[] {
  if (!isOf(own, transition) || !isOf(other, transition)) return [];
  return other.dealings.flatMap((dealing, at) => {
    const mine = own.dealings[at];
    const dealer = transition.old[dealing.dealer - 1];
    if (mine === undefined || dealer === undefined || hasSamePoints(mine, dealing)) return [];
    return isDealingSigned(verify, genesisHash, dealer.signingKey, own, dealing) ? [dealer.id] : [];
  });
}

function hasSamePoints(a: Dealing, b: Dealing): boolean {
  return a.records.every(({ points }, position) => {
    const others = b.records[position]?.points ?? [];
    // Of a record that is erased one of them may have been dealt nothing any more.
    return points.length === 0 || others.length === 0 || points.join() === others.join();
  });
}
