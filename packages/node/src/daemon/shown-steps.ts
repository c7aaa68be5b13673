// Owns: light steps as other nodes ask for them, from the store of a daemon. Does not own: the steps (queries/light.ts).
import { encodeLightSteps, isConsiliumError } from '@consilium/core';
import { LIGHT_STEPS_PER_PAGE_MAX } from '../api/limits.ts';
import type { OpenHome } from '../files/home.ts';
import type { Report } from '../ports.ts';
import { lightSteps, openChain, readBlock } from '../queries/index.ts';

export interface ShownSteps {
  readonly height: number;
  /** Encoded. */
  readonly steps: Uint8Array;
}

/** Not called when the store fails: the asker hears it from others. */
export async function showSteps(
  home: Pick<OpenHome, 'store'>,
  from: number,
  report: Report,
  done: (shown: ShownSteps) => void,
): Promise<void> {
  const chain = openChain(home.store.snapshot());
  try {
    const { steps } = await lightSteps(chain, readBlock, from, LIGHT_STEPS_PER_PAGE_MAX);
    done({ height: steps.at(-1)?.header.height ?? from, steps: encodeLightSteps(steps) });
  } catch (error) {
    if (!isConsiliumError(error)) throw error;
    report({ level: 'error', code: 'custody.no-steps', error: error.code });
  } finally {
    chain.close();
  }
}
