// Owns: `key show`: what may be shown of a key file or a wallet; never a secret.
import { addCommand, type Register, type Result } from '../command.ts';
import { fields, table } from '../print/text.ts';
import { findDevnet } from '../setup/devnet-file.ts';
import { type Identity, readIdentity } from '../setup/identity.ts';

interface Options {
  readonly dir?: string;
}

export const registerKeyShow: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'show <name|file>',
      summary: 'show account and public key of a key, or the enrolments of a wallet',
      examples: ['npx consilium key show anna.json'],
    },
    (command) => command.option('--dir <folder>', 'folder of the devnet that knows the name'),
    async ([named = ''], { dir }) =>
      shown(await readIdentity(place.io, named, await findDevnet(place.io, dir))),
  );

function shown(identity: Identity): Result {
  if (identity.type === 'key') {
    const { name, role, account, publicKey } = identity.file;
    return {
      data: { file: identity.path, name, role, account, publicKey },
      lines: fields([
        ['name', name],
        ['role', role],
        ['account', account],
        ['public key', publicKey],
      ]),
    };
  }
  const enrolments = identity.wallet.enrolments.map(({ genesis, institution, account, rotation }) => ({
    genesis,
    institution,
    account,
    rotation,
  }));
  return {
    data: { file: identity.path, role: 'patient', enrolments },
    lines: [
      'wallet of a patient',
      ...table([
        ['INSTITUTION', 'ACCOUNT THERE'],
        ...enrolments.map(({ institution, account }) => [institution, account]),
      ]),
    ],
  };
}
