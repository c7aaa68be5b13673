// Owns: that only keys which have signed nothing begin with an empty signing record.
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { HomePaths } from '../files/home.ts';
import type { Disk } from '../ports.ts';
import { SIGNING_RECORD_FILE } from '../replica/open.ts';
import type { RecordOwner } from '../signing/record.ts';
import { initialiseRecordFile } from '../signing/record-file.ts';
import { whenDone } from '../when-done.ts';

/**
 * A home whose keys are new begins with an empty record. One whose record is gone, or that was made from a copy of its
 * keys, has none: it watches before it signs.
 */
export async function ensureSigningRecord(
  { paths, disk }: { readonly paths: HomePaths; readonly disk: Disk },
  owner: RecordOwner,
): Promise<void> {
  const { unsigned } = paths;
  if (!existsSync(unsigned)) return;
  if (disk.read(SIGNING_RECORD_FILE) === undefined) {
    await whenDone((done) => initialiseRecordFile(disk, { ...owner, name: SIGNING_RECORD_FILE }, done));
  }
  await rm(unsigned);
}
