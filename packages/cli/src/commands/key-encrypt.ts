// Owns: `key encrypt`: put key files under a passphrase (scrypt, AES-256-GCM).
import { addCommand, type Register } from '../command.ts';
import { addKeyFilesOption, type KeyFilesOptions, keyFilesOf, shownFiles } from '../setup/key-files.ts';
import { addPassphraseOption, newPassphraseOf, type PassphraseOption } from '../setup/passphrase.ts';

interface Options extends PassphraseOption, KeyFilesOptions {}

export const registerKeyEncrypt: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'encrypt [files...]',
      summary: 'put key files under a passphrase (scrypt, AES-256-GCM)',
      examples: [
        'npx consilium key encrypt --home /var/lib/consilium --passphrase-file /etc/consilium/passphrase',
        'npx consilium key encrypt keller.json',
      ],
    },
    (command) => addKeyFilesOption(addPassphraseOption(command)),
    async (files, options) => {
      const { io } = place;
      const paths = await keyFilesOf(io, files, options);
      const { checkNewPassphrase, encryptKeyFiles, keySealOf } = await import('@consilium/node/setup');
      const passphrase = await newPassphraseOf(io, options);
      checkNewPassphrase(passphrase);
      return shownFiles(await encryptKeyFiles(paths, keySealOf(passphrase)), 'under the passphrase');
    },
  );
