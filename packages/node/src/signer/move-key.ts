// Owns: moving the validator's key and the signing record out of a node's home into one of their own, so that at no moment
// two homes could sign. Does not own: signing with them.
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ConsiliumError, genesisToJson } from '@consilium/core';
import { verifySodium } from '../crypto/ed25519-sodium.ts';
import {
  createFile,
  PUBLIC_FILE_MODE,
  readSmallFile,
  replaceFile,
  SECRET_FILE_MODE,
} from '../files/atomic-file.ts';
import { diskError } from '../files/errors.ts';
import { type HomePaths, homePaths, makeHomeFolders, openHome } from '../files/home.ts';
import { syncFolder } from '../files/plain-file.ts';
import { keyFileFromText } from '../keys/key-file.ts';
import { readKeyText } from '../keys/store.ts';
import { SIGNING_SLOT_BYTES } from '../limits.ts';
import { SIGNING_RECORD_FILE } from '../replica/open.ts';
import { readGenesis } from '../setup/genesis.ts';

export interface MoveOptions {
  /** Home of a node that is stopped. */
  readonly from: string;
  /** Folder to make. */
  readonly home: string;
  /** When the node has none yet. */
  readonly genesisFile?: string;
}

/** The key while it is on its way: nobody signs with a file of this name. */
const MOVING = 'validator.json.moving';

/**
 * In this order: record, genesis and marker stand in the new home; the key leaves the old one; it stands in the new one;
 * the old record goes. Cut short, the same call ends it. Throws `STORE_LOCKED` while the node runs, `FILE_EXISTS` when
 * the new home has a key, `KEY_FILE_MISSING`, `FILE_MISSING` without a genesis.
 */
export async function moveKeyToSigner({ from, home, genesisFile }: MoveOptions): Promise<HomePaths> {
  const to = homePaths(home);
  if (existsSync(to.validatorKey)) throw new ConsiliumError('FILE_EXISTS', { file: to.validatorKey });
  await using source = await openHome(from);
  const { paths } = source;
  const genesis = await readGenesis(genesisFile ?? paths.genesis, verifySodium);
  const moving = join(paths.keys, MOVING);
  const key = await readKeyText(existsSync(moving) ? moving : paths.validatorKey);
  keyFileFromText(key, 'validator', paths.validatorKey);
  try {
    await makeHomeFolders(to);
    await replaceFile(to.genesis, genesisToJson(genesis), PUBLIC_FILE_MODE);
    await carryRecord(paths, to);
    if (!existsSync(moving)) await rename(paths.validatorKey, moving);
    await syncFolder(paths.keys);
    await createFile(to.validatorKey, key, SECRET_FILE_MODE);
    for (const left of [moving, join(paths.state, SIGNING_RECORD_FILE), paths.unsigned])
      await rm(left, { force: true });
    for (const folder of [paths.keys, paths.state]) await syncFolder(folder);
  } catch (error) {
    throw diskError(error, to.home);
  }
  return to;
}

/** As it is: only whoever made the move twice finds it gone. A home without one has none to carry, and the signer watches. */
async function carryRecord(from: HomePaths, to: HomePaths): Promise<void> {
  const record = join(from.state, SIGNING_RECORD_FILE);
  if (existsSync(record)) {
    const { bytes } = await readSmallFile(record, 2 * SIGNING_SLOT_BYTES);
    await replaceFile(join(to.state, SIGNING_RECORD_FILE), bytes, SECRET_FILE_MODE);
  } else if (existsSync(from.unsigned)) {
    await createMarker(to.unsigned);
  }
}

async function createMarker(path: string): Promise<void> {
  await replaceFile(path, 'These keys have signed nothing yet.\n', PUBLIC_FILE_MODE);
}
