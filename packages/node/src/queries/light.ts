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
import { heightKey, heightOfKey, readLightHeader } from '../replica/chain.ts';
import { TABLES } from '../tables.ts';
import { type BlockSource, signedHeaderAt } from './blocks.ts';
import type { ChainReader } from './reader.ts';

export interface LightPage {
  readonly steps: readonly LightStep[];
  /** Ask again from this height; null when the last step is the tip. */
  readonly next: number | null;
}

/** Steps above `from` (0: from genesis), at most `limit`. No steps when nothing is newer. Complete below the base too. */
export async function lightSteps(
  reader: ChainReader,
  blocks: BlockSource,
  from: number,
  limit: number,
): Promise<LightPage> {
  const changes = await reader.entries(TABLES.setChanges, { after: heightKey(from), limit });
  const steps = changes.map((change) =>
    lightStep(
      reader,
      blocks,
      heightOfKey(change.key),
      decode(validatorSetShape, change.value, OBJECT_BYTES_MAX),
    ),
  );
  const last = steps.at(-1)?.header.height ?? from;
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
  const signed =
    height < reader.base ? readLightHeader(reader, height) : signedHeaderAt(reader, blocks, height);
  if (signed === undefined) throw new ConsiliumError('STORE_DAMAGED', { height });
  return { ...signed, nextValidators };
}
