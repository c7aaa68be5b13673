// Owns: which consensus parameters are in force at which height: those of genesis until the hospitals decide others
// (docs/protocol.md, "Parameters"). Pure. Does not own: what they mean (consensus), the vote (proposals.ts).
import type { Hex32 } from '../bytes.ts';
import { encode } from '../codec.ts';
import { ConsiliumError } from '../errors.ts';
import { type ConsensusParams, type Genesis, paramsRefusal, paramsShape } from '../genesis.ts';
import { taggedHash } from '../hash.ts';
import type { ParamsChange } from './governance-rows.ts';
import type { Overlay, StateReader } from './state.ts';
import { readRow, writeRow } from './table.ts';
import { PARAMS } from './tables.ts';

/** In force at `height`, from the state after any of the heights `height - 2` to `height - 1`. */
export function paramsAt(reader: StateReader, genesis: Genesis, height: number): ConsensusParams {
  const scheduled = readRow(reader, PARAMS)?.findLast(({ fromHeight }) => fromHeight <= height);
  return scheduled?.params ?? genesis.params;
}

/** The last ones decided: in force, or on their way. What a proposal of others is made from. */
export function decidedParams(reader: StateReader, genesis: Genesis): ConsensusParams {
  return readRow(reader, PARAMS)?.at(-1)?.params ?? genesis.params;
}

export function paramsHash(params: ConsensusParams): Hex32 {
  return taggedHash('consilium/params/v1', encode(paramsShape, params));
}

/**
 * Throws `VALUE_INVALID`, or `PROPOSAL_OUTDATED` when others were decided since these were made: whoever approved them
 * would have approved undoing those.
 */
export function checkParams(reader: StateReader, genesis: Genesis, { params, replaces }: ParamsChange): void {
  const rule = paramsRefusal(params);
  if (rule !== undefined) throw new ConsiliumError('VALUE_INVALID', { field: 'params', rule });
  const decided = paramsHash(decidedParams(reader, genesis));
  if (paramsHash(params) === decided)
    throw new ConsiliumError('VALUE_INVALID', { field: 'params', rule: 'nothing changes' });
  if (replaces !== decided) throw new ConsiliumError('PROPOSAL_OUTDATED');
}

/** Decided in block `height`: in force from the second height after. Only what a height to come can ask for is kept. */
export function decideParams(
  overlay: Overlay,
  genesis: Genesis,
  params: ConsensusParams,
  height: number,
): void {
  const fromHeight = height + 2;
  const before = readRow(overlay, PARAMS) ?? [{ fromHeight: 0, params: genesis.params }];
  const inForce = before.findLastIndex((each) => each.fromHeight <= height + 1);
  const kept = before.slice(Math.max(0, inForce)).filter((each) => each.fromHeight < fromHeight);
  writeRow(overlay, PARAMS, [], [...kept, { fromHeight, params }]);
}
