import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cardToJson } from '@consilium/core';
import { expect, test } from 'vitest';
import { hospital } from '../../../core/test/kit/chain.ts';
import { readIntroductions } from '../../src/daemon/read-introductions.ts';
import { INTRODUCTIONS_MAX } from '../../src/limits.ts';
import { withIntroductions } from '../../src/net/introductions.ts';
import type { NodeNet } from '../../src/net/net.ts';
import type { AdmittedPeer } from '../../src/ports.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const [founder, member, newcomer] = ['Aare', 'Sihl', 'Emme'].map((name) => hospital(name)) as [
  ReturnType<typeof hospital>,
  ReturnType<typeof hospital>,
  ReturnType<typeof hospital>,
];
const peerOf = ({ id, card }: typeof founder): AdmittedPeer => ({
  institution: id,
  networkKey: card.networkKey,
  addresses: card.addresses,
});

test('A newcomer lets in whom its operator introduces, until its own ledger knows it.', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'sihl.json'), cardToJson(member.card));
  await writeFile(join(folder, 'readme.txt'), 'not a card');
  const admitted: string[][] = [];
  const bare = {
    admit: (peers: readonly AdmittedPeer[]) => admitted.push(peers.map(({ institution }) => institution)),
  };
  const net = withIntroductions(bare as unknown as NodeNet, newcomer.id, await readIntroductions(folder));
  net.admit([peerOf(founder)]);
  net.admit([peerOf(founder), peerOf(member)]);
  net.admit([peerOf(founder), peerOf(newcomer)]);
  expect(admitted).toEqual([
    [founder.id, member.id],
    [founder.id, member.id],
    [founder.id, newcomer.id],
  ]);
});

test('Without a folder of introductions there are none; what is no card, and too many, are refused.', async () => {
  const folder = await temporaryFolder();
  expect(await readIntroductions(join(folder, 'nothing'))).toEqual([]);
  const forged = join(folder, 'forged');
  await mkdir(forged);
  await writeFile(join(forged, 'a.json'), cardToJson({ ...member.card, name: 'Somebody else' }));
  await expect(readIntroductions(forged)).rejects.toMatchObject({ code: 'CARD_INVALID' });
  const many = join(folder, 'many');
  await mkdir(many);
  for (let index = 0; index <= INTRODUCTIONS_MAX; index += 1)
    await writeFile(join(many, `${index}.json`), cardToJson(member.card));
  await expect(readIntroductions(many)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
});
