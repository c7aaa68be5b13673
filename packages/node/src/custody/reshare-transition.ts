// Owns: one change of custodians as the ledger has it: from which epoch to which, who deals, who receives. Does not own:
// dealing (reshare-dealer.ts), taking over (reshare-taking.ts).
import {
  CUSTODIANS_MIN,
  type CustodyEpoch,
  currentEpoch,
  custodianIndex,
  custodyEpoch,
  custodyThreshold,
  dealersOf,
  type Hex32,
  type StateReader,
} from '@consilium/core';

export interface Transition {
  readonly from: number;
  readonly to: number;
  readonly old: CustodyEpoch['custodians'];
  readonly recipients: CustodyEpoch['custodians'];
  /** Of the new shares. */
  readonly threshold: number;
  /** Indexes in `old`, ascending. */
  readonly dealers: readonly number[];
}

/** To the current epoch; undefined when there is nothing to move, or too few to move it to. */
export function transitionOf(state: StateReader, from: number): Transition | undefined {
  const to = currentEpoch(state);
  const [old, recipients] = [custodyEpoch(state, from), custodyEpoch(state, to)];
  if (from >= to || old === undefined || recipients === undefined) return undefined;
  const count = recipients.custodians.length;
  if (count < CUSTODIANS_MIN) return undefined;
  const dealers = dealersOf(state, from, to).map((id) => custodianIndex(old, id) as number);
  return {
    from,
    to,
    old: old.custodians,
    recipients: recipients.custodians,
    threshold: custodyThreshold(count),
    dealers: dealers.sort((a, b) => a - b),
  };
}

export function isCustodianOf(state: StateReader, epoch: number, institution: Hex32): boolean {
  const row = custodyEpoch(state, epoch);
  return row !== undefined && custodianIndex(row, institution) !== undefined;
}

export function isSameTransition(a: Transition, b: Transition): boolean {
  return a.from === b.from && a.to === b.to && a.dealers.join() === b.dealers.join();
}
