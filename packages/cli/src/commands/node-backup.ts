// Owns: `node backup`: asking the running node of a home for a backup, or making one of a stopped node's home. Does not own:
// making it (@consilium/node).
import { resolve } from 'node:path';
import { isConsiliumError } from '@consilium/core';
import { addCommand, type Register } from '../command.ts';
import { fields } from '../print/text.ts';
import { addHomeOption, homeOf, type OwnNodeOptions, openOwnNode } from '../setup/own-node.ts';
import { usage } from '../usage.ts';

interface Options extends OwnNodeOptions {
  readonly out?: string;
}

interface Made {
  readonly out: string;
  readonly height: number;
  readonly rows: number;
  readonly blobs: number;
  readonly bytes: number;
}

/** A vault of hundreds of gigabytes at the speed that is left to a backup. */
const WAIT_MS_MAX: number = 12 * 3_600_000;

export const registerNodeBackup: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'backup',
      summary: 'back up chain, state and vault of a node, running or stopped; no keys, no signing record',
      examples: ['npx consilium node backup --home /var/lib/consilium --out /backup/consilium-2026-11-26'],
    },
    (command) =>
      addHomeOption(command).option('--out <folder>', 'folder to make, on the machine of the node'),
    async (_arguments, options) => {
      if (options.out === undefined) throw usage('--out is missing: the folder to make');
      const out = resolve(place.io.cwd, options.out);
      const made = await backup(out);
      return {
        data: made,
        lines: fields([
          ['backup', made.out],
          ['of height', made.height],
          ['holds', `${made.rows} rows, ${made.blobs} blobs, ${(made.bytes / 1_000_000).toFixed(1)} MB`],
        ]),
      };

      async function backup(target: string): Promise<Made> {
        try {
          const node = await openOwnNode(place.io, options);
          return (await node.post('/v1/admin/backup', { out: target }, WAIT_MS_MAX)) as Made;
        } catch (error) {
          const isStopped =
            isConsiliumError(error, 'NODE_NOT_RUNNING') || isConsiliumError(error, 'FILE_MISSING');
          if (!isStopped) throw error;
          const { backupHome } = await import('@consilium/node');
          return backupHome(resolve(place.io.cwd, homeOf(options)), target);
        }
      }
    },
  );
