import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { genesisHash } from '@consilium/core';
import { describe, expect, test } from 'vitest';
import { createSodiumSigner, verifySodium } from '../../../src/crypto/ed25519-sodium.ts';
import { systemRandom } from '../../../src/crypto/system-random.ts';
import { type HomePaths, openHome } from '../../../src/files/home.ts';
import { readNodeKeys } from '../../../src/keys/store.ts';
import { SIGNING_RECORD_FILE } from '../../../src/replica/open.ts';
import { createGenesisFile, readGenesis } from '../../../src/setup/genesis.ts';
import { initHome } from '../../../src/setup/init.ts';
import {
  exportSigningHistory,
  importSigningHistory,
  showSigningHistory,
} from '../../../src/setup/signing-history.ts';
import { initialiseRecordFile } from '../../../src/signing/record-file.ts';
import { createSigner } from '../../../src/signing/signer.ts';
import { refusalOf } from '../support/refusals.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

async function homeOfOne(name = 'Nord'): Promise<HomePaths> {
  const home = join(await temporaryFolder(), 'home');
  const { paths } = await initHome({ home, name, listen: ['127.0.0.1:4100'] }, systemRandom);
  await createGenesisFile({ chainId: 'one', cards: [paths.validatorCard], out: paths.genesis }, verifySodium);
  return paths;
}

/** As the daemon of this home would. */
async function sign(paths: HomePaths, height: number): Promise<void> {
  await using home = await openHome(paths.home);
  const { validator } = await readNodeKeys(paths);
  const genesis = genesisHash(await readGenesis(paths.genesis, verifySodium));
  const options = { name: SIGNING_RECORD_FILE, genesis, validator: validator.account };
  if (home.disk.read(SIGNING_RECORD_FILE) === undefined)
    await new Promise<void>((done) => initialiseRecordFile(home.disk, options, () => done()));
  const signBytes = createSodiumSigner(validator.secret);
  const signer = createSigner({ disk: home.disk, report: () => undefined, signBytes }, options);
  const request = { height, round: 0, kind: 'prevote', payload: new Uint8Array(32) } as const;
  await new Promise((done) => signer.sign(request, false, done));
}

describe('signing-history export and import', () => {
  test('carries what was signed to a home that lost its record, which is in doubt there', async () => {
    const paths = await homeOfOne();
    await sign(paths, 7);
    expect(await showSigningHistory(paths.home)).toMatchObject({ status: 'whole', record: { height: 7 } });
    const json = await exportSigningHistory(paths.home);
    await rm(paths.state, { recursive: true });
    expect(await showSigningHistory(paths.home)).toMatchObject({ status: 'missing', record: { height: 0 } });
    expect(await importSigningHistory(paths.home, json)).toMatchObject({
      ...{ status: 'imported', record: { height: 7, kind: 'prevote' } },
    });
  });

  test('never goes back, and takes nothing of another validator or network', async () => {
    const paths = await homeOfOne();
    await sign(paths, 7);
    const older = await exportSigningHistory(paths.home);
    await sign(paths, 8);
    expect(await refusalOf(() => importSigningHistory(paths.home, older))).toMatchObject({
      code: 'SIGNING_RECORD_INVALID',
      data: { reason: 'backwards', height: 8 },
    });
    const other = await homeOfOne('Ost');
    expect(await refusalOf(() => importSigningHistory(other.home, older))).toMatchObject({
      code: 'SIGNING_RECORD_INVALID',
      data: { reason: 'owner' },
    });
    expect(await showSigningHistory(paths.home)).toMatchObject({ status: 'whole', record: { height: 8 } });
  });

  test('refuses while the node runs; what it has signed can be looked at', async () => {
    const paths = await homeOfOne();
    await sign(paths, 7);
    const json = await exportSigningHistory(paths.home);
    await using running = await openHome(paths.home);
    expect((await refusalOf(() => exportSigningHistory(running.paths.home))).code).toBe('STORE_LOCKED');
    expect((await refusalOf(() => importSigningHistory(paths.home, json))).code).toBe('STORE_LOCKED');
    expect(await showSigningHistory(paths.home)).toMatchObject({ status: 'whole', record: { height: 7 } });
  });
});
