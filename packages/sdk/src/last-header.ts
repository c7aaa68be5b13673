// Owns: the header that the steps of a small proof file lead to, from the genesis. Does not own: what the file proves of it.
import {
  advanceAll,
  type Genesis,
  type Header,
  isConsiliumError,
  type LightStep,
  lightGenesis,
  type Verify,
} from '@consilium/core';

/** undefined: there is no step, or one that the hospitals of its height did not decide. */
export function lastHeader(
  genesis: Genesis,
  steps: readonly LightStep[],
  verify: Verify,
): Header | undefined {
  try {
    advanceAll(lightGenesis(genesis), steps, verify);
  } catch (error) {
    if (isConsiliumError(error)) return undefined;
    throw error;
  }
  return steps.at(-1)?.header;
}
