// Owns: `node snapshot`: asking the running node of a home to make a snapshot for new hospitals. Does not own: making it.
import { addCommand, type Register } from '../command.ts';
import { fields } from '../print/text.ts';
import { addHomeOption, openOwnNode } from '../setup/own-node.ts';

interface Options {
  readonly home?: string;
}

interface Made {
  readonly height: number;
  readonly chunks: number;
  readonly rows: number;
  readonly bytes: number;
}

/** Gigabytes of state at a fifth of a core. */
const WAIT_MS_MAX: number = 30 * 60_000;

export const registerNodeSnapshot: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'snapshot',
      summary:
        'have the running node make a snapshot of the ledger, from which a new hospital begins in minutes',
      examples: ['npx consilium node snapshot --home /var/lib/consilium'],
    },
    addHomeOption,
    async (_arguments, options) => {
      const node = await openOwnNode(place.io, options);
      const made = (await node.post('/v1/admin/snapshot', {}, WAIT_MS_MAX)) as Made;
      return {
        data: made,
        lines: fields([
          ['snapshot of height', made.height],
          ['rows', made.rows],
          ['size', `${(made.bytes / 1_000_000).toFixed(1)} MB in ${made.chunks} chunks`],
        ]),
      };
    },
  );
