// Owns: where the passphrase of key files comes from: a file that only its owner can read, or somebody who is asked. Never
// an argument or a value of the environment, which others on the machine can see.
import { dirname, resolve } from 'node:path';
import { ConsiliumError, isConsiliumError } from '@consilium/core';
import { createKeySeal, type KeyFile, type KeySeal, type SealedKeyFile } from '@consilium/sealing';
import { scryptNative } from '../crypto/scrypt-native.ts';
import { systemRandom } from '../crypto/system-random.ts';
import { readSmallFile } from '../files/atomic-file.ts';
import { PASSPHRASE_FILE_BYTES_MAX } from '../limits.ts';

/** Opens a key file that is under a passphrase. Throws `PASSPHRASE_WRONG`, `KEY_FILE_ENCRYPTED` when nobody can be asked. */
export type Unlock = (file: SealedKeyFile) => Promise<KeyFile>;

export interface PassphraseSource {
  /** Goes before asking. */
  readonly file?: string | undefined;
  /** Folder of systemd's credentials of this service (`CREDENTIALS_DIRECTORY`). */
  readonly credentials?: string | undefined;
  /** undefined: nobody is at a terminal. */
  readonly ask?: (() => Promise<Uint8Array>) | undefined;
}

export interface Unlocker {
  readonly unlock: Unlock;
  /** Overwrites the passphrase. */
  forget(): void;
}

/** Reads or asks once, when the first file under a passphrase is met. */
export function createUnlocker(source: PassphraseSource): Unlocker {
  let seal: Promise<KeySeal> | undefined;
  return {
    unlock: async (file) => {
      seal ??= passphraseOf(source).then(keySealOf);
      return (await seal).open(file);
    },
    forget: () => {
      void seal?.then(
        (known) => known.forget(),
        () => undefined,
      );
    },
  };
}

/** With the fast engine of this machine, and its randomness. */
export function keySealOf(passphrase: Uint8Array): KeySeal {
  return createKeySeal(passphrase, (length) => systemRandom.bytes(length), { scrypt: scryptNative });
}

/** Throws `KEY_FILE_ENCRYPTED` when there is neither a file nor somebody to ask, and as `readPassphraseFile`. */
async function passphraseOf({ file, credentials, ask }: PassphraseSource): Promise<Uint8Array> {
  if (file !== undefined) return readPassphraseFile(file, credentials);
  if (ask === undefined) throw new ConsiliumError('KEY_FILE_ENCRYPTED');
  return ask();
}

/**
 * The content without one line end. Throws `FILE_MISSING`, `KEY_FILE_MODE` when others can read it, `PASSPHRASE_INVALID`
 * {file, rule}.
 */
export async function readPassphraseFile(path: string, credentials?: string): Promise<Uint8Array> {
  const { bytes, mode } = await readBounded(path);
  // systemd gives a service its credential by an access list, whose mask shows as the group's right to read.
  const isCredential = credentials !== undefined && dirname(resolve(path)) === resolve(credentials);
  if ((mode & (isCredential ? 0o037 : 0o077)) !== 0)
    throw new ConsiliumError('KEY_FILE_MODE', { file: path, mode: mode.toString(8).padStart(4, '0') });
  const passphrase = withoutLineEnd(bytes);
  if (passphrase.length === 0) throw new ConsiliumError('PASSPHRASE_INVALID', { file: path, rule: 'empty' });
  return passphrase;
}

async function readBounded(path: string): ReturnType<typeof readSmallFile> {
  try {
    return await readSmallFile(path, PASSPHRASE_FILE_BYTES_MAX);
  } catch (error) {
    if (!isConsiliumError(error, 'FILE_TOO_LARGE')) throw error;
    throw new ConsiliumError('PASSPHRASE_INVALID', { file: path, rule: 'too long' });
  }
}

function withoutLineEnd(bytes: Uint8Array): Uint8Array {
  const end = bytes.at(-1) === 0x0a ? (bytes.at(-2) === 0x0d ? -2 : -1) : bytes.length;
  return bytes.slice(0, end);
}
