// Owns: a rotation as a home prepares it: new keys laid beside the old ones, and the card that the others vote on. Does not
// own: the vote, when a running node takes which key (daemon/held-keys.ts).
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConsiliumError, cardFromJson, cardToJson, type ValidatorCard } from '@consilium/core';
import type { KeySeal } from '@consilium/sealing';
import { verifySodium } from '../crypto/ed25519-sodium.ts';
import { createFile, PUBLIC_FILE_MODE, readSmallFile } from '../files/atomic-file.ts';
import { checkHome, homePaths } from '../files/home.ts';
import { type NodeKey, secretOfSeed } from '../keys/key-file.ts';
import type { RotatingRole } from '../keys/next-keys.ts';
import { readNodeKeys, writeKeyFile } from '../keys/store.ts';
import { CARD_FILE_BYTES_MAX } from '../limits.ts';
import type { Random } from '../ports.ts';
import { cardOf } from './init.ts';

export interface Rotation {
  readonly card: ValidatorCard;
  readonly file: string;
}

/**
 * Throws `FILE_EXISTS` {file} when a rotation is prepared already, and what reading the home's keys throws. `seal`: of key
 * files under a passphrase; it opens the old ones and closes the new ones.
 */
export async function prepareRotation(
  folder: string,
  roles: readonly RotatingRole[],
  random: Random,
  seal?: KeySeal,
): Promise<Rotation> {
  const paths = homePaths(folder);
  await checkHome(paths);
  const unlock = seal === undefined ? undefined : (file: Parameters<KeySeal['open']>[0]) => seal.open(file);
  const keys = await readNodeKeys(paths, unlock);
  const bytes = await readSmallFile(paths.validatorCard, CARD_FILE_BYTES_MAX);
  const { addresses } = cardFromJson(new TextDecoder().decode(bytes.bytes), verifySodium);
  const next = { ...keys };
  for (const role of roles) {
    const fresh: NodeKey = {
      ...keys[role],
      secret: secretOfSeed(role, random.bytes(32)),
      development: false,
    };
    await mkdir(dirname(paths.nextKeys[role]), { recursive: true, mode: 0o700 });
    await writeKeyFile(paths.nextKeys[role], fresh, seal);
    next[role] = fresh;
  }
  if (roles.length === 0) throw new ConsiliumError('USAGE_INVALID', { option: '--rotate' });
  const card = cardOf(next, addresses);
  await createFile(paths.nextCard, cardToJson(card), PUBLIC_FILE_MODE);
  return { card, file: paths.nextCard };
}
