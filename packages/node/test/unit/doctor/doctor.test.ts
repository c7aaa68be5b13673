import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { concat, encode, PROTOCOL_VERSION_MAX, UPGRADES } from '@consilium/core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { verifySodium } from '../../../src/crypto/ed25519-sodium.ts';
import { systemRandom } from '../../../src/crypto/system-random.ts';
import { type DiagnoseDeps, type Diagnosis, diagnose } from '../../../src/doctor/diagnose.ts';
import { DIAGNOSES, type DiagnosisCode } from '../../../src/doctor/findings.ts';
import { type Machine, systemMachine } from '../../../src/doctor/machine.ts';
import { type HomePaths, homePaths, openHome } from '../../../src/files/home.ts';
import type { WhyReport } from '../../../src/observe/why.ts';
import { createGenesisFile } from '../../../src/setup/genesis.ts';
import { initHome } from '../../../src/setup/init.ts';
import { TABLES } from '../../../src/tables.ts';
import { makeLoneHome, runLone } from '../../support/filled-home.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const GOOD: Machine = {
  nodeJsVersion: '24.21.0',
  memoryBytes: 4 * 1024 ** 3,
  openFilesMax: 65_536,
  freeBytes: async () => 100 * 1024 ** 3,
  clockIsKept: async () => true,
  canListen: async () => 'free',
  canReach: async () => true,
  isAlive: () => true,
};

let made = '';

/** A home that has made blocks and was stopped in order. */
beforeAll(async () => {
  made = await mkdtemp(join(tmpdir(), 'consilium-doctor-'));
  await using node = await runLone(await makeLoneHome(made));
  await node.commit();
});
afterAll(() => rm(made, { recursive: true, force: true }));

async function copyOfHome(): Promise<HomePaths> {
  const paths = homePaths(join(await temporaryFolder(), 'home'));
  await cp(join(made, 'home'), paths.home, { recursive: true, preserveTimestamps: true });
  return paths;
}

function examine(home: string, deps: Partial<DiagnoseDeps> = {}): Promise<Diagnosis> {
  const askWhy = async () => undefined;
  return diagnose(home, { verify: verifySodium, machine: GOOD, env: {}, askWhy, ...deps });
}

const codesOf = ({ findings }: Diagnosis): DiagnosisCode[] => findings.map(({ code }) => code);

interface Fault {
  readonly code: DiagnosisCode;
  readonly what: string;
  readonly plant?: (paths: HomePaths) => Promise<unknown>;
  readonly machine?: Partial<Machine>;
  readonly env?: Record<string, string>;
}

async function edit(file: string, change: (text: string) => string): Promise<void> {
  await writeFile(file, change(await readFile(file, 'utf8')));
}

/** Another institution with its own home and genesis. */
async function stranger(): Promise<HomePaths> {
  const home = join(await temporaryFolder(), 'other');
  const { paths } = await initHome({ home, name: 'Other', listen: ['127.0.0.1:4199'] }, systemRandom);
  return paths;
}

const FAULTS: readonly Fault[] = [
  { code: 'HOME_MISSING', what: 'no config.toml', plant: ({ config }) => rm(config) },
  { code: 'HOME_PART_MISSING', what: 'a key file is gone', plant: ({ networkKey }) => rm(networkKey) },
  {
    code: 'HOME_OPEN_TO_OTHERS',
    what: 'a key that all can read',
    plant: ({ validatorKey }) => chmod(validatorKey, 0o644),
  },
  {
    code: 'HOME_OPEN_TO_OTHERS',
    what: 'a token that all can read',
    plant: ({ operatorToken }) => chmod(operatorToken, 0o604),
  },
  {
    code: 'KEY_INVALID',
    what: 'half a key file',
    plant: ({ custodyKey }) => writeFile(custodyKey, '{"kind":'),
  },
  {
    code: 'KEY_INVALID',
    what: 'a key of another institution',
    plant: async ({ networkKey }) => cp((await stranger()).networkKey, networkKey),
  },
  {
    code: 'CONFIG_WRONG',
    what: 'a key that does not exist',
    plant: ({ config }) => edit(config, (text) => text.replace('[api]', '[api]\nprot = 1')),
  },
  { code: 'CONFIG_WRONG', what: 'a variable with a wrong value', env: { CONSILIUM_API_PORT: 'many' } },
  {
    code: 'DEVELOPMENT_KEYS',
    what: 'a development key on a real network',
    plant: ({ networkKey }) =>
      edit(networkKey, (text) => text.replace('"development": false', '"development": true')),
  },
  { code: 'GENESIS_MISSING', what: 'no genesis', plant: ({ genesis }) => rm(genesis) },
  { code: 'GENESIS_DAMAGED', what: 'half a genesis', plant: ({ genesis }) => writeFile(genesis, '{') },
  {
    code: 'GENESIS_OTHER',
    what: 'the genesis of another network',
    plant: async ({ genesis, validatorCard }) => {
      await rm(genesis);
      await createGenesisFile({ chainId: 'other-1', cards: [validatorCard], out: genesis }, verifySodium);
    },
  },
  {
    code: 'NOT_A_MEMBER',
    what: 'the keys of somebody whom the ledger does not know',
    plant: async (paths) => {
      const { keys } = await stranger();
      await cp(keys, paths.keys, { recursive: true });
    },
  },
  {
    code: 'CARD_DIFFERS',
    what: 'a new network key that nobody was told of',
    plant: async (paths) => {
      const other = await stranger();
      const account = (JSON.parse(await readFile(paths.accountKey, 'utf8')) as { account: string }).account;
      const file = JSON.parse(await readFile(other.networkKey, 'utf8')) as object;
      await writeFile(paths.networkKey, JSON.stringify({ ...file, account }));
    },
  },
  { code: 'STORE_LOST', what: 'the data are gone', plant: ({ data }) => rm(data, { recursive: true }) },
  {
    code: 'STORE_LOST',
    what: 'the disk of the data is not mounted',
    plant: async ({ data }) => {
      await rm(data, { recursive: true });
      await mkdir(data);
    },
  },
  { code: 'CHAIN_MARKER_LOST', what: 'the marker is gone', plant: ({ holdsChain }) => rm(holdsChain) },
  {
    code: 'STORE_BROKEN',
    what: 'a file of the store is cut',
    plant: async ({ data }) => {
      const [manifest = ''] = (await readdir(data)).filter((name) => name.startsWith('MANIFEST'));
      await writeFile(join(data, manifest), 'no manifest');
    },
  },
  {
    code: 'STORE_OF_OTHER_VERSION',
    what: 'a store of a later version',
    plant: async ({ home }) => {
      await using opened = await openHome(home);
      const key = new TextEncoder().encode('format');
      await new Promise((resolve) => {
        opened.store.write([{ table: TABLES.meta, key, value: Uint8Array.of(99) }], resolve);
      });
    },
  },
  {
    code: 'SIGNING_RECORD_MISSING',
    what: 'the record is gone',
    plant: ({ state }) => rm(join(state, 'signing-record')),
  },
  {
    code: 'SIGNING_RECORD_DOUBTED',
    what: 'the record is damaged',
    plant: ({ state }) => writeFile(join(state, 'signing-record'), 'x'.repeat(1_000)),
  },
  {
    code: 'VERSION_TOO_OLD',
    what: 'an upgrade was decided that this version lacks',
    plant: async ({ home }) => {
      await using opened = await openHome(home);
      const key = concat(Uint8Array.of(UPGRADES.number), UPGRADES.keyOf());
      const value = encode(UPGRADES.shape, [{ height: 900, version: PROTOCOL_VERSION_MAX + 1 }]);
      await new Promise((resolve) => {
        opened.store.write([{ table: TABLES.state, key, value }], resolve);
      });
    },
  },
  { code: 'SIGNER_AWAY', what: 'no signer at its socket', env: { CONSILIUM_SIGNER_SOCKET: 'none.sock' } },
  {
    code: 'PORT_TAKEN',
    what: 'a port is taken',
    machine: { canListen: async (_host, port) => (port === 4200 ? 'taken' : 'free') },
  },
  {
    code: 'ADDRESS_NOT_HERE',
    what: 'an address of another machine',
    machine: { canListen: async (_host, port) => (port === 4100 ? 'not-here' : 'free') },
  },
  {
    code: 'PID_STALE',
    what: 'the process died',
    plant: ({ pid }) => writeFile(pid, '4194304\n'),
    machine: { isAlive: () => false },
  },
  { code: 'DISK_LOW', what: 'a full disk', machine: { freeBytes: async () => 5_000_000 } },
  { code: 'CLOCK_NOT_KEPT', what: 'NTP is off', machine: { clockIsKept: async () => false } },
  { code: 'MEMORY_LOW', what: 'a small machine', machine: { memoryBytes: 200 * 1024 ** 2 } },
  { code: 'FILES_LIMIT_LOW', what: 'few files', machine: { openFilesMax: 256 } },
  { code: 'NODE_JS_OLD', what: 'an old Node.js', machine: { nodeJsVersion: '22.4.0' } },
];

const NEEDS_A_PROCESS_OR_PEERS: readonly DiagnosisCode[] = [
  'NODE_NOT_RUNNING',
  'NODE_SILENT',
  'NODE_NOT_READY',
  'NO_BLOCKS',
  'PEER_UNREACHABLE',
  'OWN_ADDRESS_UNREACHABLE',
];

describe('doctor: at least ten planted faults found, each with a code and the command that mends it', () => {
  test('a whole home is clean', async () => {
    const { home } = await copyOfHome();
    const diagnosis = await examine(home);
    expect(codesOf(diagnosis)).toEqual(['NODE_NOT_RUNNING']);
    expect(diagnosis).toMatchObject({ healthy: true, running: false });
  });

  test.each(FAULTS)('$code: $what', async ({ code, plant, machine = {}, env = {} }) => {
    const paths = await copyOfHome();
    await plant?.(paths);
    const diagnosis = await examine(paths.home, { machine: { ...GOOD, ...machine }, env });
    const found = diagnosis.findings.filter((each) => each.code === code);
    expect(codesOf(diagnosis)).toContain(code);
    expect(found[0]?.command).not.toMatch(/\{\w+\}/);
    expect(diagnosis.healthy).toBe(DIAGNOSES[code].severity !== 'fault');
  });

  test('every code is planted', () => {
    const planted = new Set([...FAULTS.map(({ code }) => code), ...NEEDS_A_PROCESS_OR_PEERS]);
    expect([...planted].sort()).toEqual(Object.keys(DIAGNOSES).sort());
  });

  test('several faults are all found at once', async () => {
    const { home, validatorKey, genesis } = await copyOfHome();
    await chmod(validatorKey, 0o640);
    await rm(genesis);
    const codes = codesOf(await examine(home, { machine: { ...GOOD, freeBytes: async () => 0 } }));
    expect(codes).toEqual(expect.arrayContaining(['HOME_OPEN_TO_OTHERS', 'GENESIS_MISSING', 'DISK_LOW']));
  });

  test('a fresh home lacks only its genesis, and a home before its first start is clean', async () => {
    const { home, data, validatorCard, genesis } = await stranger();
    expect(codesOf(await examine(home))).toEqual(['GENESIS_MISSING', 'NODE_NOT_RUNNING']);
    await createGenesisFile({ chainId: 'new-1', cards: [validatorCard], out: genesis }, verifySodium);
    expect(codesOf(await examine(home))).toEqual(['NODE_NOT_RUNNING']);
    expect(await readdir(data)).toEqual([]);
  });

  test('a hospital that takes no connection is named, with the address that was tried', async () => {
    const own = await stranger();
    const cards = [own.validatorCard, await cardNamed('Away')];
    await createGenesisFile({ chainId: 'two-1', cards, out: own.genesis }, verifySodium);
    const { findings } = await examine(own.home, { machine: { ...GOOD, canReach: async () => false } });
    expect(findings[0]).toMatchObject({
      code: 'PEER_UNREACHABLE',
      text: expect.stringContaining('Away at 127.0.0.1:4188'),
      command: 'nc -vz 127.0.0.1 4188',
    });
  });
});

async function cardNamed(name: string): Promise<string> {
  const home = join(await temporaryFolder(), 'named');
  const { paths } = await initHome({ home, name, listen: ['127.0.0.1:4188'] }, systemRandom);
  return paths.validatorCard;
}

describe('doctor, while a process holds the home', () => {
  async function held(report: object | undefined, machine: Partial<Machine> = {}): Promise<Diagnosis> {
    const { home } = await copyOfHome();
    const opened = await openHome(home);
    onTestFinished(() => opened.close());
    const askWhy = async () => report as WhyReport | undefined;
    return examine(home, { askWhy, machine: { ...GOOD, canListen: async () => 'taken', ...machine } });
  }
  const well = { code: 'IDLE', answer: 'Nothing.', readiness: { ready: true, reasons: [] } };

  test('a node that does well is clean: its own ports are its own', async () => {
    expect(await held(well)).toEqual({ findings: [], running: true, healthy: true });
  });

  test('NODE_SILENT, NODE_NOT_READY, NO_BLOCKS, OWN_ADDRESS_UNREACHABLE', async () => {
    expect(codesOf(await held(undefined))).toEqual(['NODE_SILENT']);
    const reasons = [{ code: 'STUCK', text: 'no block' }];
    const stuck = { code: 'VOTES_MISSING', answer: 'No votes.', readiness: { ready: false, reasons } };
    const diagnosis = await held(stuck, { canReach: async () => false });
    expect(codesOf(diagnosis)).toEqual(['OWN_ADDRESS_UNREACHABLE', 'NODE_NOT_READY', 'NO_BLOCKS']);
    expect(diagnosis.findings[2]?.text).toContain('No votes.');
  });
});

describe('what the doctor asks of the machine', () => {
  test('ports that are free, taken, or not of this machine; whom it reaches; which process lives', async () => {
    const machine = systemMachine();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    expect(await machine.canListen('127.0.0.1', port)).toBe('taken');
    expect(await machine.canReach('127.0.0.1', port)).toBe(true);
    await new Promise((resolve) => server.close(resolve));
    expect(await machine.canListen('127.0.0.1', port)).toBe('free');
    expect(await machine.canReach('127.0.0.1', port)).toBe(false);
    expect(await machine.canListen('192.0.2.1', port)).toBe('not-here');
    expect([machine.isAlive(process.pid), machine.isAlive(4_194_305)]).toEqual([true, false]);
    expect(machine.memoryBytes).toBeGreaterThan(1_000_000);
  });
});

describe('docs/operate/watching.md', () => {
  test('shows every code of the doctor with its meaning and command', async () => {
    const page = await readFile(new URL('../../../../../docs/operate/watching.md', import.meta.url), 'utf8');
    const rows = [...page.matchAll(/^\| `([A-Z_]+)` \| (.*?) \| `(.*?)` \|$/gm)].map(
      ([, code, meaning, command]) => [code, meaning, command],
    );
    const expected = Object.entries(DIAGNOSES).map(([code, { meaning, command }]) => [
      code,
      meaning,
      command,
    ]);
    expect(rows.filter(([code = '']) => Object.hasOwn(DIAGNOSES, code))).toEqual(expected);
  });
});
