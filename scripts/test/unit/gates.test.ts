// Every gate of `npm run check` is seen to bite: violations are planted in a small copy of the repository, and each
// must be reported as an error, in its file, by the rule that is there for it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTree, type Outcome, repository, type Tree } from '../support/tree.ts';

type Plant = { title: string; file: string; text: string; rule: string };

const imports = 'lint/style/noRestrictedImports';
const reexport = (from: string): string => `export * from '${from}';\n`;
const lines = (count: number): string => '  count += 1;\n'.repeat(count);

const lintPlants: Plant[] = [
  {
    title: 'core may not import Node',
    file: 'packages/core/src/files.ts',
    text: reexport('node:fs'),
    rule: imports,
  },
  {
    title: 'core may not import consensus',
    file: 'packages/core/src/upwards.ts',
    text: reexport('@consilium/consensus'),
    rule: imports,
  },
  {
    title: 'core may not import another curve library',
    file: 'packages/core/src/curves.ts',
    text: reexport('@noble/curves/ed25519.js'),
    rule: imports,
  },
  {
    title: 'consensus may import core and nothing else',
    file: 'packages/consensus/src/hash.ts',
    text: reexport('@noble/hashes/sha2.js'),
    rule: imports,
  },
  {
    title: 'the replica may not import Node',
    file: 'packages/node/src/replica/timer.ts',
    text: reexport('node:timers'),
    rule: imports,
  },
  {
    title: 'the mempool may not import a package from npm',
    file: 'packages/node/src/mempool/log.ts',
    text: reexport('pino'),
    rule: imports,
  },
  {
    title: 'sync may not import the network',
    file: 'packages/node/src/sync/peer.ts',
    text: reexport('../net/peers.ts'),
    rule: imports,
  },
  {
    title: 'beginning from a snapshot may not import the folder where snapshots are kept as files',
    file: 'packages/node/src/sync/kept.ts',
    text: reexport('../snapshots/files.ts'),
    rule: imports,
  },
  {
    title: "a learner's step into the set may not import Node",
    file: 'packages/node/src/membership/timer.ts',
    text: reexport('node:timers'),
    rule: imports,
  },
  {
    title: 'the memory of what was signed may not import the socket of a signer',
    file: 'packages/node/src/signing/memory.ts',
    text: reexport('../signer/session.ts'),
    rule: imports,
  },
  {
    title: 'a message may not import the network',
    file: 'packages/node/src/messages/framed.ts',
    text: reexport('../net/frames.ts'),
    rule: imports,
  },
  {
    title: 'the table of events, which the ports name, imports nothing',
    file: 'packages/node/src/observe/events.ts',
    text: reexport('./log.ts'),
    rule: imports,
  },
  {
    title: 'the log of votes may not reach the store by a way around',
    file: 'packages/node/src/wal/around.ts',
    text: reexport('../replica/../store/kv.ts'),
    rule: imports,
  },
  {
    title: 'a folder inside a portable one may not import the store',
    file: 'packages/node/src/signing/record/deep.ts',
    text: reexport('../../store/kv.ts'),
    rule: imports,
  },
  {
    title: 'the ports may not import an adapter',
    file: 'packages/node/src/ports.ts',
    text: reexport('./files/disk.ts'),
    rule: imports,
  },
  {
    title: 'the SDK may not import Node',
    file: 'packages/sdk/src/files.ts',
    text: reexport('node:fs'),
    rule: imports,
  },
  {
    title: 'the SDK may not import its part that is for Node alone',
    file: 'packages/sdk/src/keys/file.ts',
    text: reexport('../node-only/key-file.ts'),
    rule: imports,
  },
  {
    title: 'the simulator may not import the whole node',
    file: 'packages/sim/src/whole.ts',
    text: reexport('@consilium/node'),
    rule: imports,
  },
  {
    title: 'the simulated cluster may not import Node',
    file: 'packages/sim/src/cluster.ts',
    text: reexport('node:fs'),
    rule: imports,
  },
  {
    title: 'a checker may not import Node',
    file: 'packages/chaos/src/checkers/files.ts',
    text: reexport('node:fs'),
    rule: imports,
  },
  {
    title: 'the devnet starts the node and does not import it',
    file: 'packages/devnet/src/inside.ts',
    text: reexport('@consilium/node'),
    rule: imports,
  },
  {
    title: 'a command may not import what the command line does not list',
    file: 'packages/cli/src/colours.ts',
    text: reexport('pino'),
    rule: imports,
  },
  {
    title: 'a command may not load the node when it starts',
    file: 'packages/cli/src/heavy.ts',
    text: "import { start } from '@consilium/node';\n\nstart();\n",
    rule: 'plugin',
  },
  {
    title: 'a command may not re-export the devnet',
    file: 'packages/cli/src/through.ts',
    text: reexport('@consilium/devnet'),
    rule: 'plugin',
  },
  {
    title: 'a clock is not named in core',
    file: 'packages/core/src/now.ts',
    text: 'export const now: number = Date.now();\n',
    rule: 'lint/style/noRestrictedGlobals',
  },
  {
    title: 'a clock is not named where a learner steps into the set',
    file: 'packages/node/src/membership/now.ts',
    text: 'export const now: number = Date.now();\n',
    rule: 'lint/style/noRestrictedGlobals',
  },
  {
    title: 'Math.random is not named where snapshots are fetched',
    file: 'packages/node/src/sync/draw.ts',
    text: 'export const draw: number = Math.random();\n',
    rule: 'plugin',
  },
  {
    title: 'a timer is not named in the replica',
    file: 'packages/node/src/replica/later.ts',
    text: 'setTimeout(() => undefined, 1);\n',
    rule: 'lint/style/noRestrictedGlobals',
  },
  {
    title: 'Math.random is not named in consensus',
    file: 'packages/consensus/src/draw.ts',
    text: 'export const draw: number = Math.random();\n',
    rule: 'plugin',
  },
  {
    title: 'Math.random is not taken out of Math in core',
    file: 'packages/core/src/draw.ts',
    text: 'const { random } = Math;\n\nexport const draw: number = random();\n',
    rule: 'plugin',
  },
  {
    title: 'two files may not import each other',
    file: 'packages/core/src/cycle-a.ts',
    text: "import { b } from './cycle-b.ts';\n\nexport const a: number = b + 1;\n",
    rule: 'lint/suspicious/noImportCycles',
  },
  {
    title: 'both files of a circle are named',
    file: 'packages/core/src/cycle-b.ts',
    text: "import { a } from './cycle-a.ts';\n\nexport const b: number = a + 1;\n",
    rule: 'lint/suspicious/noImportCycles',
  },
  {
    title: 'a package that is not declared may not be imported',
    file: 'packages/node/src/api/undeclared.ts',
    text: reexport('commander'),
    rule: 'lint/correctness/noUndeclaredDependencies',
  },
  {
    title: 'a promise may not be left floating',
    file: 'packages/node/src/net/floating.ts',
    text: 'async function send(): Promise<void> {}\n\nsend();\n',
    rule: 'lint/nursery/noFloatingPromises',
  },
  {
    title: 'a function may not be longer than 70 lines',
    file: 'packages/core/src/long.ts',
    text: `export function long(): number {\n  let count = 0;\n${lines(70)}  return count;\n}\n`,
    rule: 'lint/complexity/noExcessiveLinesPerFunction',
  },
  {
    title: 'a function may not be a maze',
    file: 'packages/core/src/maze.ts',
    text: `export function maze(n: number): number {\n${'  if (n > 1 && n < 9) for (;;) if (n) return 1;\n'.repeat(4)}  return 0;\n}\n`,
    rule: 'lint/complexity/noExcessiveCognitiveComplexity',
  },
  {
    title: 'a default export is refused',
    file: 'packages/core/src/default.ts',
    text: 'export default 1;\n',
    rule: 'lint/style/noDefaultExport',
  },
  {
    title: 'an enum is refused',
    file: 'packages/core/src/enum.ts',
    text: 'export enum Step {\n  Propose = 0,\n}\n',
    rule: 'lint/style/noEnum',
  },
  {
    title: 'any is refused',
    file: 'packages/core/src/any.ts',
    text: 'export const value: any = 1;\n',
    rule: 'lint/suspicious/noExplicitAny',
  },
  {
    title: 'a non-null assertion is refused',
    file: 'packages/core/src/bang.ts',
    text: 'export const first = (list: number[]): number => list[0]!;\n',
    rule: 'lint/style/noNonNullAssertion',
  },
  {
    title: 'a file name that is not kebab-case is refused',
    file: 'packages/core/src/blockHeader.ts',
    text: 'export const one: number = 1;\n',
    rule: 'lint/style/useFilenamingConvention',
  },
  {
    title: 'a test that is switched off is refused',
    file: 'packages/core/test/unit/off.test.ts',
    text: "import { it } from 'vitest';\n\nit.skip('is off', () => {});\n",
    rule: 'lint/suspicious/noSkippedTests',
  },
  {
    title: 'another format is refused',
    file: 'packages/core/src/format.ts',
    text: 'export const one: number =   1\n',
    rule: 'format',
  },
];

const compilerPlants: Plant[] = [
  {
    title: 'a socket named in core is refused by the compiler',
    file: 'packages/core/src/socket.ts',
    text: "export const link: unknown = new WebSocket('ws://127.0.0.1');\n",
    rule: 'TS2304',
  },
  {
    title: 'a timer named in consensus is refused by the compiler',
    file: 'packages/consensus/src/timer.ts',
    text: 'export const timer: unknown = setTimeout(() => undefined, 1);\n',
    rule: 'TS2304',
  },
  {
    title: 'the process named in core is refused by the compiler',
    file: 'packages/core/src/environment.ts',
    text: "export const home: unknown = process.env['HOME'];\n",
    rule: 'TS2591',
  },
  {
    title: 'a file opened in consensus is refused by the compiler',
    file: 'packages/consensus/src/file.ts',
    text: "export type File = typeof import('node:fs');\n",
    rule: 'TS2591',
  },
  {
    title: 'a wrong type in a package is refused by the compiler',
    file: 'packages/node/src/api/wrong.ts',
    text: "export const height: number = 'seven';\n",
    rule: 'TS2322',
  },
  {
    title: 'a wrong type in a test is refused by the compiler',
    file: 'packages/sdk/test/unit/wrong.test.ts',
    text: "export const height: number = 'seven';\n",
    rule: 'TS2322',
  },
  {
    title: 'a wrong type in a script is refused by the compiler',
    file: 'scripts/wrong.ts',
    text: "export const height: number = 'seven';\n",
    rule: 'TS2322',
  },
  {
    title: 'an export without its type is refused by the compiler',
    file: 'packages/sdk/src/untyped.ts',
    text: 'export const list = [1].map((one) => one);\n',
    rule: 'TS9010',
  },
];

/** Files that look like the plants and are allowed: none of these may be reported. */
const innocent: Record<string, string> = {
  'packages/core/src/larger.ts': 'export const larger: number = Math.max(1, 2);\n',
  'packages/node/src/net/peers.ts': reexport('node:net'),
  'packages/node/src/store/kv.ts': 'export const kv: number = 1;\n',
  'packages/node/src/files/disk.ts': 'export const disk: number = 1;\n',
  'packages/node/src/mempool/neighbours.ts': reexport('../replica/index.ts'),
  'packages/node/src/signing/record/neighbours.ts': reexport('../../replica/index.ts'),
  'packages/sdk/src/node-only/key-file.ts': reexport('node:fs'),
  'packages/chaos/src/worker/main.ts': reexport('node:path'),
  'packages/sim/src/portable.ts': reexport('@consilium/node/replica'),
  'packages/cli/src/light.ts': "export const load = (): Promise<unknown> => import('@consilium/node');\n",
  'packages/cli/src/type-only.ts':
    "import type * as node from '@consilium/node';\n\nexport type Node = typeof node;\n",
};

const manifest: { scripts: Record<string, string> } = JSON.parse(
  readFileSync(join(repository, 'package.json'), 'utf8'),
);
const check = manifest.scripts['check'] ?? '';
const lint = 'biome check --error-on-warnings';

let tree: Tree;
let clean: Outcome;
let linted: string[];
let compiled: string[];

const write = (plants: Plant[]): void => {
  for (const plant of plants) tree.write(plant.file, plant.text);
};
const remove = (plants: Plant[]): void => {
  for (const plant of plants) tree.remove(plant.file);
};

beforeAll(async () => {
  tree = createTree();
  clean = await tree.run(check);
  for (const [file, text] of Object.entries(innocent)) tree.write(file, text);
  write(lintPlants);
  linted = (await tree.run(`${lint} --reporter=github --max-diagnostics=none .`)).output.split('\n');
  remove(lintPlants);
  for (const file of Object.keys(innocent)) tree.remove(file);
  write(compilerPlants);
  compiled = (await tree.run('tsc -b --pretty false')).output.split('\n');
  remove(compilerPlants);
}, 120_000);

afterAll(() => tree[Symbol.dispose]());

describe('npm run check', () => {
  it('passes on a clean tree', () => {
    expect(clean.output).toMatch(/Checked \d\d+ files/);
    expect(clean.code).toBe(0);
  });

  it('runs the linter and the compiler that the tests below run', () => {
    expect(check).toBe(`${lint} . && tsc -b`);
  });

  for (const planted of [lintPlants[0], compilerPlants[0]]) {
    it(`fails and names the file when ${planted?.title}`, async () => {
      const plants = planted === undefined ? [] : [planted];
      write(plants);
      const outcome = await tree.run(check);
      remove(plants);
      expect(outcome.code).not.toBe(0);
      expect(outcome.output).toContain(planted?.file);
    });
  }
});

describe('the linter', () => {
  for (const { title, file, rule } of lintPlants) {
    it(title, () => {
      const reports = linted.filter((line) => line.startsWith('::error') && line.includes(`${file},`));
      expect(reports.map((line) => line.replace(/^::error title=([^,]*),.*$/, '$1'))).toContain(rule);
    });
  }

  it('allows what the table of imports allows', () => {
    const files = Object.keys(innocent);
    expect(linted.filter((line) => files.some((file) => line.includes(`${file},`)))).toEqual([]);
  });
});

describe('the compiler', () => {
  for (const { title, file, rule } of compilerPlants) {
    it(title, () => {
      expect(compiled.filter((line) => line.startsWith(`${file}(`) && line.includes(rule))).not.toEqual([]);
    });
  }
});
