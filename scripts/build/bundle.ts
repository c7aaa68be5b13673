// Owns: our workspaces and what they import as a few JavaScript files that start quickly: one chunk where there were two
// thousand modules. Native packages stay outside. Does not own: where the files go from there (stage.ts, prebuild.ts).
import { type OutputChunk, type Plugin, rolldown } from 'rolldown';
import { type Layout, locationsPlugin } from './locations.ts';
import { type Release, releasePlugin } from './release.ts';

/** They load a library of this machine from beside themselves. */
export const NATIVE_PACKAGES = ['@chainsafe/hashtree', 'classic-level', 'sodium-native'] as const;

/** What is loaded from outside: the command, and what its processes load later. */
const ENTRIES = {
  main: 'packages/cli/src/main.ts',
  node: 'packages/node/src/index.ts',
  devnet: 'packages/devnet/src/index.ts',
};

export interface Bundle {
  /** Folders of third-party packages whose code went in. */
  readonly packages: readonly string[];
}

/** Throws when something does not resolve: nothing is left to fail at its first use. `release`: in place of this one. */
export async function bundle(layout: Layout, release?: Release): Promise<Bundle> {
  const build = await rolldown({
    cwd: layout.repository,
    platform: 'node',
    input: ENTRIES,
    resolve: { alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' } },
    external: (id) => NATIVE_PACKAGES.some((name) => id === name || id.startsWith(`${name}/`)),
    plugins: [
      locationsPlugin(layout),
      ...(layout.installed ? [calledPlugin] : []),
      ...(release === undefined ? [] : [releasePlugin(layout.repository, release)]),
    ],
    onLog: (level, log) => {
      if (level === 'warn') throw new Error(`The bundle is not sound: ${log.message}`);
    },
  });
  const { output } = await build.write({
    dir: layout.outFolder,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    comments: { legal: true, annotation: false, jsdoc: false },
  });
  await build.close();
  const chunks = output.filter((each): each is OutputChunk => each.type === 'chunk');
  for (const { fileName, code } of chunks) refuseLeftOver(fileName, code);
  return { packages: packagesOf(chunks.flatMap(({ moduleIds }) => moduleIds)) };
}

/** In a clone the command is called through npx, installed it is called by its name. */
export const asInstalled = (text: string): string => text.replaceAll('npx consilium', 'consilium');

const calledPlugin: Plugin = {
  name: 'called',
  transform: (code) => (code.includes('npx consilium') ? { code: asInstalled(code) } : null),
};

/** A module that hands `require` around (UMD) is not seen through: what it loads would be missing. */
function refuseLeftOver(file: string, code: string): void {
  const [left] = /\brequire\(["']\.[^)]*\)/.exec(code) ?? [];
  if (left !== undefined) throw new Error(`${file} still holds ${left}`);
}

function packagesOf(modules: readonly string[]): readonly string[] {
  const folders = modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? []);
  return [...new Set(folders)].filter((folder) => !folder.includes('/node_modules/@consilium/')).sort();
}
