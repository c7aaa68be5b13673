// Owns: `key change-passphrase`: put key files under another passphrase.
import { addCommand, type Register } from '../command.ts';
import { addKeyFilesOption, type KeyFilesOptions, keyFilesOf, shownFiles } from '../setup/key-files.ts';
import {
  addPassphraseOption,
  newPassphraseOf,
  type PassphraseOption,
  passphraseOf,
} from '../setup/passphrase.ts';

interface Options extends PassphraseOption, KeyFilesOptions {
  readonly newPassphraseFile?: string;
}

export const registerKeyChangePassphrase: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'change-passphrase [files...]',
      summary: 'put key files under another passphrase',
      examples: [
        'npx consilium key change-passphrase --home /var/lib/consilium --passphrase-file old --new-passphrase-file new',
      ],
    },
    (command) =>
      addKeyFilesOption(addPassphraseOption(command)).option(
        '--new-passphrase-file <file>',
        'the next passphrase, in a file for its owner only (else asked at the terminal)',
      ),
    async (files, options) => {
      const { io } = place;
      const paths = await keyFilesOf(io, files, options);
      const { changePassphrase, checkNewPassphrase, keySealOf } = await import('@consilium/node/setup');
      const from = keySealOf(await passphraseOf(io, options));
      const { newPassphraseFile } = options;
      const next = await newPassphraseOf(
        io,
        newPassphraseFile === undefined ? {} : { passphraseFile: newPassphraseFile },
      );
      checkNewPassphrase(next);
      return shownFiles(await changePassphrase(paths, from, keySealOf(next)), 'under the next passphrase');
    },
  );
