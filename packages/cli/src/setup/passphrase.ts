// Owns: from where a command takes a passphrase: a file that only its owner can read, else the terminal. Does not own: what
// a passphrase opens (@consilium/sealing).
import { ConsiliumError } from '@consilium/sdk';
import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { checkOwnerOnly, pathOf, readBytes } from './files.ts';

export interface PassphraseOption {
  readonly passphraseFile?: string;
}

export function addPassphraseOption(command: Command, what = 'the key file'): Command {
  return command.option(
    '--passphrase-file <file>',
    `passphrase of ${what}, in a file for its owner only (else CONSILIUM_PASSPHRASE_FILE, else asked at the terminal)`,
  );
}

/** Throws `KEY_FILE_ENCRYPTED` when no file is named and nobody is at a terminal, `KEY_FILE_MODE`, `FILE_MISSING`. */
export async function passphraseOf(io: Io, { passphraseFile }: PassphraseOption): Promise<Uint8Array> {
  const named = passphraseFile ?? io.env['CONSILIUM_PASSPHRASE_FILE'] ?? '';
  if (named !== '') return readPassphrase(pathOf(io, named));
  if (io.askSecret === undefined) throw new ConsiliumError('KEY_FILE_ENCRYPTED');
  return io.askSecret('Passphrase: ');
}

/** Typed twice at the terminal: nobody sees what they type. Throws `PASSPHRASE_INVALID` {rule} when the two differ. */
export async function newPassphraseOf(io: Io, { passphraseFile }: PassphraseOption): Promise<Uint8Array> {
  if (passphraseFile !== undefined) return readPassphrase(pathOf(io, passphraseFile));
  if (io.askSecret === undefined) throw new ConsiliumError('KEY_FILE_ENCRYPTED');
  const first = await io.askSecret('New passphrase: ');
  const second = await io.askSecret('The same once more: ');
  const isSame = first.length === second.length && first.every((byte, index) => byte === second[index]);
  second.fill(0);
  if (!isSame) throw new ConsiliumError('PASSPHRASE_INVALID', { rule: 'typed differently' });
  return first;
}

/** The content without one line end. */
async function readPassphrase(path: string): Promise<Uint8Array> {
  const bytes = await readBytes(path);
  await checkOwnerOnly(path);
  if (bytes.at(-1) !== 0x0a) return bytes;
  return bytes.subarray(0, bytes.at(-2) === 0x0d ? -2 : -1);
}
