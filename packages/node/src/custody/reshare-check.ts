// Owns: whether a dealing may be used: the right dealer of the right change, signed; of its own old share, and with a
// share for this node that fits. What is signed and does not fit names its dealer. Does not own: what follows.
import {
  type Dealing,
  dealingFault,
  dealingShape,
  decode,
  fromHex,
  type Group,
  type Hex32,
  isConsiliumError,
  isDealingSigned,
  isShareOf,
  redealingRefusal,
  type StateReader,
  type Verify,
} from '@consilium/core';
import { DEALING_BYTES_MAX } from '../limits.ts';
import { erasedOnLedger, leavesOut } from './erased-records.ts';
import { openDealing, type PackageView, type ShareOwner } from './package-view.ts';
import type { Transition } from './reshare-transition.ts';

export interface DealingRules extends ShareOwner {
  readonly state: StateReader;
  readonly genesisHash: Hex32;
  readonly verify: Verify;
  readonly group: Group;
}

/** `other`: of another set of dealers, as a node sees it that is ahead or behind. */
export type DealingVerdict = 'fits' | 'false' | 'other' | 'forged';

export interface DealingCase {
  readonly base: PackageView;
  readonly transition: Transition;
  /** Of this node among the recipients. */
  readonly index: number;
  readonly peer: Hex32;
  readonly dealing: Dealing;
}

export function checkDealing(
  rules: DealingRules,
  dealingCase: DealingCase,
  done: (verdict: DealingVerdict) => void,
): void {
  const { base, transition, index, dealing } = dealingCase;
  const verdict = publicVerdict(rules, dealingCase);
  if (verdict !== undefined) return done(verdict);
  const content = { ...base.content, epoch: transition.to };
  const erased = erasedOnLedger(rules.state, content);
  const positions = [...content.records.keys()].filter((position) => !erased.has(position));
  openDealing(rules, content, dealing, index, positions, (shares) => {
    const fits = shares.every((share, at) => {
      const points = (dealing.records[positions[at] ?? 0]?.points ?? []).map(fromHex);
      return share !== undefined && isShareOf(rules.group, points, index, share);
    });
    done(fits ? 'fits' : 'false');
  });
}

/** What everybody can see; undefined when nothing of it is wrong. */
function publicVerdict(
  { state, genesisHash, verify, group }: DealingRules,
  { base, transition, peer, dealing }: DealingCase,
): DealingVerdict | undefined {
  const { from, to, dealers, old, recipients, threshold } = transition;
  const dealer = old[dealing.dealer - 1];
  if (dealing.from !== from || dealing.dealers.join() !== dealers.join()) return 'other';
  if (dealer?.id !== peer || !dealers.includes(dealing.dealer)) return 'forged';
  const content = { ...base.content, epoch: to };
  if (!isDealingSigned(verify, genesisHash, dealer.signingKey, content, dealing)) return 'forged';
  const erased = erasedOnLedger(state, content);
  // A record was erased meanwhile, for one of the two.
  if (!leavesOut(dealing, erased)) return 'other';
  const form = { count: content.records.length, custodians: recipients.length, threshold, erased };
  if (dealingFault(dealing, form) !== undefined) return 'false';
  const isOwnShare = dealing.records.every(({ points }, position) => {
    if (erased.has(position)) return true;
    const oldPoints = base.points[position] ?? [];
    const refusal = redealingRefusal(group, oldPoints, dealing.dealer, points.map(fromHex), threshold);
    return refusal === undefined;
  });
  return isOwnShare ? undefined : 'false';
}

/** undefined: not the bytes of a dealing. */
export function tryReadDealing(bytes: Uint8Array): Dealing | undefined {
  try {
    return decode(dealingShape, bytes, DEALING_BYTES_MAX);
  } catch (error) {
    if (isConsiliumError(error)) return undefined;
    throw error;
  }
}
