// Owns: the cards of hospitals that the operator of a newcomer laid into its home. Does not own: what they are good for
// (net/introductions.ts).
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { accountIdOf, ConsiliumError, cardFromJson } from '@consilium/core';
import { verifySodium } from '../crypto/ed25519-sodium.ts';
import { readSmallFile } from '../files/atomic-file.ts';
import { diskError, errnoOf } from '../files/errors.ts';
import { CARD_FILE_BYTES_MAX, INTRODUCTIONS_MAX } from '../limits.ts';
import type { AdmittedPeer } from '../ports.ts';

/** None where there is no such folder. Throws `CARD_INVALID`, `FILE_TOO_LARGE`, `CONFIG_INVALID` when there are too many. */
export async function readIntroductions(folder: string): Promise<readonly AdmittedPeer[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return [];
    throw diskError(error, folder);
  });
  const files = names.filter((name) => name.endsWith('.json')).sort();
  if (files.length > INTRODUCTIONS_MAX)
    throw new ConsiliumError('CONFIG_INVALID', { folder, max: INTRODUCTIONS_MAX });
  return Promise.all(files.map((name) => introductionOf(join(folder, name))));
}

async function introductionOf(file: string): Promise<AdmittedPeer> {
  const { bytes } = await readSmallFile(file, CARD_FILE_BYTES_MAX);
  const { accountKey, networkKey, addresses } = cardFromJson(new TextDecoder().decode(bytes), verifySodium);
  return { institution: accountIdOf(accountKey), networkKey, addresses };
}
