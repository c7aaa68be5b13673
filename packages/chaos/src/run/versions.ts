// Owns: of which versions a run is made: Node, Consilium, and a hash over the sources that a simulated run executes, since a
// change that is in no commit yet changes the bytes too.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import manifest from '../../package.json' with { type: 'json' };
import type { Versions } from './replay.ts';

const PACKAGES: string = fileURLToPath(new URL('../../../', import.meta.url));
/** A package has its code in files of its own making, and no source. */
const BUNDLE: string = fileURLToPath(new URL('../../../../dist/', import.meta.url));
/** What runs in the simulator. */
const SIMULATED = ['chaos', 'consensus', 'core', 'node', 'sim'] as const;
/** Hex digits that tell two versions apart. */
const SHOWN = 16;

export function versionsHere(): Versions {
  return { node: process.version, consilium: manifest.version, ...codeHashes() };
}

function codeHashes(): Versions {
  if (!existsSync(PACKAGES)) return { bundle: folderHash(BUNDLE) };
  return Object.fromEntries(
    SIMULATED.map((name) => [`source of ${name}`, folderHash(join(PACKAGES, name, 'src'))]),
  );
}

function folderHash(folder: string): string {
  const hash = createHash('sha256');
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const file of files.sort()) {
    const bytes = readFileSync(file);
    hash.update(`${relative(folder, file)} ${bytes.length}\n`).update(bytes);
  }
  return hash.digest('hex').slice(0, SHOWN);
}
