import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { isConsiliumError } from '@consilium/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { beginFolder, finishFolder, writeChunkFile } from '../../../src/snapshots/files.ts';
import { repairHome } from '../../../src/upkeep/repair-home.ts';
import { verifyHome } from '../../../src/verify/verify-home.ts';
import { fillVault, type LoneHome, makeLoneHome, runLone } from '../../support/filled-home.ts';

let folder: string;
let filled: LoneHome;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-flips-'));
  filled = await makeLoneHome(folder);
  {
    await using node = await runLone(filled);
    for (let block = 0; block < 5; block += 1) await node.commit(3);
    await fillVault(node);
    const { snapshots } = filled.paths;
    const made = await beginFolder(snapshots);
    await writeChunkFile(made, 0, new Uint8Array(500));
    await finishFolder(snapshots, made, 3, new Uint8Array(100));
  }
  // Opening again moves the log of the store into a table file; a block more fills a log.
  await using node = await runLone(filled);
  for (let block = 0; block < 4; block += 1) await node.commit(3);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function filesIn(home: string, kind: RegExp): Promise<readonly string[]> {
  const entries = await readdir(home, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(home, join(entry.parentPath, entry.name)))
    .filter((name) => kind.test(name));
}

/** Whose flipped byte is noticed wherever it is; `places`: parts of the file's length. */
const KINDS: readonly {
  readonly what: string;
  readonly file: RegExp;
  readonly places: readonly number[];
  readonly part: string;
  /** What of the report names it, when not the file itself. */
  readonly named?: string;
  readonly mended: 'aside' | 'dropped' | 'log aside' | 'left' | 'untouched' | 'removed';
}[] = [
  { what: 'a table of LevelDB', file: /\.ldb$/, places: [0, 0.3, 0.9], part: 'store-file', mended: 'aside' },
  {
    what: 'the log of LevelDB',
    file: /^data\/\d+\.log$/,
    places: [0, 0.3],
    part: 'store-file',
    mended: 'aside',
  },
  { what: 'the manifest', file: /MANIFEST/, places: [0, 0.3], part: 'store-file', mended: 'aside' },
  { what: 'CURRENT', file: /CURRENT$/, places: [0.5], part: 'store-file', mended: 'aside' },
  { what: 'the write-ahead log', file: /agreement\.wal$/, places: [0.02], part: 'log', mended: 'log aside' },
  {
    what: 'the signing record',
    file: /signing-record$/,
    places: [0, 0.3, 0.7, 0.99],
    part: 'signing-record',
    mended: 'untouched',
  },
  { what: 'a segment', file: /\.segment$/, places: [0.3, 0.9], part: 'blob', mended: 'dropped' },
  {
    what: 'a large blob',
    file: /vault\/files/,
    places: [0, 0.5, 0.99],
    part: 'blob',
    named: 'vault/files',
    mended: 'dropped',
  },
  { what: 'a chunk of a snapshot', file: /chunk$/, places: [0, 0.9], part: 'snapshot', mended: 'removed' },
  {
    what: 'the manifest of a snapshot',
    file: /^snapshots.*manifest$/,
    places: [0.5],
    part: 'snapshot',
    mended: 'removed',
  },
  { what: 'the account key', file: /account\.json$/, places: [0.02, 0.5, 0.8], part: 'keys', mended: 'left' },
  {
    what: 'the validator key',
    file: /keys\/validator\.json$/,
    places: [0.5, 0.8],
    part: 'keys',
    mended: 'left',
  },
  { what: 'the network key', file: /network\.json$/, places: [0.5, 0.8], part: 'keys', mended: 'left' },
  { what: 'the custody key', file: /custody\.json$/, places: [0.5, 0.8], part: 'keys', mended: 'left' },
  { what: 'the genesis', file: /genesis\.json$/, places: [0.02, 0.5], part: 'genesis', mended: 'left' },
  { what: 'the card', file: /^validator\.json$/, places: [0.02, 0.5], part: 'card', mended: 'left' },
  { what: 'the configuration', file: /config\.toml$/, places: [0.0], part: 'config', mended: 'left' },
];

describe('A flipped byte in each kind of file: noticed, named, never served, repaired from peers', () => {
  test.for(KINDS)('$what', { timeout: 60_000 }, async ({ file, places, part, named, mended }) => {
    for (const place of places) {
      const home = await mkdtemp(join(folder, 'copy-'));
      await cp(filled.paths.home, home, { recursive: true });
      const names = await filesIn(home, file);
      const name = names.at(-1) ?? '';
      const path = join(home, name);
      const content = await readFile(path);
      const at = Math.floor(place * content.length);
      content[at] = (content[at] ?? 0) ^ 0x01;
      await writeFile(path, content);
      const record = await readFile(join(home, 'state', 'signing-record'));

      const { whole, damaged } = await verifyHome(home);
      expect({ place, whole }).toEqual({ place, whole: false });
      const expected = name.endsWith('CURRENT') ? 'data/CURRENT' : (named ?? name);
      expect(damaged.map((each) => [each.part, each.file])).toContainEqual([part, expected]);

      const report = await repairHome(home, 1);
      expect(await readFile(join(home, 'state', 'signing-record'))).toEqual(record);
      await expectMended(home, mended, report);
      await rm(home, { recursive: true });
    }
  });
});

async function expectMended(
  home: string,
  mended: (typeof KINDS)[number]['mended'],
  { left }: Awaited<ReturnType<typeof repairHome>>,
): Promise<void> {
  expect(left.length > 0).toBe(mended === 'left');
  const again = await verifyHome(home).catch((error: unknown) => {
    if (isConsiliumError(error)) return error.code;
    throw error;
  });
  if (mended === 'aside') {
    // Nothing of it is left to be served, and a start may begin anew.
    expect(await readdir(home)).toContain('data.damaged-1');
    expect(await readdir(join(home, 'state'))).not.toContain('holds-chain');
    expect(again).toMatchObject({ whole: true, height: 0 });
  } else if (mended === 'dropped') {
    expect(again).toMatchObject({ whole: true, looked: { blobs: 1 } });
  } else if (mended === 'removed') {
    expect(again).toMatchObject({ whole: true });
    expect(await readdir(join(home, 'snapshots'))).toEqual([]);
  } else if (mended === 'log aside') {
    expect(again).toMatchObject({ whole: true });
  } else {
    expect(again).toMatchObject({ whole: false });
  }
}
