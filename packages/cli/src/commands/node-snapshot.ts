// Owns: `node snapshot`: asking the running node of a home to make a snapshot for new hospitals. Does not own: making it.
import type { SnapshotReport } from '@consilium/node/own-home';
import { addCommand, type Register } from '../command.ts';
import { SNAPSHOT_WAIT_MS_MAX } from '../limits.ts';
import { fields } from '../print/text.ts';
import { addHomeOption, openOwnNode } from '../setup/own-node.ts';

interface Options {
  readonly home?: string;
}

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
      const made = (await node.post('/v1/admin/snapshot', {}, SNAPSHOT_WAIT_MS_MAX)) as SnapshotReport;
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
