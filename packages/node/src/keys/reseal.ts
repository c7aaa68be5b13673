// Owns: putting key files under a passphrase, under another one, and out of it. All are opened before the first is replaced,
// and each is replaced whole; what was cut short is ended by the same command once more.
import { ConsiliumError, isConsiliumError } from '@consilium/core';
import {
  formatKeyFile,
  isSealedKey,
  type KeyFile,
  type KeySeal,
  readKeyFile,
  type SealedKeyFile,
} from '@consilium/sealing';
import { replaceFile, SECRET_FILE_MODE } from '../files/atomic-file.ts';
import { readKeyText } from './store.ts';

export interface Resealed {
  readonly file: string;
  readonly role: string;
  readonly changed: boolean;
}

/** Files that are under this passphrase already stay. Throws `PASSPHRASE_WRONG` {file} for one that is under another. */
export async function encryptKeyFiles(files: readonly string[], seal: KeySeal): Promise<readonly Resealed[]> {
  return rewrite(files, async (found) => {
    if (!isSealedKey(found)) return seal.seal(found);
    await seal.open(found);
    return found;
  });
}

/** Throws `KEY_FILE_PLAIN` {file} when none is under a passphrase, `PASSPHRASE_WRONG` {file}. */
export async function decryptKeyFiles(files: readonly string[], seal: KeySeal): Promise<readonly Resealed[]> {
  return rewrite(files, async (found) => (isSealedKey(found) ? seal.open(found) : found), 'KEY_FILE_PLAIN');
}

/** A file that the next passphrase opens was changed before. Throws as `decryptKeyFiles`. */
export async function changePassphrase(
  files: readonly string[],
  from: KeySeal,
  to: KeySeal,
): Promise<readonly Resealed[]> {
  const change = async (found: KeyFile | SealedKeyFile): Promise<KeyFile | SealedKeyFile> => {
    if (!isSealedKey(found)) throw new ConsiliumError('KEY_FILE_PLAIN');
    const opened = await openIfRight(from, found);
    if (opened !== undefined) return to.seal(opened);
    await to.open(found);
    return found;
  };
  return rewrite(files, change);
}

async function openIfRight(seal: KeySeal, file: SealedKeyFile): Promise<KeyFile | undefined> {
  try {
    return await seal.open(file);
  } catch (error) {
    if (isConsiliumError(error, 'PASSPHRASE_WRONG')) return undefined;
    throw error;
  }
}

type Change = (found: KeyFile | SealedKeyFile) => Promise<KeyFile | SealedKeyFile>;

async function rewrite(
  files: readonly string[],
  change: Change,
  unlessAny?: 'KEY_FILE_PLAIN',
): Promise<readonly Resealed[]> {
  const planned = [];
  for (const file of files) planned.push(await naming(file, () => planOf(file, change)));
  const [first] = files;
  if (unlessAny !== undefined && first !== undefined && !planned.some(({ changed }) => changed))
    throw new ConsiliumError(unlessAny, { file: first });
  for (const { file, changed, content } of planned)
    if (changed) await replaceFile(file, content, SECRET_FILE_MODE);
  return planned.map(({ file, role, changed }) => ({ file, role, changed }));
}

async function planOf(file: string, change: Change): Promise<Resealed & { readonly content: string }> {
  const found = readKeyFile(await readKeyText(file));
  const next = await change(found);
  return { file, role: found.role, changed: next !== found, content: formatKeyFile(next) };
}

async function naming<T>(file: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw isConsiliumError(error) ? new ConsiliumError(error.code, { file, ...error.data }) : error;
  }
}
