// Owns: which installed packages the bundle's native packages need beside them, and which of their files. Does not own:
// which packages are native (bundle.ts).
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface NativeModules {
  /** Every package, paths in the repository. */
  readonly packages: readonly { readonly path: string; readonly wanted: (file: string) => boolean }[];
  /** Of the packages that the bundle names itself, and of what they load on this kind of machine: exact. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Prebuilt libraries for systems that no server runs, and sources to build them from. */
const UNWANTED = /\/prebuilds\/(android|ios|win32)|\/classic-level\/deps\/|\/node_modules\/[^/]*\/test\//;

const wanted = (file: string): boolean => !UNWANTED.test(file);

/** Throws for one that is not installed: a package that would not start is not made. */
export function nativeModules(repository: string, names: readonly string[]): NativeModules {
  const found = new Map<string, string>();
  const queue = [...names];
  for (const name of queue) {
    if (found.has(name)) continue;
    const manifest = manifestOf(repository, name);
    found.set(name, manifest.version);
    queue.push(...Object.keys(manifest.dependencies ?? {}));
    const optional = Object.keys(manifest.optionalDependencies ?? {});
    queue.push(...optional.filter((each) => existsSync(join(repository, 'node_modules', each))));
  }
  return {
    packages: [...found.keys()].map((name) => ({ path: join('node_modules', name), wanted })),
    versions: Object.fromEntries(names.map((name) => [name, found.get(name) ?? ''])),
  };
}

interface Manifest {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

function manifestOf(repository: string, name: string): Manifest {
  return JSON.parse(readFileSync(join(repository, 'node_modules', name, 'package.json'), 'utf8')) as Manifest;
}
