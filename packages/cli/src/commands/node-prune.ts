// Owns: `node prune`: the words for pruning the home of a stopped daemon. Does not own: the pruning (@consilium/node).
import { addCommand, type Register } from '../command.ts';
import { pathOf } from '../setup/files.ts';
import { addHomeOption, homeOf } from '../setup/own-node.ts';
import { integerOf, usage } from '../usage.ts';

interface Options {
  readonly home?: string;
  readonly keepBlocks?: string;
  readonly keepDays?: string;
}

export const registerNodePrune: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'prune',
      summary: 'delete old blocks in the home of a stopped daemon, and give their room back to the disk',
      examples: [
        'npx consilium node prune --home /var/lib/consilium --keep-days 365',
        'npx consilium node prune --home /var/lib/consilium --keep-blocks 100000',
      ],
    },
    (command) =>
      addHomeOption(command)
        .option('--keep-blocks <count>', 'keep at least so many; default: store.keep_blocks of config.toml')
        .option('--keep-days <days>', 'keep at least the last days; default: store.keep_days of config.toml'),
    async (_arguments, options) => {
      const home = pathOf(place.io, homeOf(options));
      const { keepBlocks, keepDays } = options;
      const { pruneHome } = await import('@consilium/node');
      const keep = {
        ...(keepBlocks === undefined ? {} : { blocks: integerOf(keepBlocks, '--keep-blocks') }),
        ...(keepDays === undefined ? {} : { days: integerOf(keepDays, '--keep-days') }),
      };
      const report = await pruneHome(home, { keep });
      if (report.keep.blocks === 0 && report.keep.days === 0)
        throw usage('this home keeps everything; name what to keep: --keep-blocks or --keep-days');
      const { blocksDeleted, base, height, bytesBefore, bytesAfter } = report;
      return {
        data: report,
        lines: [
          `${blocksDeleted} blocks deleted, kept ${base} to ${height}`,
          `data/: ${megabytes(bytesBefore)} before, ${megabytes(bytesAfter)} after`,
        ],
      };
    },
  );

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
