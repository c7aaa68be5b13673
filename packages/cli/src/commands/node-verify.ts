// Owns: `node verify`: what the re-hashing of a home found, as lines and as an exit code. Does not own: the looking
// (@consilium/node).
import { addCommand, type Register, type Result } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { pathOf } from '../setup/files.ts';
import { addHomeOption, homeOf } from '../setup/own-node.ts';
import { usage } from '../usage.ts';

interface Options {
  readonly home?: string;
  readonly backup?: string;
}

export const registerNodeVerify: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'verify',
      summary: 're-hash everything in the home of a stopped daemon, or in a backup; names what is damaged',
      examples: [
        'npx consilium node verify --home /var/lib/consilium',
        'npx consilium node verify --backup /backup/consilium-2026-11-26',
      ],
    },
    (command) =>
      addHomeOption(command).option('--backup <folder>', 'backup made by `node backup`, in place of a home'),
    async (_arguments, options) => {
      const { verifyBackup, verifyHome } = await import('@consilium/node');
      const { home, backup } = options;
      if (backup !== undefined) {
        if (home !== undefined) throw usage('give --home or --backup, not both');
        return backupResult(await verifyBackup(pathOf(place.io, backup)));
      }
      const report = await verifyHome(pathOf(place.io, homeOf(options)));
      const { whole, damaged, damagedCount, notLookedAt, height, base, looked } = report;
      return {
        data: report,
        exitCode: whole ? EXIT.ok : EXIT.failed,
        lines: [
          ...damaged.map((damage) => `DAMAGED ${damageLine(damage)}`),
          ...(damagedCount > damaged.length ? [`and ${damagedCount - damaged.length} more`] : []),
          ...notLookedAt.map((what) => `NOT LOOKED AT ${what}`),
          `${whole ? 'whole' : `${damagedCount} damaged`}: blocks ${base} to ${height}, ${looked.rows} rows, ` +
            `${looked.stateRows} rows of state under the root of height ${height}, ${looked.blobs} blobs, ${looked.packages} packages`,
        ],
      };
    },
  );

function backupResult(report: BackupReport): Result {
  const { whole, damaged, damagedCount, height, rows, blobs } = report;
  return {
    data: report,
    exitCode: whole ? EXIT.ok : EXIT.failed,
    lines: [
      ...damaged.map((damage) => `DAMAGED ${damageLine(damage)}`),
      `${whole ? 'whole' : `${damagedCount} damaged`}: backup of height ${height}, ${rows} rows, ${blobs} blobs`,
    ],
  };
}

type BackupReport = Awaited<ReturnType<typeof import('@consilium/node').verifyBackup>>;
type Report = Awaited<ReturnType<typeof import('@consilium/node').verifyHome>>;

function damageLine({ part, problem, code, ...place }: Report['damaged'][number]): string {
  const where = Object.entries(place).map(([name, value]) => `${name} ${value}`);
  return [part, ...where, `${problem}${code === undefined ? '' : ` (${code})`}`].join(': ');
}
