import { cp, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { doubtCopiedRecord } from '../../src/daemon/home-copy.ts';
import { createDisk } from '../../src/files/disk.ts';
import { homePaths } from '../../src/files/home-paths.ts';
import { SIGNING_RECORD_FILE } from '../../src/replica/open.ts';
import { initialiseRecordFile } from '../../src/signing/record-file.ts';

const OWNER = { genesis: '11'.repeat(32), validator: '22'.repeat(32) } as const;

test('A signing record that was copied is put in doubt; one that is written anew after the old one was lost is not', async () => {
  const home = await mkdtemp(join(tmpdir(), 'consilium-copy-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const paths = homePaths(home);
  await mkdir(paths.state);
  const record = join(paths.state, SIGNING_RECORD_FILE);

  expect([await written(), await start(), await start()]).toEqual([undefined, [], []]);
  await rename(record, `${record}.lost`);
  expect([await start(), await written(), await start(), await start()]).toEqual([[], undefined, [], []]);
  await cp(record, `${record}.copy`);
  await rename(`${record}.copy`, record);
  expect([await start(), await start()]).toEqual([['signing.record.copied'], []]);

  async function start(): Promise<string[]> {
    const codes: string[] = [];
    await using disk = createDisk(paths.state);
    await doubtCopiedRecord({ paths, disk, report: ({ code }) => codes.push(code) }, OWNER);
    return codes.filter((code) => code !== 'signing.record.imported');
  }

  async function written(): Promise<void> {
    await using disk = createDisk(paths.state);
    await new Promise<void>((resolve, reject) => {
      initialiseRecordFile(disk, { ...OWNER, name: SIGNING_RECORD_FILE }, (error) =>
        error === undefined ? resolve() : reject(error),
      );
    });
  }
});
