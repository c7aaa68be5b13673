// Owns: the steps by which a light client gets from a height it trusts to the tip: every header that announces another
// set, and the tip. Does not own: checking them (core's light-client.ts).
import {
  ConsiliumError,
  decode,
  type LightStep,
  OBJECT_BYTES_MAX,
  type ValidatorSet,
  validatorSetShape,
} from '@consilium/core';
import { TABLES } from '../tables.ts';
import { type BlockSource, signedHeaderAt } from './blocks.ts';
import { type ChainReader, heightKey, heightOfKey } from './reader.ts';

export interface LightPage {
  readonly steps: readonly LightStep[];
  /** Ask again from this height; null when the last step is the tip. */
  readonly next: number | null;
}

/** Steps above `from` (0: from genesis), at most `limit`. No steps when nothing is newer. */
export async function lightSteps(
  reader: ChainReader,
  blocks: BlockSource,
  from: number,
  limit: number,
): Promise<LightPage> {
  const keys = await reader.keysAfter(TABLES.setChanges, heightKey(from), limit);
  const changes = keys.map(heightOfKey).filter((height) => height <= reader.height);
  const steps = changes.map((height) => lightStep(reader, blocks, height, setAfter(reader, height)));
  const last = changes.at(-1) ?? from;
  if (last >= reader.height) return { steps, next: null };
  if (steps.length === limit) return { steps, next: last };
  return { steps: [...steps, lightStep(reader, blocks, reader.height, null)], next: null };
}

function lightStep(
  reader: ChainReader,
  blocks: BlockSource,
  height: number,
  nextValidators: ValidatorSet | null,
): LightStep {
  const signed = signedHeaderAt(reader, blocks, height);
  if (signed === undefined) throw new ConsiliumError('STORE_DAMAGED', { height });
  return { ...signed, nextValidators };
}

function setAfter(reader: ChainReader, height: number): ValidatorSet {
  const bytes = reader.get(TABLES.setChanges, heightKey(height));
  if (bytes === undefined) throw new ConsiliumError('STORE_DAMAGED', { height });
  return decode(validatorSetShape, bytes, OBJECT_BYTES_MAX);
}
