// The package as a hospital gets it: a tarball, a machine that has none of the clone, no network to fetch from.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freeBasePort } from '../../../packages/devnet/src/index.ts';
import { findOlderNode } from '../support/older-node.ts';
import { createFolder, type Outcome, repository, runShell } from '../support/tree.ts';

const PACK_AND_RUN_MS = 240_000;

const folder = createFolder();
const command = join(folder.root, 'prefix/bin/consilium');
const installed = join(folder.root, 'prefix/lib/node_modules/consilium');
const SAMPLE = join(installed, 'devnet/sample/castle-hill.json');
const work = join(folder.root, 'work');
let tarball = '';

/** Of a shell that never saw the clone: the Node that runs this and the system's tools. */
function environment(): NodeJS.ProcessEnv {
  const foreign = /^(npm_|VITEST|VITE_|NODE_|TEST|INIT_CWD|CONSILIUM_)/i;
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  const system = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((each) => !each.includes('node_modules'));
  return {
    ...Object.fromEntries(kept),
    PATH: [dirname(process.execPath), ...system].join(delimiter),
    HOME: work,
  };
}

const shell = (line: string): Promise<Outcome> => runShell(line, work, environment());

async function json<T>(words: string): Promise<T> {
  const { code, stdout, output } = await shell(`"${command}" ${words} --json`);
  expect(code, `${words}: ${output}`).toBe(0);
  return JSON.parse(stdout) as T;
}

beforeAll(async () => {
  folder.write('work/letter.txt', 'A letter that stays in this house.');
  const packing = `"${process.execPath}" scripts/pack.ts --json --out "${folder.root}"`;
  const packed = await runShell(packing, repository);
  expect(packed.code, packed.output).toBe(0);
  tarball = (JSON.parse(packed.stdout) as { file: string }).file;
  const prefix = join(folder.root, 'prefix');
  const cache = join(folder.root, 'empty-cache');
  const install = await shell(
    `npm install --global --offline --prefix "${prefix}" --cache "${cache}" "${tarball}"`,
  );
  expect(install.code, install.output).toBe(0);
}, PACK_AND_RUN_MS);

afterAll(() => folder[Symbol.dispose]());

it(
  'A packed consilium installs from its tarball and runs four hospitals',
  async () => {
    const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
      version: string;
    };
    expect(await json('--version')).toMatchObject({ version, storeFormat: expect.any(Number) });
    // The cases are files of the package.
    const { cases, agreed } = await json<{ cases: number; agreed: number }>('consent conformance');
    expect(cases).toBeGreaterThanOrEqual(60);
    expect(agreed).toBe(cases);
    try {
      await json(`devnet up --detach --base-port ${await freeBasePort()}`);
      expect(await json('anchor add letter.txt --as a')).toMatchObject({
        count: 1,
        height: expect.any(Number),
      });
      const { nodes } = await json<{ nodes: readonly { height: number }[] }>('devnet status');
      expect(nodes).toHaveLength(4);
      for (const { height } of nodes) expect(height).toBeGreaterThan(0);
      // What only these load: the validator of FHIR with its definitions.
      await json('key new anna.json --role patient');
      await json('patient enrol --wallet anna.json --local 0815 --as a');
      const { records } = await json<{ records: readonly object[] }>(
        `record add "${SAMPLE}" --patient 0815 --as a`,
      );
      expect(records).toHaveLength(24);
      await json('devnet down');
    } finally {
      await shell(`"${command}" devnet reset`);
    }
  },
  PACK_AND_RUN_MS,
);

it(
  'A packed consilium makes a home and starts its daemon, which ends in order',
  async () => {
    const home = join(work, 'north');
    await json(`node init --org "Hospital North" --listen 127.0.0.1:4100 --home "${home}"`);
    await json(
      `genesis create --chain-id lone-1 --validator "${home}/validator.json" --out "${work}/genesis.json"`,
    );
    const args = ['node', 'start', '--home', home, '--genesis', `${work}/genesis.json`, '--exit-with-parent'];
    const ports = ['p2p.listen=/ip4/127.0.0.1/tcp/0', 'api.port=0', 'metrics.port=0'];
    const free = ports.flatMap((setting) => ['--set', setting]);
    const daemon = spawn(command, [...args, ...free], {
      env: environment(),
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let log = '';
    const started = new Promise<void>((resolve) => {
      daemon.stdout.setEncoding('utf8').on('data', (text: string) => {
        log += text;
        if (log.includes('"node.started"')) resolve();
      });
    });
    const ended = new Promise<number | null>((resolve) => {
      daemon.once('exit', resolve);
    });
    await Promise.race([started, ended]);
    daemon.kill('SIGTERM');
    expect(await ended, log).toBe(0);
  },
  PACK_AND_RUN_MS,
);

it('The packed command says in one sentence that a Node is too old, and ends with 78', () => {
  const [older, ...words] = findOlderNode();
  const { status, stdout, stderr } = spawnSync(older, [...words, command, 'status'], { encoding: 'utf8' });
  expect({ status, stdout }).toEqual({ status: 78, stdout: '' });
  expect(stderr).toMatch(/^NODE_TOO_OLD: .*Node 24 or newer.*\.\n$/);
});

it('The package carries what operators need, the licences of all that is in it, and calls its command by its name', () => {
  for (const file of ['docs/operate.md', 'deploy/consilium.service', 'deploy/Containerfile', 'LICENSE'])
    expect(readFileSync(join(installed, file), 'utf8').length).toBeGreaterThan(0);
  const licences = readFileSync(join(installed, 'THIRD-PARTY-LICENCES.txt'), 'utf8');
  for (const name of ['libp2p', 'fastify', 'sodium-native', 'classic-level', '@noble/ed25519'])
    expect(licences).toMatch(new RegExp(`^${name} \\d`, 'm'));
  expect(readFileSync(join(installed, 'docs/operate.md'), 'utf8')).not.toContain('npx consilium');
});
