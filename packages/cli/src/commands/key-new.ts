// Owns: `key new`: a new key file, or a patient's wallet with its seed phrase.

import { secretKeyFromSeed } from '@consilium/core';
import {
  createKeyFile,
  createWallet,
  formatKeyFile,
  formatWallet,
  type KeyFile,
  type PatientWallet,
  walletOfPhrase,
} from '@consilium/sdk';
import { addCommand, type Register, type Result } from '../command.ts';
import type { Io } from '../io.ts';
import { fields } from '../print/text.ts';
import { pathOf, SECRET_MODE, writeNew } from '../setup/files.ts';
import { usage } from '../usage.ts';

interface Options {
  readonly role: string;
  readonly name?: string;
  readonly phrase?: boolean;
}

const ROLES = ['clinician', 'institution', 'patient'];

export const registerKeyNew: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'new <file>',
      summary: "make a key file, or a patient's wallet, readable by its owner only",
      examples: [
        'npx consilium key new anna.json --role patient',
        'npx consilium key new keller.json --role clinician --name keller',
        'npx consilium key new anna.json --role patient --phrase < phrase.txt',
      ],
    },
    (command) =>
      command
        .option('--role <role>', ROLES.join(', '), 'clinician')
        .option('--name <name>', 'what you call it (default: the name of the file)')
        .option('--phrase', "a patient's wallet from the seed phrase on standard input"),
    async ([file = ''], options) => {
      if (!ROLES.includes(options.role)) throw usage(`--role is one of ${ROLES.join(', ')}`);
      const path = pathOf(place.io, file);
      if (options.role === 'patient') return newWallet(place.io, path, options.phrase === true);
      if (options.phrase === true) throw usage("--phrase makes a patient's wallet: add --role patient");
      const name = options.name ?? baseName(path);
      const key = secretKeyFromSeed(crypto.getRandomValues(new Uint8Array(32)));
      return newKeyFile(path, createKeyFile(name, options.role, key));
    },
  );

async function newKeyFile(path: string, key: KeyFile): Promise<Result> {
  await writeNew(path, formatKeyFile(key), SECRET_MODE);
  const { name, role, account, publicKey } = key;
  return {
    data: { file: path, name, role, account, publicKey },
    lines: fields([
      ['file', path],
      ['role', role],
      ['account', account],
      ['public key', publicKey],
    ]),
  };
}

async function newWallet(io: Io, path: string, fromPhrase: boolean): Promise<Result> {
  const wallet = fromPhrase ? walletOfPhrase(await io.readInput()) : newRandomWallet();
  await writeNew(path, formatWallet(wallet), SECRET_MODE);
  const advice = fromPhrase
    ? []
    : ['write these words down, in this order, and keep them apart from the file:'];
  return {
    data: { file: path, role: 'patient', enrolments: 0 },
    lines: [...fields([['file', path]]), ...advice, ...(fromPhrase ? [] : [`  ${wallet.phrase}`])],
  };
}

function newRandomWallet(): PatientWallet {
  return createWallet((length) => crypto.getRandomValues(new Uint8Array(length)));
}

function baseName(path: string): string {
  return (path.split(/[/\\]/).at(-1) ?? '').replace(/\.[^.]*$/, '');
}
