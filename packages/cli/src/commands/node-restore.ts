// Owns: `node restore`: the words for bringing a backup back. Does not own: the restoring (@consilium/node).
import { addCommand, type Register } from '../command.ts';
import { fields } from '../print/text.ts';
import { pathOf } from '../setup/files.ts';
import { homeOf } from '../setup/own-node.ts';
import { usage } from '../usage.ts';

interface Options {
  readonly from?: string;
  readonly home?: string;
}

export const registerNodeRestore: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'restore',
      summary: 'bring a backup back into a home without data; the node then watches before it votes',
      examples: ['npx consilium node restore --from /backup/consilium-2026-11-26 --home /var/lib/consilium'],
    },
    (command) =>
      command
        .option('--from <folder>', 'backup made by `node backup`')
        .option('--home <folder>', 'home with the keys in it and nothing in data/'),
    async (_arguments, options) => {
      const { from } = options;
      const home = pathOf(place.io, homeOf(options));
      if (from === undefined) throw usage('--from is missing: the folder of the backup');
      const { restoreBackup } = await import('@consilium/node');
      const report = await restoreBackup(pathOf(place.io, from), home);
      return {
        data: report,
        lines: [
          ...fields([
            ['restored to', report.home],
            ['height', report.height],
            ['holds', `${report.rows} rows, ${report.blobs} blobs`],
          ]),
          '',
          'Started, the node fetches what it missed and watches before it votes.',
        ],
      };
    },
  );
