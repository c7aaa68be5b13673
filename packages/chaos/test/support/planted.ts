// Owns: a copy of the simulator and of the code under it, with a bug planted: nothing in the product knows of it.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
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

export interface Planting {
  /** From the root of the repository. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

export interface Conviction {
  readonly status: number | null;
  readonly checkers: readonly string[];
}

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const PACKAGES = ['core', 'consensus', 'node', 'sim', 'chaos'];

/** Runs seeds of the copy until one fails. */
export function runPlanted(plantings: readonly Planting[], firstSeed: number, seeds: number): Conviction {
  const tree = mkdtempSync(join(tmpdir(), 'consilium-planted-'));
  try {
    copyTree(tree);
    for (const planting of plantings) plant(tree, planting);
    const range = ['--first-seed', String(firstSeed), '--seeds', String(seeds)];
    const words = ['scripts/sim.ts', ...range, '--fail-fast', '--json'];
    const { status, stdout } = spawnSync(process.execPath, words, { cwd: tree, encoding: 'utf8' });
    return { status, checkers: checkersIn(stdout) };
  } finally {
    rmSync(tree, { recursive: true });
  }
}

function copyTree(tree: string): void {
  for (const name of PACKAGES) {
    for (const part of ['package.json', 'src'])
      cpSync(join(ROOT, 'packages', name, part), join(tree, 'packages', name, part), { recursive: true });
  }
  mkdirSync(join(tree, 'scripts'));
  cpSync(join(ROOT, 'scripts/sim.ts'), join(tree, 'scripts/sim.ts'));
  writeFileSync(join(tree, 'package.json'), '{ "type": "module" }\n');
  const modules = join(tree, 'node_modules');
  mkdirSync(join(modules, '@consilium'), { recursive: true });
  for (const name of readdirSync(join(ROOT, 'node_modules')).filter((each) => each !== '@consilium'))
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  for (const name of PACKAGES) symlinkSync(join(tree, 'packages', name), join(modules, '@consilium', name));
}

/** A planting that no longer fits is a failure of its own. */
function plant(tree: string, { file, find, replace }: Planting): void {
  const path = join(tree, file);
  const parts = readFileSync(path, 'utf8').split(find);
  if (parts.length !== 2) throw new Error(`${file} holds ${parts.length - 1} times: ${find}`);
  writeFileSync(path, parts.join(replace));
}

function checkersIn(json: string): string[] {
  const { failures } = JSON.parse(json) as { failures: { violations: { checker: string }[] }[] };
  return failures.flatMap(({ violations }) => violations.map(({ checker }) => checker));
}
