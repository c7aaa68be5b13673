// Owns: `node repair`: the words for mending a damaged home from the other hospitals. Does not own: the repair
// (@consilium/node).
import { addCommand, type Register } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { pathOf } from '../setup/files.ts';
import { addHomeOption, homeOf } from '../setup/own-node.ts';
import { usage } from '../usage.ts';

interface Options {
  readonly home?: string;
  readonly fromPeers?: boolean;
}

export const registerNodeRepair: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'repair',
      summary:
        'put aside what `node verify` names in the home of a stopped daemon; its next start fetches it anew',
      examples: ['npx consilium node repair --home /var/lib/consilium --from-peers'],
    },
    (command) =>
      addHomeOption(command).option(
        '--from-peers',
        'what is damaged is fetched from the other hospitals; the only way there is',
      ),
    async (_arguments, options) => {
      const home = pathOf(place.io, homeOf(options));
      if (options.fromPeers !== true)
        throw usage('--from-peers is missing: what is damaged is fetched from the others');
      const { repairHome } = await import('@consilium/node');
      const report = await repairHome(home, Date.now());
      return {
        data: report,
        lines: [
          ...report.actions.map(({ what, how }) => `${what}: ${how}`),
          ...report.left.map(({ what, how }) => `NOT MENDED ${what}: ${how}`),
          report.actions.length === 0 && report.left.length === 0 ? 'nothing to mend' : 'start the node now',
        ],
        exitCode: report.left.length === 0 ? EXIT.ok : EXIT.failed,
      };
    },
  );
