// Owns: who proposes in which order, and the demotion of those who keep missing (docs/protocol.md, "Proposers"). The
// order at height H is a function of the state after H-1, and counts use only certificates carried in blocks, so that no
// two nodes disagree about it. Does not own: what a proposer does in its round (consensus).
import { compareText, type Hex32 } from '../bytes.ts';
import type { ConsensusParams } from '../genesis.ts';
import { faultyMax, type ValidatorSet } from '../validators.ts';
import type { Certificate } from '../vote.ts';
import type { Demotion, OrderBasis, ProposerMisses, ProposerSchedule } from './rows.ts';
import type { Overlay, StateReader } from './state.ts';
import { mustReadRow, writeRow } from './table.ts';
import { PROPOSER_SCHEDULE } from './tables.ts';
import { nextValidators, validatorsAfterNext } from './validator-sets.ts';

/**
 * The order at `height`, from the state after `height - 1`: proposer(height, r) = order[r mod n]. The members that are
 * not demoted, rotated by `height`, then the demoted: nobody leaves the order, so in n rounds each proposes once.
 */
export function proposerOrder(reader: StateReader, height: number): readonly Hex32[] {
  return orderOf(basisAt(reader, height), height);
}

function basisAt(reader: StateReader, height: number): OrderBasis {
  const { demoted } = mustReadRow(reader, PROPOSER_SCHEDULE);
  return {
    members: nextValidators(reader).map((validator) => validator.id),
    demoted: demoted.filter(({ lastHeight }) => lastHeight >= height).map(({ validator }) => validator),
  };
}

function orderOf({ members, demoted }: OrderBasis, height: number): readonly Hex32[] {
  const active = members.filter((id) => !demoted.includes(id));
  const shift = active.length === 0 ? 0 : height % active.length;
  return [...active.slice(shift), ...active.slice(0, shift), ...demoted];
}

export function initProposers(overlay: Overlay, founders: ValidatorSet): void {
  const members = founders.map((validator) => validator.id);
  writeRow(overlay, PROPOSER_SCHEDULE, [], { misses: [], demoted: [], previous: { members, demoted: [] } });
}

/**
 * First step of executing block `height`: counts what its certificate of `height - 1` shows. Decided in round r means
 * that the first r proposers of order(height - 1) missed and the one of round r succeeded.
 */
export function countProposers(
  overlay: Overlay,
  params: ConsensusParams,
  height: number,
  carried: Certificate | null,
): void {
  const before = mustReadRow(overlay, PROPOSER_SCHEDULE);
  const previous = basisAt(overlay, height);
  const turns = carried === null ? [] : turnsOf(orderOf(before.previous, height - 1), carried.round);
  const misses = countMisses(before.misses, turns, params.demotionMisses);
  const members = validatorsAfterNext(overlay).map((validator) => validator.id);
  const after: ProposerSchedule = {
    misses: misses.filter(({ validator }) => members.includes(validator)),
    demoted: demote(before.demoted, misses, turns, { params, height, members }),
    previous,
  };
  writeRow(overlay, PROPOSER_SCHEDULE, [], after);
}

/** Whether the order of the next height, and those after, holds it among the demoted: as the block at `height` is executed. */
export function isDemoted(reader: StateReader, validator: Hex32, height: number): boolean {
  const { demoted } = mustReadRow(reader, PROPOSER_SCHEDULE);
  return demoted.some((entry) => entry.validator === validator && entry.lastHeight > height);
}

/**
 * For what members reported of it while block `height` is executed, for as long as for misses and under the same bound: false
 * when f others are demoted already.
 */
export function demoteReported(
  overlay: Overlay,
  params: ConsensusParams,
  height: number,
  validator: Hex32,
): boolean {
  const schedule = mustReadRow(overlay, PROPOSER_SCHEDULE);
  const running = schedule.demoted.filter(({ lastHeight }) => lastHeight > height);
  if (running.length >= faultyMax(validatorsAfterNext(overlay).length)) return false;
  const demotion = { validator, lastHeight: height + params.demotionHeights };
  const demoted = [...schedule.demoted.filter((entry) => entry.validator !== validator), demotion].sort(
    (a, b) => compareText(a.validator, b.validator),
  );
  writeRow(overlay, PROPOSER_SCHEDULE, [], { ...schedule, demoted });
  return true;
}

interface Turn {
  readonly validator: Hex32;
  readonly missed: number;
  readonly succeeded: boolean;
}

/** With more rounds than members the order starts again: a member can have missed several times, and then succeeded. */
function turnsOf(order: readonly Hex32[], round: number): readonly Turn[] {
  const laps = Math.floor(round / order.length);
  const last = round % order.length;
  return order.map((validator, position) => ({
    validator,
    missed: laps + (position < last ? 1 : 0),
    succeeded: position === last,
  }));
}

function countMisses(
  before: readonly ProposerMisses[],
  turns: readonly Turn[],
  missesMax: number,
): readonly ProposerMisses[] {
  const counts = new Map(before.map(({ validator, misses }) => [validator, misses]));
  for (const { validator, missed, succeeded } of turns) {
    const misses = (counts.get(validator) ?? 0) + missed;
    counts.set(validator, succeeded ? 0 : Math.min(misses, missesMax));
  }
  return [...counts]
    .filter(([, misses]) => misses > 0)
    .map(([validator, misses]) => ({ validator, misses }))
    .sort((a, b) => compareText(a.validator, b.validator));
}

interface DemotionScope {
  readonly params: ConsensusParams;
  readonly height: number;
  readonly members: readonly Hex32[];
}

/**
 * At most f of the next height's members at a time. A count is not cleared by demotion: who comes back and misses again
 * goes at once, so that a hospital that is away for weeks costs one timeout a term. A full bench demotes at a later miss.
 */
function demote(
  before: readonly Demotion[],
  misses: readonly ProposerMisses[],
  turns: readonly Turn[],
  { params, height, members }: DemotionScope,
): readonly Demotion[] {
  const running = before
    .filter(({ validator, lastHeight }) => lastHeight > height && members.includes(validator))
    .sort((a, b) => b.lastHeight - a.lastHeight || compareText(a.validator, b.validator))
    .slice(0, faultyMax(members.length));
  const over = new Set(
    misses.filter((entry) => entry.misses >= params.demotionMisses).map((entry) => entry.validator),
  );
  const fallen = turns
    .filter(({ validator, missed }) => missed > 0 && over.has(validator) && members.includes(validator))
    .filter(({ validator }) => running.every((entry) => entry.validator !== validator))
    .slice(0, faultyMax(members.length) - running.length)
    .map(({ validator }) => ({ validator, lastHeight: height + params.demotionHeights }));
  return [...running, ...fallen].sort((a, b) => compareText(a.validator, b.validator));
}
