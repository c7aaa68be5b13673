// Owns: a copy of the simulator and of the code under it, with a bug planted: nothing in the product knows of it. Everything
// but the patched files is linked, so that a copy takes no time. Does not own: running it (trial.ts).
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Patch } from './planted-bug.ts';

export const ROOT: string = fileURLToPath(new URL('../../../../', import.meta.url));

const SCOPE = '@consilium/';

export function hasSource(): boolean {
  return existsSync(join(ROOT, 'packages'));
}

export interface PlantedTree extends Disposable {
  readonly folder: string;
}

/** Throws with a sentence when a patch no longer fits: that is a failure of its own. */
export function plantTree(patches: readonly Patch[]): PlantedTree {
  const folder = mkdtempSync(join(tmpdir(), 'consilium-planted-'));
  const release = removeWhenStopped(folder);
  const tree: PlantedTree = {
    folder,
    [Symbol.dispose]: () => {
      release();
      rmSync(folder, { recursive: true });
    },
  };
  try {
    linkTree(folder);
    for (const patch of patches) plant(folder, patch);
    return tree;
  } catch (error) {
    tree[Symbol.dispose]();
    throw error;
  }
}

/** A process that is asked to end takes its copies along. */
function removeWhenStopped(folder: string): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const remove = (signal: NodeJS.Signals): void => {
    release();
    rmSync(folder, { recursive: true, force: true });
    process.kill(process.pid, signal);
  };
  const release = (): void => {
    for (const signal of signals) process.off(signal, remove);
  };
  for (const signal of signals) process.on(signal, remove);
  return release;
}

function linkTree(folder: string): void {
  const names = withNeeded('chaos');
  for (const name of names) {
    const [from, to] = [join(ROOT, 'packages', name), join(folder, 'packages', name)];
    linkFolder(join(from, 'src'), join(to, 'src'));
    linkFile(join(from, 'package.json'), join(to, 'package.json'));
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, SCOPE), { recursive: true });
  const others = readdirSync(join(ROOT, 'node_modules')).filter((each) => `${each}/` !== SCOPE);
  for (const name of others) symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  // A link is resolved to the file that it names: within the copy, so that its imports stay there.
  for (const name of names) symlinkSync(join(folder, 'packages', name), join(modules, SCOPE, name));
}

/** A package of this repository and those that it needs, folder names. */
function withNeeded(first: string): readonly string[] {
  const names = [first];
  // The list grows while it is walked.
  for (const name of names) {
    const text = readFileSync(join(ROOT, 'packages', name, 'package.json'), 'utf8');
    const { dependencies = {} } = JSON.parse(text) as { dependencies?: Record<string, string> };
    for (const needed of Object.keys(dependencies)) {
      const own = needed.slice(SCOPE.length);
      if (needed.startsWith(SCOPE) && !names.includes(own)) names.push(own);
    }
  }
  return names;
}

function linkFolder(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (entry.isDirectory()) linkFolder(join(from, entry.name), join(to, entry.name));
    else linkFile(join(from, entry.name), join(to, entry.name));
  }
}

/** Another name of the same file; a copy where the temporary folder is on another disk. */
function linkFile(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

function plant(folder: string, { file, find, replace }: Patch): void {
  const path = join(folder, file);
  const parts = readFileSync(path, 'utf8').split(find);
  if (parts.length !== 2)
    throw new Error(`The patch no longer applies: ${file} holds ${parts.length - 1} times: ${find}`);
  // First the link goes, or the original would be written to.
  rmSync(path);
  writeFileSync(path, parts.join(replace));
}
