// Owns: `key decrypt`: take key files out of their passphrase: whoever reads them has the keys.
import { addCommand, type Register } from '../command.ts';
import { addKeyFilesOption, type KeyFilesOptions, keyFilesOf, shownFiles } from '../setup/key-files.ts';
import { addPassphraseOption, type PassphraseOption, passphraseOf } from '../setup/passphrase.ts';

interface Options extends PassphraseOption, KeyFilesOptions {}

export const registerKeyDecrypt: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'decrypt [files...]',
      summary: 'take key files out of their passphrase: whoever reads them has the keys',
      examples: [
        'npx consilium key decrypt --home /var/lib/consilium --passphrase-file /etc/consilium/passphrase',
      ],
    },
    (command) => addKeyFilesOption(addPassphraseOption(command)),
    async (files, options) => {
      const { io } = place;
      const paths = await keyFilesOf(io, files, options);
      const { decryptKeyFiles, keySealOf } = await import('@consilium/node/setup');
      return shownFiles(await decryptKeyFiles(paths, keySealOf(await passphraseOf(io, options))), 'plain');
    },
  );
