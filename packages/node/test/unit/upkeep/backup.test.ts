import { cp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { genesisHash, type Hex32 } from '@consilium/core';
import { describe, expect, test } from 'vitest';
import { type RunningNode, startNode } from '../../../src/daemon/start-node.ts';
import { readTip } from '../../../src/replica/chain.ts';
import { backupHome, makeBackup } from '../../../src/upkeep/make-backup.ts';
import { restoreBackup } from '../../../src/upkeep/restore-backup.ts';
import { verifyBackup } from '../../../src/upkeep/verify-backup.ts';
import { openVault } from '../../../src/vault/vault.ts';
import { verifyHome } from '../../../src/verify/verify-home.ts';
import { freePorts } from '../../e2e/support/ports.ts';
import { until } from '../../e2e/support/waiting.ts';
import { fillVault, type LoneHome, makeLoneHome, runLone } from '../../support/filled-home.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

interface Backed extends LoneHome {
  readonly folder: string;
  readonly out: string;
  readonly height: number;
}

/** A home with a chain and blobs that goes on while a backup is made of it. */
async function backedUp(): Promise<Backed> {
  const folder = await temporaryFolder();
  const lone = await makeLoneHome(folder);
  const out = join(folder, 'backup');
  await using node = await runLone(lone);
  for (let block = 0; block < 5; block += 1) await node.commit(3);
  await fillVault(node);
  const { store, paths } = node.home;
  const vault = await openVault(paths.vault, store, () => undefined);
  using snapshot = store.snapshot();
  const height = readTip(snapshot)?.height ?? 0;
  await node.commit(3);
  const readBlob = (id: Hex32): Promise<Uint8Array | undefined> =>
    new Promise((done) => vault.read(id, done));
  const genesis = genesisHash(lone.genesis);
  const report = await makeBackup({ paths, genesis, snapshot, readBlob, nowMs: () => 0 }, out);
  expect(report).toMatchObject({ out, height, blobs: 2 });
  await vault.close();
  return { ...lone, folder, out, height };
}

async function start({ paths }: LoneHome): Promise<RunningNode> {
  const [p2p = 0] = await freePorts(1);
  const listen = { 'p2p.listen': `/ip4/127.0.0.1/tcp/${p2p}`, 'api.port': '0', 'metrics.port': '0' };
  return startNode({ home: paths.home, environment: {}, flags: { ...listen, 'log.file': '/dev/null' } });
}

async function signingOf(node: RunningNode): Promise<string> {
  const answer = await fetch(`${node.apiUrl}/v1/status`);
  return ((await answer.json()) as { signing: string }).signing;
}

async function reasonsOf(node: RunningNode): Promise<string> {
  return (await fetch(`${node.metricsUrl}/readyz`)).text();
}

describe('a backup', () => {
  test('of a node at work is of one moment, holds no key and no signing record, and is whole', async () => {
    const { out, height, paths } = await backedUp();
    expect(await verifyBackup(out)).toMatchObject({ whole: true, height, blobs: 2 });
    const names = (await readdir(out)).sort();
    expect(names).toEqual([
      'blobs-000001.bin',
      'config.toml',
      'genesis.json',
      'manifest.json',
      'rows-000001.bin',
      'validator.json',
    ]);
    const { seed } = JSON.parse(await readFile(paths.validatorKey, 'utf8')) as { seed: string };
    for (const name of names) {
      const content = await readFile(join(out, name));
      expect(content.includes(seed) || content.includes(Buffer.from(seed, 'hex'))).toBe(false);
    }
    await expect(backupHome(paths.home, out)).rejects.toMatchObject({ code: 'FILE_EXISTS' });
  });

  test('with a flipped byte in any of its files is noticed, named, and not restored', async () => {
    const { out, folder } = await backedUp();
    for (const name of await readdir(out)) {
      const copy = join(folder, 'copy');
      await cp(out, copy, { recursive: true });
      const content = await readFile(join(copy, name));
      const middle = content.length >> 1;
      content[middle] = (content[middle] ?? 0) ^ 4;
      await writeFile(join(copy, name), content);
      const { whole, damaged } = await verifyBackup(copy);
      expect(whole, name).toBe(false);
      expect(damaged[0]?.file === name || name === 'manifest.json', name).toBe(true);
      await expect(restoreBackup(copy, join(folder, 'other'))).rejects.toMatchObject({
        code: 'BACKUP_DAMAGED',
      });
      await rm(copy, { recursive: true });
    }
  });

  test('of another version is refused, and none is restored over a chain', async () => {
    const { out, paths } = await backedUp();
    await expect(restoreBackup(out, paths.home)).rejects.toMatchObject({ code: 'FILE_EXISTS' });
    const file = join(out, 'manifest.json');
    await writeFile(file, (await readFile(file, 'utf8')).replace('"version": 1', '"version": 9'));
    await expect(verifyBackup(out)).rejects.toMatchObject({
      code: 'BACKUP_VERSION',
      data: { found: 9, known: 1 },
    });
  });

  test("Yesterday's backup restored: refuses to vote until safe", { timeout: 60_000 }, async () => {
    const backed = await backedUp();
    const { paths, out, height } = backed;
    // The machine is lost; the keys are on paper. The mark of unused keys stands for a home that was made to hold them.
    await rm(paths.data, { recursive: true });
    await rm(paths.state, { recursive: true });
    await rm(paths.vault, { recursive: true });
    const report = await restoreBackup(out, paths.home);
    expect(report).toMatchObject({ height, blobs: 2 });
    expect(await verifyHome(paths.home)).toMatchObject({ whole: true, height, looked: { blobs: 2 } });
    const node = await start(backed);
    expect(await signingOf(node)).toBe('observing');
    expect(await reasonsOf(node)).toContain('NOT_SIGNING');
    await node.stop();
  });

  test('brought into a home whose keys are marked as new takes that mark away', async () => {
    const { paths, out } = await backedUp();
    await rm(paths.data, { recursive: true });
    await rm(paths.state, { recursive: true });
    await restoreBackup(out, paths.home).catch(() => undefined);
    expect(await readdir(paths.state)).not.toContain('never-signed');
  });
});

describe('a whole home of yesterday', () => {
  test("Yesterday's backup restored: refuses to vote until safe (a copy of the whole home)", {
    timeout: 60_000,
  }, async () => {
    const folder = await temporaryFolder();
    const lone = await makeLoneHome(folder);
    const first = await start(lone);
    await until('it votes', async () => (await signingOf(first)) === 'signing');
    await first.stop();
    const yesterday = join(folder, 'yesterday');
    await cp(lone.paths.home, yesterday, { recursive: true });
    await using goesOn = await runLone(lone);
    await goesOn.commit();
    await goesOn[Symbol.asyncDispose]();
    // The same home votes at once, however often it is started.
    const again = await start(lone);
    expect(await signingOf(again)).toBe('signing');
    await again.stop();

    await rename(lone.paths.home, join(folder, 'today'));
    await rename(yesterday, lone.paths.home);
    for (let starts = 0; starts < 2; starts += 1) {
      const restored = await start(lone);
      expect(await signingOf(restored)).toBe('observing');
      expect(await reasonsOf(restored)).toContain('NOT_SIGNING');
      await restored.stop();
    }
  });
});
