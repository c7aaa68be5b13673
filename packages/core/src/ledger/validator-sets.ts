// Owns: which set decides which height: the two sets that state holds ahead, their advance, and a history long enough to
// find a validator's key at the height of any evidence. Does not own: who is admitted or removed (institutions.ts).
import type { ConsensusParams } from '../genesis.ts';
import { createValidatorSet, type Validator, type ValidatorSet } from '../validators.ts';
import type { SetEpoch, SetHistory } from './rows.ts';
import type { Overlay, StateReader } from './state.ts';
import { deleteRow, mustReadRow, readRow, writeRow } from './table.ts';
import { SET_EPOCHS, SET_HISTORY, VALIDATOR_SETS } from './tables.ts';

/** The set that decides the height after the last one executed. */
export function nextValidators(reader: StateReader): ValidatorSet {
  return mustReadRow(reader, VALIDATOR_SETS, 'next');
}

/** The set that decides the height after `nextValidators`'. */
export function validatorsAfterNext(reader: StateReader): ValidatorSet {
  return mustReadRow(reader, VALIDATOR_SETS, 'afterNext');
}

/** While block H is executed: the set of H+2 as decided so far. A further change builds on it. */
export function decidedValidators(reader: StateReader): ValidatorSet {
  return readRow(reader, VALIDATOR_SETS, 'decided') ?? validatorsAfterNext(reader);
}

export function decideValidators(overlay: Overlay, validators: readonly Validator[]): void {
  writeRow(overlay, VALIDATOR_SETS, ['decided'], createValidatorSet(validators));
}

export function initValidatorSets(overlay: Overlay, founders: ValidatorSet): void {
  writeRow(overlay, VALIDATOR_SETS, ['next'], founders);
  writeRow(overlay, VALIDATOR_SETS, ['afterNext'], founders);
  writeRow(overlay, SET_EPOCHS, [0], { fromHeight: 1, validators: founders });
  writeRow(overlay, SET_HISTORY, [], { first: 0, next: 1 });
}

/** At the end of block `height`: a set decided in it takes its place at `height + 2` (consensus, "Set changes"). */
export function advanceSets(overlay: Overlay, params: ConsensusParams, height: number): void {
  const afterNext = validatorsAfterNext(overlay);
  const decided = readRow(overlay, VALIDATOR_SETS, 'decided');
  writeRow(overlay, VALIDATOR_SETS, ['next'], afterNext);
  if (decided === undefined) return;
  deleteRow(overlay, VALIDATOR_SETS, 'decided');
  writeRow(overlay, VALIDATOR_SETS, ['afterNext'], decided);
  recordEpoch(overlay, params, height, { fromHeight: height + 2, validators: decided });
}

function recordEpoch(overlay: Overlay, params: ConsensusParams, height: number, epoch: SetEpoch): void {
  const history: SetHistory = mustReadRow(overlay, SET_HISTORY);
  writeRow(overlay, SET_EPOCHS, [history.next], epoch);
  const first = pruneEpochs(overlay, history, height - params.evidenceWindowHeights);
  writeRow(overlay, SET_HISTORY, [], { first, next: history.next + 1 });
}

/** Drops epochs that ended before `oldestHeight`. Each epoch is dropped once, so the work is paid by its own change. */
function pruneEpochs(overlay: Overlay, { first, next }: SetHistory, oldestHeight: number): number {
  let kept = first;
  while (kept < next - 1 && mustReadRow(overlay, SET_EPOCHS, kept + 1).fromHeight <= oldestHeight) {
    deleteRow(overlay, SET_EPOCHS, kept);
    kept += 1;
  }
  return kept;
}

/** The set that decides `height`; undefined when the height lies before the kept history or past the known sets. */
export function validatorsAt(reader: StateReader, height: number): ValidatorSet | undefined {
  const { first, next } = mustReadRow(reader, SET_HISTORY);
  let low = first;
  let high = next - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (mustReadRow(reader, SET_EPOCHS, middle).fromHeight <= height) low = middle;
    else high = middle - 1;
  }
  const epoch = mustReadRow(reader, SET_EPOCHS, low);
  return epoch.fromHeight <= height ? epoch.validators : undefined;
}
