// Owns: re-hashing a whole home while no daemon uses it, and naming what is damaged: file, height, digest of the key. It
// changes nothing but what opening LevelDB changes. Does not own: mending, what each part looks at.
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ConsiliumError, isConsiliumError } from '@consilium/core';
import { type HomePaths, homePaths, openLocked } from '../files/home.ts';
import { heightOfKey } from '../replica/chain.ts';
import { snapshotFiles } from '../snapshots/files.ts';
import { damagedFiles } from '../store/check-files.ts';
import type { Store, StoreSnapshot } from '../store/store.ts';
import { TABLES, type TableName } from '../tables.ts';
import { examineChain, examineSurplus } from './chain.ts';
import { createFindings, type Damage, type Findings, keyDigest } from './findings.ts';
import { examineOwnFiles } from './own-files.ts';
import { examineState } from './state.ts';
import { examineVault } from './vault.ts';

export interface VerifyReport {
  readonly whole: boolean;
  readonly damaged: readonly Damage[];
  /** Of all damage; of much of it only the first is named. */
  readonly damagedCount: number;
  /** What was not looked at, since something damaged lies before it. */
  readonly notLookedAt: readonly string[];
  readonly height: number;
  readonly base: number;
  readonly looked: {
    readonly rows: number;
    readonly blocks: number;
    readonly stateRows: number;
    readonly treeNodes: number;
    readonly blobs: number;
    readonly packages: number;
  };
}

type Looked = { -readonly [K in keyof VerifyReport['looked']]: number };

interface Course {
  readonly paths: HomePaths;
  readonly findings: Findings;
  readonly looked: Looked;
  readonly notLookedAt: string[];
  height: number;
  base: number;
}

/**
 * Throws `HOME_MISSING` where there is no home, `STORE_LOCKED` while a daemon uses it, `STORE_FORMAT` for a store of another
 * version, and what the system refuses. What it finds damaged is no error.
 */
export async function verifyHome(folder: string): Promise<VerifyReport> {
  const paths = homePaths(folder);
  if (!existsSync(paths.config) && !existsSync(paths.data))
    throw new ConsiliumError('HOME_MISSING', { home: paths.home });
  const looked = { rows: 0, blocks: 0, stateRows: 0, treeNodes: 0, blobs: 0, packages: 0 };
  const course: Course = { paths, findings: createFindings(), looked, notLookedAt: [], height: 0, base: 1 };
  const store = await openForLooking(course);
  try {
    await look(course, store);
  } finally {
    await store?.close();
  }
  const { findings, notLookedAt, height, base } = course;
  const damaged = findings.named();
  return {
    whole: !findings.any(),
    damaged,
    damagedCount: findings.count(),
    notLookedAt,
    height,
    base,
    looked,
  };
}

/** Before anything else: holding the store is holding the home. undefined: there is none, or it cannot be opened. */
async function openForLooking({ paths, findings, notLookedAt }: Course): Promise<Store | undefined> {
  if (!existsSync(join(paths.data, 'CURRENT')) && !(await isAnyDamaged(paths.data))) {
    if (existsSync(paths.holdsChain))
      findings.add({
        part: 'store-file',
        problem: 'gone',
        file: relative(paths.home, paths.data),
        code: 'STORE_GONE',
      });
    notLookedAt.push('the store: there is none');
    return undefined;
  }
  try {
    return await openLocked(paths, { migrate: false });
  } catch (error) {
    if (!isConsiliumError(error, 'STORE_DAMAGED')) throw error;
    await nameDamage(paths, findings, error);
    notLookedAt.push('rows of the store, blobs: LevelDB would drop what it finds damaged when it is opened');
    return undefined;
  }
}

async function isAnyDamaged(data: string): Promise<boolean> {
  for await (const _ of damagedFiles(data)) return true;
  return false;
}

async function nameDamage(
  { home, data }: HomePaths,
  findings: Findings,
  { code, data: facts }: ConsiliumError,
): Promise<void> {
  for await (const name of damagedFiles(data)) {
    const problem = existsSync(join(data, name)) ? 'altered' : 'missing';
    findings.add({ part: 'store-file', problem, file: relative(home, join(data, name)), code });
  }
  if (findings.any()) return;
  const { table, key, file, cause } = facts;
  findings.add({
    part: typeof table === 'string' ? 'row' : 'store-file',
    problem: typeof cause === 'string' ? cause : 'altered',
    code,
    file: relative(home, typeof file === 'string' ? join(data, file) : data),
    ...(typeof table === 'string' && { table }),
    ...(typeof key === 'string' && { key }),
  });
}

async function look(course: Course, store: Store | undefined): Promise<void> {
  const { paths, findings, notLookedAt } = course;
  const { genesis } = await examineOwnFiles(paths, findings);
  for await (const { height, name, whole } of snapshotFiles(paths.snapshots)) {
    const file = relative(paths.home, join(paths.snapshots, name));
    if (!whole) findings.add({ part: 'snapshot', problem: 'altered', file, height });
  }
  if (store === undefined) return;
  using snapshot = store.snapshot();
  const rows = await examineRows(course, snapshot);
  if (genesis === undefined) {
    notLookedAt.push('the chain: without its genesis nothing can be compared with it');
  } else {
    const chain = await examineChain({ kv: snapshot, genesis, findings }, changesIn(snapshot));
    course.base = chain.base;
    course.looked.blocks = chain.blocks;
    if (chain.tip !== undefined) {
      course.height = chain.tip.height;
      const state = await examineState(snapshot, chain.tip.stateRoot, findings);
      course.looked.stateRows = state.rows;
      course.looked.treeNodes = state.nodes;
    }
    examineSurplus(findings, chain, rows);
  }
  const vault = await examineVault(paths, snapshot, findings);
  course.looked.blobs = vault.blobs;
  course.looked.packages = vault.packages;
}

const NAMES: ReadonlyMap<number, TableName> = new Map(
  Object.entries(TABLES).map(([name, table]) => [table, name as TableName]),
);

/** Every row by its checksum, and how many each table has. */
async function examineRows(
  { findings, looked }: Course,
  snapshot: StoreSnapshot,
): Promise<Map<TableName, number>> {
  const counts = new Map<TableName, number>();
  for await (const { table, key, value } of snapshot.rows()) {
    looked.rows += 1;
    const name = NAMES.get(table);
    if (name === undefined) {
      findings.add({ part: 'row', problem: 'of a table that does not exist', table: String(table) });
      continue;
    }
    counts.set(name, (counts.get(name) ?? 0) + 1);
    if (value !== undefined) continue;
    const place = isByHeight(name) && key.length === 8 ? { height: heightOfKey(key) } : {};
    findings.add({
      part: 'row',
      problem: 'altered',
      code: 'STORE_DAMAGED',
      table: name,
      key: keyDigest(key),
      ...place,
    });
  }
  return counts;
}

function isByHeight(name: TableName): boolean {
  return ['blocks', 'certificates', 'results', 'accountability', 'setChanges', 'lightHeaders'].includes(name);
}

async function* changesIn(snapshot: StoreSnapshot): AsyncGenerator<number> {
  for await (const { key } of snapshot.rows({ table: TABLES.setChanges })) yield heightOfKey(key);
}
