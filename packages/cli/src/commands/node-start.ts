// Owns: `node start`: the daemon as a process: signals, exit code, and its end with its parent when asked. Does not own:
// the daemon itself (@consilium/node).

import { isConsiliumError } from '@consilium/core';
import type { Command } from 'commander';
import { addCommand, type Register } from '../command.ts';
import { pathOf } from '../setup/files.ts';
import { addSetOption, type SetOption, settingsOf } from '../setup/settings.ts';
import { endByForce, stopAsked } from '../setup/stop-asked.ts';
import { blockOf, integerOf } from '../usage.ts';

interface Options extends SetOption {
  readonly home: string;
  readonly genesis?: string;
  readonly trust?: string;
  readonly endObservation?: string;
  readonly exitWithParent?: boolean;
  readonly passphraseFile?: string;
}

export const registerNodeStart: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'start',
      summary: 'run the daemon of a home until it is told to stop (SIGINT, SIGTERM)',
      examples: [
        'npx consilium node start --home /var/lib/consilium --genesis genesis.json',
        'npx consilium node start --home north --set api.port=4210',
        'npx consilium node start --home new --genesis genesis.json --trust 41230:9f3c...',
      ],
    },
    (command: Command) =>
      addSetOption(command)
        .option('--home <folder>', 'home made by `node init`', 'consilium-home')
        .option('--genesis <file>', 'genesis of the network; taken over into the home at the first start')
        .option('--passphrase-file <file>', 'passphrase of the key files: the setting keys.passphrase_file')
        .option(
          '--trust <height:blockid>',
          'an empty home begins from a snapshot of the others, on the chain of this block: `trust` in `consilium block show` of a hospital that you telephone',
        )
        .option(
          '--end-observation <height>',
          'sign from this height on although the signing record is in doubt; at your own risk, see docs/operate.md',
        )
        .option('--exit-with-parent', 'stop when standard input closes: for whoever supervises it'),
    async (_arguments, { home, genesis, trust, endObservation, exitWithParent, passphraseFile, set }) => {
      const { isSettingName, outliveDamage, startNode } = await import('@consilium/node');
      outliveDamage();
      // Before the start: whoever asks while the node comes up is heard as well.
      const asked = stopAsked(exitWithParent === true);
      const interrupted = new AbortController();
      void asked.then(() => {
        interrupted.abort();
        endByForce();
      });
      const { askSecret } = place.io;
      try {
        const node = await startNode({
          home,
          signal: interrupted.signal,
          ...(trust === undefined ? {} : { trust: blockOf(trust, '--trust') }),
          ...(genesis === undefined ? {} : { genesisFile: genesis }),
          environment: place.io.env,
          flags: {
            ...settingsOf({ set }, isSettingName),
            ...(passphraseFile !== undefined && {
              'keys.passphrase_file': pathOf(place.io, passphraseFile),
            }),
          },
          ...(askSecret !== undefined && { askPassphrase: () => askSecret('Passphrase of the key files: ') }),
          ...(endObservation === undefined
            ? {}
            : { endObservation: integerOf(endObservation, '--end-observation', 1) }),
        });
        const ended = await Promise.race([node.failed, asked]);
        endByForce();
        await node.stop();
        if (isConsiliumError(ended)) throw ended;
        return { data: { name: node.name, stopped: true }, lines: [] };
      } finally {
        // An open standard input would keep the process; nothing else does.
        if (exitWithParent === true) process.stdin.destroy();
      }
    },
  );
