// Owns: whether the files of a store are as LevelDB wrote them, looked at before it opens them: it would drop what it finds
// damaged in its log, miss keys whose bytes, filter or index were changed, and begin anew where CURRENT is gone.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDamagedLog, recordsOf } from './log-file.ts';
import { tablesInUse } from './manifest.ts';
import { isWholeTable } from './table-file.ts';
import { isWriteBatch } from './write-batch.ts';

const TABLE_FILE = /^(\d+)\.(ldb|sst)$/;
const LOG_FILE = /^\d+\.log$/;

/** The name of the first file that is damaged. */
export async function findDamagedFile(folder: string): Promise<string | undefined> {
  for await (const name of damagedFiles(folder)) return name;
  return undefined;
}

/** The names of the files that are damaged or gone; `CURRENT` alone when the file that names the others is gone. */
export async function* damagedFiles(folder: string): AsyncGenerator<string> {
  const names = (await namesIn(folder)).sort();
  const current = await contentOf(folder, 'CURRENT');
  if (current === undefined) {
    if (await holdsSomething(folder, names)) yield 'CURRENT';
    return;
  }
  const manifestName = new TextDecoder().decode(current).trim();
  if (!names.includes(manifestName)) return yield 'CURRENT';
  const manifest = await contentOf(folder, manifestName);
  const used = manifest && !isDamagedLog(manifest) ? tablesInUse(manifest) : undefined;
  if (used === undefined) return yield manifestName;
  for (const name of names) if (await isDamaged(folder, name, used)) yield name;
  for (const number of used) if (!isThere(names, number)) yield tableName(number);
}

async function isDamaged(folder: string, name: string, used: ReadonlySet<number>): Promise<boolean> {
  const table = TABLE_FILE.exec(name);
  const isLog = LOG_FILE.test(name);
  // What a crash left half written is in no manifest.
  if (!isLog && (table === null || !used.has(Number(table[1])))) return false;
  const content = await contentOf(folder, name);
  if (content === undefined) return false;
  return isLog ? isDamagedLog(content) || !recordsOf(content).every(isWriteBatch) : !isWholeTable(content);
}

function isThere(names: readonly string[], number: number): boolean {
  return names.includes(tableName(number)) || names.includes(`${digits(number)}.sst`);
}

function tableName(number: number): string {
  return `${digits(number)}.ldb`;
}

function digits(number: number): string {
  return number.toString().padStart(6, '0');
}

/** The first start makes the other files before CURRENT, and may have been cut short: then they hold nothing. */
async function holdsSomething(folder: string, names: readonly string[]): Promise<boolean> {
  for (const name of names) {
    if (TABLE_FILE.test(name)) return true;
    if (LOG_FILE.test(name) && ((await contentOf(folder, name))?.length ?? 0) > 0) return true;
  }
  return false;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch {
    // No folder yet, or none at all: opening says which.
    return [];
  }
}

/** undefined: it is gone, or cannot be read: LevelDB says so in its own words. */
async function contentOf(folder: string, name: string): Promise<Uint8Array | undefined> {
  try {
    return new Uint8Array(await readFile(join(folder, name)));
  } catch {
    return undefined;
  }
}
