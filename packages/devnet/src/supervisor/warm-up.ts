// Owns: that our source is compiled before several daemons start at once. Without it each of them would compile
// all of it at the same time and keep the compiler in memory (some 30 MB each). Does not own: the cache itself (the
// command's bin turns it on).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = new URL('../../../../', import.meta.url);
/** Where the bin keeps what it compiled. */
export const COMPILE_CACHE: string = fileURLToPath(new URL('node_modules/.cache/consilium/', ROOT));

const LOAD_ALL = `
import module from 'node:module';
const [cache, ...parts] = process.argv.slice(1);
module.enableCompileCache(cache);
for (const part of parts) await import(part);`;

/** Again after a change of the source. A failure costs the saving, nothing else. */
export async function warmUp(): Promise<void> {
  const mark = join(COMPILE_CACHE, `warm-${process.version}`);
  const newest = String(newestSourceMs());
  if (existsSync(mark) && readFileSync(mark, 'utf8') === newest) return;
  const parts = [
    'cli/src/main.ts',
    'cli/src/commands/node-start.ts',
    'devnet/src/index.ts',
    'node/src/index.ts',
  ].map((path) => new URL(`packages/${path}`, ROOT));
  const args = ['--input-type=module', '--eval', LOAD_ALL, COMPILE_CACHE, ...parts.map(String)];
  const loading = spawn(process.execPath, args, { stdio: 'ignore' });
  const code = await once(loading, 'exit').then(
    ([exitCode]) => exitCode as number | null,
    () => null,
  );
  if (code !== 0) return;
  mkdirSync(COMPILE_CACHE, { recursive: true });
  writeFileSync(mark, newest);
}

const PACKAGES = ['cli', 'consensus', 'core', 'devnet', 'fhir', 'node', 'sdk', 'sealing'];

/** Of a few hundred files: some milliseconds. */
function newestSourceMs(): number {
  const times = PACKAGES.flatMap((name) => {
    const folder = fileURLToPath(new URL(`packages/${name}/src/`, ROOT));
    return readdirSync(folder, { recursive: true }).map(
      (path) => statSync(join(folder, String(path))).mtimeMs,
    );
  });
  return Math.max(...times);
}
