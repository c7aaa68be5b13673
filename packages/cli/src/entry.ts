// Owns: which code the command runs in a clone: the bundle of the source as it is now, else the source itself. A package has
// its bundle in this file's place. Does not own: any command (main.ts).
import module from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Source that was compiled once starts in half the time and memory; it lies with what npm installed. */
const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/consilium/', import.meta.url));

export async function run(argv: string[]): Promise<number> {
  const { findPrebuilt } = await import('@consilium/devnet/prebuilt');
  const folder = findPrebuilt();
  module.enableCompileCache(join(folder ?? CACHE, 'compiled'));
  const main: { run(words: string[]): Promise<number> } =
    folder === undefined
      ? await import('./main.ts')
      : await import(pathToFileURL(join(folder, 'main.js')).href);
  return main.run(argv);
}
