// Owns: that our source is bundled and compiled before several daemons start at once. Without it each of them would link
// and compile all of it at the same time and keep the compiler in memory (some 30 MB each). Does not own: where the bundle
// lies, and whether it is up to date (prebuilt.ts).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { findPrebuilt, isClone, PREBUILD_PROGRAM } from './prebuilt.ts';

/** What a bundle's processes keep of its compiled code, beside it; a variable for the environment of a child. */
export function compileCache(): { readonly NODE_COMPILE_CACHE?: string } {
  const folder = findPrebuilt();
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: join(folder, 'compiled') };
}

/** Again after a change of the source. A failure costs the saving, nothing else. */
export async function warmUp(): Promise<void> {
  if (!isClone() || findPrebuilt() !== undefined) return;
  const building = spawn(process.execPath, [PREBUILD_PROGRAM], { stdio: 'ignore' });
  await once(building, 'exit').catch(() => undefined);
}
