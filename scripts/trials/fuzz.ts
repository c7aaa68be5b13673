// Owns: the long run of the fuzzer over everything that reads bytes of others. Does not own: the decoders and the property.
import { parseArgs } from 'node:util';
import { type Decoder, fuzz } from '../../packages/node/test/support/fuzz/decoder.ts';
import { ALL_SAMPLES, DECODERS, shapeDecoders } from '../../packages/node/test/support/fuzz/registry.ts';
import { numberOf } from './support/options.ts';
import type { Trial } from './trial.ts';

const RUNS_PER_TURN = 2_000;

export const trial: Trial = {
  about:
    'whatever the bytes are, every decoder reads them or refuses with a code; --minutes M (10), --seed N',
  run: async ({ args, tell }) => {
    const { values } = parseArgs({
      args: [...args],
      options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' } },
    });
    const decoders = [...DECODERS, ...(await shapeDecoders())];
    const endMs = performance.now() + numberOf(values.minutes, '--minutes') * 60_000;
    const runs = turns(decoders, numberOf(values.seed, '--seed'), endMs, tell);
    return { decoders: decoders.length, inputs: runs };
  },
};

/** Every decoder in turn, each turn from another seed. */
function turns(
  decoders: readonly Decoder[],
  firstSeed: number,
  endMs: number,
  tell: (line: string) => void,
): number {
  let inputs = 0;
  for (let seed = firstSeed; performance.now() < endMs; seed += 1) {
    for (const decoder of decoders) {
      fuzz(decoder, ALL_SAMPLES, { numRuns: RUNS_PER_TURN, seed });
      inputs += RUNS_PER_TURN;
      if (performance.now() > endMs) break;
    }
    tell(`seed ${seed}: ${inputs} inputs`);
  }
  return inputs;
}
