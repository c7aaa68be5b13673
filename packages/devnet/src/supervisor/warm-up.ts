// Owns: that the daemon's source is compiled before several daemons start at once. Without it each of them would compile
// all of it at the same time and keep the compiler in memory (some 30 MB each). Does not own: the cache itself (the
// command's bin turns it on).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = new URL('../../../../', import.meta.url);
/** Where the bin keeps what it compiled. */
const CACHE = fileURLToPath(new URL('node_modules/.cache/consilium/', ROOT));

const LOAD_ALL = `
import module from 'node:module';
const [cache, ...parts] = process.argv.slice(1);
module.enableCompileCache(cache);
for (const part of parts) await import(part);`;

/** Once for a clone and an engine. A failure costs the saving, nothing else. */
export async function warmUp(): Promise<void> {
  const mark = join(CACHE, `warm-${process.version}`);
  if (existsSync(mark)) return;
  const parts = ['packages/cli/src/main.ts', 'packages/node/src/index.ts'].map((path) => new URL(path, ROOT));
  const args = ['--input-type=module', '--eval', LOAD_ALL, CACHE, ...parts.map(String)];
  const loading = spawn(process.execPath, args, { stdio: 'ignore' });
  const code = await once(loading, 'exit').then(
    ([exitCode]) => exitCode as number | null,
    () => null,
  );
  if (code !== 0) return;
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(mark, '');
}
