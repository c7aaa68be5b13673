// Owns: a folder of its own for all temporary files of a test, so that it is seen what a run leaves.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';

/** Before each test of the file from here on; gives the folder of the running test. */
export function ownTemporaryFolder(): () => string {
  const usual = process.env['TMPDIR'];
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'chaos-test-'));
    process.env['TMPDIR'] = folder;
  });
  afterEach(() => {
    if (usual === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = usual;
    rmSync(folder, { recursive: true, force: true });
  });
  return () => folder;
}
