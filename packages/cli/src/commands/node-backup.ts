// Owns: `node backup`: asking the running node of a home for a backup, or making one of a stopped node's home. Does not own:
// making it (@consilium/node).
import { isConsiliumError } from '@consilium/core';
import type { BackupReport } from '@consilium/node/own-home';
import { addCommand, type Register } from '../command.ts';
import { BACKUP_WAIT_MS_MAX } from '../limits.ts';
import { fields } from '../print/text.ts';
import { pathOf } from '../setup/files.ts';
import { addHomeOption, homeOf, type OwnNodeOptions, openOwnNode } from '../setup/own-node.ts';
import { usage } from '../usage.ts';

interface Options extends OwnNodeOptions {
  readonly out?: string;
}

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
      const out = pathOf(place.io, options.out);
      const made = await backup(out);
      return {
        data: made,
        lines: fields([
          ['backup', made.out],
          ['of height', made.height],
          ['holds', `${made.rows} rows, ${made.blobs} blobs, ${(made.bytes / 1_000_000).toFixed(1)} MB`],
        ]),
      };

      async function backup(target: string): Promise<BackupReport> {
        try {
          const node = await openOwnNode(place.io, options);
          return (await node.post('/v1/admin/backup', { out: target }, BACKUP_WAIT_MS_MAX)) as BackupReport;
        } catch (error) {
          const isStopped =
            isConsiliumError(error, 'NODE_NOT_RUNNING') || isConsiliumError(error, 'FILE_MISSING');
          if (!isStopped) throw error;
          const { backupHome } = await import('@consilium/node');
          return backupHome(pathOf(place.io, homeOf(options)), target);
        }
      }
    },
  );
