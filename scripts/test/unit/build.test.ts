// The parts of the build that decide over what a bundled program finds; the whole is shown by packages/cli/test/e2e.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Layout, locationsPlugin } from '../../build/locations.ts';
import { nativeModules } from '../../build/natives.ts';
import { repository } from '../support/tree.ts';

interface Emitted {
  readonly name: string;
  readonly id: string;
}

const layout: Layout = {
  repository: '/clone',
  outFolder: '/out',
  placeOf: (path) => `../${path}`,
  installed: true,
};

function transformed(
  id: string,
  code: string,
): { readonly code: string; readonly emitted: readonly Emitted[] } {
  const { transform } = locationsPlugin(layout);
  if (typeof transform !== 'function') throw new Error('the plugin transforms');
  const emitted: Emitted[] = [];
  const result = Reflect.apply(transform, { emitFile: (file: Emitted) => emitted.push(file) }, [code, id]);
  return { code: (result as { code: string } | null)?.code ?? code, emitted };
}

it('A file that a source file names relative to itself is found from the bundle, a program becomes a file of it, and what cannot be followed stops the build', () => {
  const inDevnet = '/clone/packages/devnet/src/network/topology.ts';
  expect(transformed(inDevnet, "new URL('../../../../devnet/devnet.toml', import.meta.url)").code).toBe(
    'new URL("../devnet/devnet.toml", import.meta.url)',
  );
  expect(transformed(inDevnet, "new URL('../../../../devnet/sample/', import.meta.url)").code).toBe(
    'new URL("../devnet/sample/", import.meta.url)',
  );
  const program = transformed(
    '/clone/packages/devnet/src/devnet.ts',
    "new URL('./supervisor/main.ts', import.meta.url)",
  );
  expect(program.code).toBe('new URL("./devnet-supervisor-main.js", import.meta.url)');
  expect(program.emitted).toMatchObject([
    { id: '/clone/packages/devnet/src/supervisor/main.ts', name: 'devnet-supervisor-main' },
  ]);
  expect(() => transformed(inDevnet, 'new URL(name, import.meta.url)')).toThrow(/cannot be bundled/);
});

it('What the native packages load is carried along, the library of this machine included', () => {
  const { packages, versions } = nativeModules(repository, [
    '@chainsafe/hashtree',
    'classic-level',
    'sodium-native',
  ]);
  const names = packages.map(({ path }) => path.replace(/^node_modules\//, ''));
  expect(names).toEqual(expect.arrayContaining(['abstract-level', 'node-gyp-build', 'require-addon']));
  expect(names.filter((name) => name.startsWith('@chainsafe/hashtree-')).length).toBeGreaterThan(0);
  expect(Object.values(versions).every((version) => /^\d+\.\d+\.\d+$/.test(version))).toBe(true);
  const wanted = packages.find(({ path }) => path === join('node_modules', 'sodium-native'))?.wanted;
  expect(wanted?.('/x/node_modules/sodium-native/prebuilds/linux-x64/a.node')).toBe(true);
  expect(wanted?.('/x/node_modules/sodium-native/prebuilds/win32-x64/a.node')).toBe(false);
});
