// Owns: the folder that becomes the package: the bundle, the native packages for this kind of machine, what commands read
// (topology, samples, scenarios, definitions), what operators need (docs, service files), licences. Everything that runs
// is in it, so it installs without a network. Does not own: packing it (scripts/pack.ts).
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { asInstalled, bundle, NATIVE_PACKAGES } from './bundle.ts';
import { thirdPartyLicences } from './licences.ts';
import { type NativeModules, nativeModules } from './natives.ts';
import type { Release } from './release.ts';

/** Copied as they are; the ones of parts that a build lacks are left out. */
const FILES = ['CHANGELOG.md', 'LICENSE', 'conformance', 'deploy', 'devnet', 'docs', 'monitoring'];
/** Of the devnet folder in a clone: networks that ran there. */
const LEFT_OUT = /^devnet\/(run|story)/;

const BIN = 'packages/cli/bin/consilium.js';
export const BIN_IN_PACKAGE = 'bin/consilium.js';
const BIN_LOADS = '../src/entry.ts';

export interface Staged {
  readonly version: string;
  readonly folder: string;
  /** Third-party packages whose code is in the bundle or beside it. */
  readonly thirdParties: number;
}

/** `release`: what the package says of itself instead, for tests of upgrades. */
export async function stage(repository: string, folder: string, release?: Release): Promise<Staged> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const layout = {
    repository,
    outFolder: join(folder, 'dist'),
    placeOf: (path: string): string => `../${path === BIN ? BIN_IN_PACKAGE : path}`,
    installed: true,
  };
  const { packages } = await bundle(layout, release);
  const natives = nativeModules(repository, NATIVE_PACKAGES);
  for (const { path, wanted } of natives.packages)
    cpSync(join(repository, path), join(folder, path), { recursive: true, filter: wanted });
  copyFiles(repository, folder);
  writeBin(repository, folder);
  const thirdParties = [...packages, ...natives.packages.map(({ path }) => join(repository, path))];
  writeFileSync(join(folder, 'THIRD-PARTY-LICENCES.txt'), thirdPartyLicences(thirdParties));
  const version = writeManifest(repository, folder, natives, release);
  return { version, folder, thirdParties: thirdParties.length };
}

function copyFiles(repository: string, folder: string): void {
  for (const name of FILES.filter((each) => existsSync(join(repository, each))))
    cpSync(join(repository, name), join(folder, name), {
      recursive: true,
      filter: (path) => !LEFT_OUT.test(path.slice(repository.length + 1)),
    });
  cpSync(join(repository, 'scripts/build/README.md'), join(folder, 'README.md'));
  const pages = readdirSync(join(folder, 'docs'), { recursive: true, encoding: 'utf8' });
  for (const page of pages.filter((each) => each.endsWith('.md')).map((each) => join(folder, 'docs', each)))
    writeFileSync(page, asInstalled(readFileSync(page, 'utf8')));
}

/** The bin of a clone, with the bundle behind it. */
function writeBin(repository: string, folder: string): void {
  const parts = readFileSync(join(repository, BIN), 'utf8').split(BIN_LOADS);
  if (parts.length !== 2) throw new Error(`${BIN} does not load ${BIN_LOADS} once`);
  const path = join(folder, BIN_IN_PACKAGE);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, parts.join('../dist/main.js'), { mode: 0o755 });
}

function writeManifest(
  repository: string,
  folder: string,
  natives: NativeModules,
  release: Release | undefined,
): string {
  const {
    name,
    version: own = '',
    description,
    license,
  } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as Record<string, string>;
  const version = release?.version ?? own;
  const manifest = {
    name,
    version,
    description,
    license,
    type: 'module',
    bin: { consilium: BIN_IN_PACKAGE },
    engines: { node: '>=24' },
    dependencies: natives.versions,
    bundleDependencies: Object.keys(natives.versions),
  };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  return version;
}
