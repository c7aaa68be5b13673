// Owns: making the bundle of a clone's own source, and loading it once so that it lies there compiled. Run as a program by
// whoever starts daemons, and after an install. Does not own: who uses it (packages/devnet/src/supervisor/prebuilt.ts).
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { PREBUILT_FOLDER, sourceFingerprint } from '../../packages/devnet/src/supervisor/prebuilt.ts';
import { bundle } from './bundle.ts';

/** A process may still run on an older one. */
const BUNDLES_KEPT = 4;

const LOAD = `
import module from 'node:module';
const [cache, ...files] = process.argv.slice(1);
module.enableCompileCache(cache);
for (const file of files) await import(file);`;

const repository = join(import.meta.dirname, '../..');

await prebuild();

async function prebuild(): Promise<void> {
  const fingerprint = sourceFingerprint();
  const target = join(PREBUILT_FOLDER, fingerprint);
  if (existsSync(target)) return;
  mkdirSync(PREBUILT_FOLDER, { recursive: true });
  const making = mkdtempSync(join(PREBUILT_FOLDER, 'making-'));
  try {
    const placeOf = (path: string): string => join(relative(target, repository), path);
    await bundle({ repository, outFolder: making, placeOf, installed: false });
    // Edited meanwhile: what was made is neither the one nor the other.
    if (sourceFingerprint() !== fingerprint) return;
    if (!existsSync(target)) renameSync(making, target);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  const files = ['main.js', 'node.js', 'devnet.js'].map((name) => join(target, name));
  const load = ['--input-type=module', '--eval', LOAD, join(target, 'compiled'), ...files];
  spawnSync(process.execPath, load, { stdio: 'ignore' });
  removeOld();
}

function removeOld(): void {
  const folders = readdirSync(PREBUILT_FOLDER).map((name) => join(PREBUILT_FOLDER, name));
  const newestFirst = folders
    .map((folder) => ({ folder, atMs: statSync(folder).mtimeMs }))
    .sort((a, b) => b.atMs - a.atMs);
  for (const { folder } of newestFirst.slice(BUNDLES_KEPT)) rmSync(folder, { recursive: true, force: true });
}
