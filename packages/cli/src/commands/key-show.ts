// Owns: `key show`: what may be shown of a key file or a wallet; never a secret.
import { fingerprintOf } from '@consilium/core';
import { addCommand, type Register, type Result } from '../command.ts';
import { fields, table } from '../print/text.ts';
import { findDevnet } from '../setup/devnet-file.ts';
import { type Identity, readIdentity, type SealedIdentity } from '../setup/identity.ts';

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

function shown(identity: Identity | SealedIdentity): Result {
  if (identity.type !== 'wallet') {
    const { name, role, account, publicKey } = identity.file;
    const encrypted = identity.type === 'sealed';
    return {
      data: { file: identity.path, name, role, account, publicKey, encrypted },
      lines: fields([
        ['name', name],
        ['role', role],
        ['account', account],
        ['public key', publicKey],
        ['fingerprint', fingerprintOf(publicKey)],
        ['passphrase', encrypted ? 'needed' : 'none'],
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
