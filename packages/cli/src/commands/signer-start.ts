// Owns: `signer start`: the signer as a process: signals, exit code. Does not own: the signer itself (@consilium/node).
import { addCommand, type Register } from '../command.ts';
import { pathOf } from '../setup/files.ts';
import { addPassphraseOption, type PassphraseOption } from '../setup/passphrase.ts';
import { endByForce, stopAsked } from '../setup/stop-asked.ts';
import { usage } from '../usage.ts';

interface Options extends PassphraseOption {
  readonly home?: string;
  readonly socket?: string;
  readonly exitWithParent?: boolean;
}

export const registerSignerStart: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'start',
      summary: 'hold the validator key and the signing record for one node, on a socket for this user only',
      examples: [
        'npx consilium signer start --home /var/lib/consilium-signer --socket /run/consilium/signer.sock',
      ],
    },
    (command) =>
      addPassphraseOption(command)
        .option('--home <folder>', 'home made by `signer init`')
        .option('--socket <path>', 'the socket to make; it is removed at the end')
        .option('--exit-with-parent', 'stop when standard input closes: for whoever supervises it'),
    async (_arguments, { home, socket, passphraseFile, exitWithParent }) => {
      if (home === undefined || socket === undefined) throw usage('say whose and where: --home, --socket');
      const { io } = place;
      const { startSigner } = await import('@consilium/node');
      const named = passphraseFile ?? io.env['CONSILIUM_PASSPHRASE_FILE'] ?? '';
      const { askSecret } = io;
      const signer = await startSigner({
        ...{ home: pathOf(io, home), socket: pathOf(io, socket) },
        passphrase: {
          file: named === '' ? undefined : pathOf(io, named),
          credentials: io.env['CREDENTIALS_DIRECTORY'],
          ask: askSecret && (() => askSecret('Passphrase of the validator key: ')),
        },
      });
      const ended = await Promise.race([signer.failed, stopAsked(exitWithParent === true)]);
      endByForce();
      await signer.stop();
      if (exitWithParent === true) process.stdin.destroy();
      if (ended !== undefined) throw ended;
      return { data: { stopped: true }, lines: [] };
    },
  );
