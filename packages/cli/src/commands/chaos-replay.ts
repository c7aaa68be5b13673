// Owns: `chaos replay`: a kept run once more.
import { addCommand, noOptions, type Register } from '../command.ts';
import { endable } from '../setup/chaos.ts';
import { pathOf } from '../setup/files.ts';

export const registerChaosReplay: Register = (place) =>
  addCommand(
    place,
    {
      usage: 'replay <folder>',
      summary: 'run a kept run again; in the simulator the bytes are the same',
      examples: ['npx consilium chaos replay chaos-runs/seed-42-sim-42'],
    },
    noOptions,
    async ([folder = '']) => {
      const { replayRun } = await import('@consilium/chaos');
      return endable(place.io, (life) =>
        replayRun({
          dir: pathOf(place.io, folder),
          ...life,
        }),
      );
    },
  );
