// Owns: of which versions a run is made: Node, Consilium, and a hash over the sources that a simulated run executes, since a
// change that is in no commit yet changes the bytes too.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Versions } from './replay.ts';

const PACKAGES: string = fileURLToPath(new URL('../../../', import.meta.url));
/** What runs in the simulator. */
const SIMULATED = ['chaos', 'consensus', 'core', 'node', 'sim'] as const;
/** Hex digits that tell two versions apart. */
const SHOWN = 16;

export function versionsHere(): Versions {
  const { version } = JSON.parse(readFileSync(join(PACKAGES, 'chaos/package.json'), 'utf8')) as {
    version: string;
  };
  return {
    node: process.version,
    consilium: version,
    ...Object.fromEntries(SIMULATED.map((name) => [`source of ${name}`, sourceHash(name)])),
  };
}

function sourceHash(name: string): string {
  const folder = join(PACKAGES, name, 'src');
  const hash = createHash('sha256');
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const file of files.sort()) {
    const bytes = readFileSync(file);
    hash.update(`${relative(folder, file)} ${bytes.length}\n`).update(bytes);
  }
  return hash.digest('hex').slice(0, SHOWN);
}
