// Owns: that `new URL('../x', import.meta.url)` of a source file names the same thing after it was bundled: source files
// become files of the bundle, everything else is found from the bundle's folder. Does not own: what is bundled.
import { dirname, join, relative } from 'node:path';
import type { Plugin } from 'rolldown';

export interface Layout {
  readonly repository: string;
  /** Flat: every file of the bundle lies in it. */
  readonly outFolder: string;
  /** Where a file or folder of the repository, as a path in it, is found by the bundle: a path from its folder. */
  readonly placeOf: (path: string) => string;
  /** Whether it becomes the installed command, and not a clone's own. */
  readonly installed: boolean;
}

const LOCATION = /new URL\(\s*'(\.[^']*)',\s*import\.meta\.url\s*\)/g;
const ANY_USE = /import\.meta\.url/g;

export function locationsPlugin({ repository, placeOf }: Layout): Plugin {
  return {
    name: 'locations',
    transform(code, id) {
      if (!id.startsWith(join(repository, 'packages')) || !code.includes('import.meta.url')) return null;
      const found = [...code.matchAll(LOCATION)].length;
      if (found !== [...code.matchAll(ANY_USE)].length)
        throw new Error(`${relative(repository, id)} uses import.meta.url in a way that cannot be bundled`);
      const entries: string[] = [];
      const located = code.replaceAll(LOCATION, (_whole, target: string) => {
        const path = relative(repository, join(dirname(id), target));
        if (path.endsWith('.ts')) entries.push(path);
        const place = path.endsWith('.ts') ? `./${entryName(path)}.js` : placeOf(keepSlash(path, target));
        return `new URL(${JSON.stringify(place)}, import.meta.url)`;
      });
      for (const path of new Set(entries))
        this.emitFile({
          type: 'chunk',
          id: join(repository, path),
          name: entryName(path),
          fileName: `${entryName(path)}.js`,
        });
      return { code: located };
    },
  };
}

function keepSlash(path: string, target: string): string {
  return target.endsWith('/') && path !== '' ? `${path}/` : path;
}

/** `packages/devnet/src/supervisor/main.ts` -> `devnet-supervisor-main`. */
export function entryName(path: string): string {
  return path
    .replace(/^packages\//, '')
    .replace('/src/', '/')
    .replace(/\.ts$/, '')
    .replaceAll('/', '-');
}
