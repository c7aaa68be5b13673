// Owns: noticing that the files of a home are a copy of those that signed: brought back from yesterday, or taken to another
// disk. Its signing record may be behind what was signed since, so it is put in doubt: the node watches before it votes
// (docs/protocol.md 4.5). Does not own: the watch.
import { existsSync } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PUBLIC_FILE_MODE, replaceFile } from '../files/atomic-file.ts';
import type { HomePaths } from '../files/home.ts';
import type { Disk, Report } from '../ports.ts';
import { SIGNING_RECORD_FILE } from '../replica/open.ts';
import type { RecordOwner } from '../signing/record.ts';
import { openRecordFile } from '../signing/record-file.ts';
import { whenDone } from '../when-done.ts';

interface NoticeDeps {
  readonly paths: HomePaths;
  readonly disk: Disk;
  readonly report: Report;
}

const PLACE_FILE = 'place';

/**
 * A copied file has another number in its file system and another time of birth. Both must differ: there are file systems
 * that number anew with each mount, and such that know no births. What is copied over the same file is not noticed here.
 */
export async function doubtCopiedRecord(
  { paths, disk, report }: NoticeDeps,
  owner: RecordOwner,
): Promise<void> {
  const record = join(paths.state, SIGNING_RECORD_FILE);
  const file = join(paths.state, PLACE_FILE);
  // The one that is written anew after the watch is no copy.
  if (!existsSync(record)) return rm(file, { force: true });
  const { ino, birthtimeNs } = await stat(record, { bigint: true });
  const place = `${ino} ${birthtimeNs}\n`;
  const before = existsSync(file) ? await readFile(file, 'utf8') : undefined;
  if (before === place) return;
  if (before !== undefined && isElsewhere(before, place)) {
    report({ level: 'warn', code: 'signing.record.copied' });
    await doubt({ disk, report }, owner);
  }
  await replaceFile(file, place, PUBLIC_FILE_MODE);
}

function isElsewhere(before: string, now: string): boolean {
  const [inodeBefore, birthBefore] = before.trim().split(' ');
  const [inode, birth] = now.trim().split(' ');
  return inodeBefore !== inode && birthBefore !== birth;
}

/** In the file itself, before the place is noted: a crash between the two leaves the doubt. */
function doubt(deps: Pick<NoticeDeps, 'disk' | 'report'>, owner: RecordOwner): Promise<void> {
  const { record, write } = openRecordFile(deps, { ...owner, name: SIGNING_RECORD_FILE });
  return whenDone((done) => write({ ...record, doubted: true }, done));
}
