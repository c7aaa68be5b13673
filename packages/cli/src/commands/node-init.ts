// Owns: `node init`: a new home with keys, configuration and the card to hand out.
import type { KeySeal } from '@consilium/sdk';
import { addCommand, type Register } from '../command.ts';
import { fields } from '../print/text.ts';
import { pathOf } from '../setup/files.ts';
import { collect, usage } from '../usage.ts';

interface Options {
  readonly org?: string;
  readonly listen?: readonly string[];
  readonly announce?: readonly string[];
  readonly home: string;
  readonly apiPort?: string;
  readonly metricsPort?: string;
  readonly passphraseFile?: string;
}

export const registerNodeInit: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'init',
      summary: 'make the home of a hospital: keys (0600), config.toml, and validator.json to hand out',
      examples: [
        'npx consilium node init --org "Hospital North" --listen 10.1.2.3:4100 --home /var/lib/consilium',
        'npx consilium node init --org "Hospital North" --listen 127.0.0.1:4100 --home north --api-port 4200 --metrics-port 4300',
      ],
    },
    (command) =>
      command
        .option('--org <name>', 'name of the institution, as the others will see it')
        .option('--listen <addr>', 'where the others reach this node: HOST:PORT or a multiaddr', collect)
        .option(
          '--announce <addr>',
          'for the card instead of --listen, when the others reach it elsewhere',
          collect,
        )
        .option('--home <folder>', 'the folder to make', 'consilium-home')
        .option('--api-port <port>', 'port of the HTTP API, for config.toml')
        .option('--metrics-port <port>', 'port of metrics and probes, for config.toml')
        .option('--passphrase-file <file>', 'put the key files under the passphrase in this file'),
    async (_arguments, { org, listen, announce, home, apiPort, metricsPort, passphraseFile }) => {
      if (org === undefined) throw usage('--org is missing: the name of the institution');
      if (listen === undefined)
        throw usage('--listen is missing: HOST:PORT where the others reach this node');
      const { initHome, parseSettings, systemRandom } = await import('@consilium/node');
      const settings = parseSettings({
        ...(passphraseFile === undefined ? {} : { 'keys.passphrase_file': pathOf(place.io, passphraseFile) }),
        ...(apiPort === undefined ? {} : { 'api.port': apiPort }),
        ...(metricsPort === undefined ? {} : { 'metrics.port': metricsPort }),
      });
      const seal =
        passphraseFile === undefined ? {} : { seal: await sealOf(pathOf(place.io, passphraseFile)) };
      const announced = announce === undefined ? {} : { announce };
      const { paths, card } = await initHome(
        { home, name: org, listen, settings, ...announced, ...seal },
        systemRandom,
      );
      return {
        data: {
          home: paths.home,
          config: paths.config,
          card: paths.validatorCard,
          name: card.name,
          accountKey: card.accountKey,
        },
        lines: [
          ...fields([
            ['home', paths.home],
            ['configuration', paths.config],
            ['hand out', paths.validatorCard],
            ['account key', card.accountKey],
          ]),
          '',
          `Keep ${paths.keys} secret and backed up; without it nobody can act as ${card.name}.`,
        ],
      };
    },
  );

async function sealOf(file: string): Promise<KeySeal> {
  const { checkNewPassphrase, keySealOf, readPassphraseFile } = await import('@consilium/node/setup');
  const passphrase = await readPassphraseFile(file);
  checkNewPassphrase(passphrase);
  return keySealOf(passphrase);
}
