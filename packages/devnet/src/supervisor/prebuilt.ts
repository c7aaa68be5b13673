// Owns: the bundle that a clone keeps of its own source, so that a process starts in a third of the time: where it lies, and
// whether it is of the source as it is now. Whoever asks gets what is up to date or nothing: nobody runs code that was edited
// since. Does not own: making it (scripts/build, called by warm-up.ts). A package has no source and is its own bundle.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT: string = fileURLToPath(new URL('../../../../', import.meta.url));
const PACKAGES: string = join(ROOT, 'packages');

/** Holds one folder for each state of the source that was bundled, by its fingerprint. */
export const PREBUILT_FOLDER: string = join(ROOT, 'node_modules/.cache/consilium/bundles');
/** Makes the bundle of the current source: `node PROGRAM FOLDER`. */
export const PREBUILD_PROGRAM: string = join(ROOT, 'scripts/build/prebuild.ts');

/** What decides over a bundle besides the sources. */
const INPUTS = ['package-lock.json', 'scripts/build'];
const FINGERPRINT_HEX = 32;

/** Whether there is source that a bundle can be made of. */
export function isClone(): boolean {
  return existsSync(PREBUILD_PROGRAM);
}

/** The bundle's folder; undefined while there is none of this very source. */
export function findPrebuilt(): string | undefined {
  if (!isClone()) return undefined;
  const folder = join(PREBUILT_FOLDER, sourceFingerprint());
  return existsSync(folder) ? folder : undefined;
}

/** The bundle's file for a source file that is spawned as a program of its own, else that file. */
export function prebuiltOr(name: string, source: string): string {
  const folder = findPrebuilt();
  return folder === undefined ? source : join(folder, `${name}.js`);
}

/** Over name, size and time of every file: an edit, a file more and a file less all give another one. */
export function sourceFingerprint(): string {
  const hash = createHash('sha256').update(process.version);
  const add = (path: string): void => {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${path} ${size} ${mtimeMs}\n`);
  };
  const addAll = (path: string): void => {
    if (!statSync(path).isDirectory()) return add(path);
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      const inner = join(path, entry.name);
      if (entry.isDirectory()) addAll(inner);
      else add(inner);
    }
  };
  for (const name of readdirSync(PACKAGES)) {
    add(join(PACKAGES, name, 'package.json'));
    addAll(join(PACKAGES, name, 'src'));
  }
  for (const input of INPUTS) addAll(join(ROOT, input));
  return hash.digest('hex').slice(0, FINGERPRINT_HEX);
}
