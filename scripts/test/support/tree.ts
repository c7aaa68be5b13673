// Owns: a small copy of the repository, its settings as they are and hardly any code, in which a test may do harm.
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

export const repository: string = join(import.meta.dirname, '..', '..', '..');
const modules = join(repository, 'node_modules');

export type Tree = Disposable & {
  readonly root: string;
  write(path: string, text: string): void;
  remove(path: string): void;
  run(command: string): Promise<Outcome>;
};

export type Outcome = { code: number | null; stdout: string; stderr: string; output: string };

const copied = ['package.json', 'biome.json', '.gitignore', 'scripts/lint', 'vitest.config.ts'];
const compilerSettings = ['tsconfig.json', 'tsconfig.base.json', 'tsconfig.test.json'];
const empty = 'export {};\n';

/** Every installed package, but the workspaces of the copy in place of the real ones. */
function linkModules(root: string): void {
  const target = join(root, 'node_modules');
  mkdirSync(join(target, '@consilium'), { recursive: true });
  for (const name of readdirSync(modules)) {
    if (name !== '@consilium') symlinkSync(join(modules, name), join(target, name));
  }
  for (const name of readdirSync(join(repository, 'packages'))) {
    symlinkSync(join(root, 'packages', name), join(target, '@consilium', name));
  }
}

function copySettings(root: string): void {
  for (const path of [...copied, ...compilerSettings]) {
    cpSync(join(repository, path), join(root, path), { recursive: true });
  }
  for (const name of readdirSync(join(repository, 'packages'))) {
    for (const file of ['package.json', 'tsconfig.json']) {
      cpSync(join(repository, 'packages', name, file), join(root, 'packages', name, file));
    }
    writeIn(root, `packages/${name}/src/index.ts`, empty);
  }
  writeIn(root, 'packages/node/src/replica/index.ts', empty);
}

function writeIn(root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** Runs a line of shell to its end, with the repository's tools on the PATH. */
export function runShell(
  command: string,
  cwd: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Outcome> {
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
  const child = spawn('sh', ['-c', command], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const outcome = { stdout: '', stderr: '', output: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      outcome[name] += text;
      outcome.output += text;
    });
  }
  child.on('error', reject);
  child.on('close', (code) => resolve({ code, ...outcome }));
  return promise;
}

/** An empty folder that is gone when the test is over. */
export function createFolder(): Tree {
  const root = mkdtempSync(join(tmpdir(), 'consilium-tree-'));
  const path = [join(modules, '.bin'), process.env['PATH']].join(delimiter);
  return {
    root,
    write: (file, text) => writeIn(root, file, text),
    remove: (file) => rmSync(join(root, file), { recursive: true, force: true }),
    run: (command) => runShell(command, root, { ...process.env, PATH: path }),
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}

export function createTree(): Tree {
  const tree = createFolder();
  copySettings(tree.root);
  linkModules(tree.root);
  return tree;
}
