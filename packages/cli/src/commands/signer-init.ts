// Owns: `signer init`: the validator's key and signing record of a node move into a home of their own.
import { addCommand, type Register } from '../command.ts';
import { fields } from '../print/text.ts';
import { pathOf } from '../setup/files.ts';
import { usage } from '../usage.ts';

interface Options {
  readonly from?: string;
  readonly home?: string;
  readonly genesis?: string;
}

export const registerSignerInit: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'init',
      summary: 'move the validator key and the signing record of a stopped node into the home of a signer',
      examples: ['npx consilium signer init --from /var/lib/consilium --home /var/lib/consilium-signer'],
    },
    (command) =>
      command
        .option('--from <folder>', 'home of the node, which must not run')
        .option('--home <folder>', 'home of the signer, to be made')
        .option('--genesis <file>', 'genesis of the network, when the node has none yet'),
    async (_arguments, { from, home, genesis }) => {
      if (from === undefined || home === undefined)
        throw usage('say from where and to where: --from, --home');
      const { moveKeyToSigner } = await import('@consilium/node');
      const { io } = place;
      const made = await moveKeyToSigner({
        ...{ from: pathOf(io, from), home: pathOf(io, home) },
        ...(genesis !== undefined && { genesisFile: pathOf(io, genesis) }),
      });
      return {
        data: { home: made.home, key: made.validatorKey },
        lines: [
          ...fields([
            ['home', made.home],
            ['key', made.validatorKey],
          ]),
          '',
          `Start it with: consilium signer start --home ${made.home} --socket PATH`,
          'and the node with signer.socket = "PATH" in its config.toml.',
        ],
      };
    },
  );
