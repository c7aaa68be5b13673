import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  accountIdOf,
  cardFromJson,
  fingerprintOf,
  genesisHash,
  genesisToJson,
  secretKeyFromSeed,
  verifyEd25519,
} from '@consilium/core';
import { parseKeyFile } from '@consilium/sdk';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { systemRandom } from '../../../src/crypto/system-random.ts';
import { checkHome, type HomePaths, homePaths } from '../../../src/files/home.ts';
import { secretOfSeed } from '../../../src/keys/key-file.ts';
import { readNodeKeys } from '../../../src/keys/store.ts';
import {
  createGenesisFile,
  type GenesisOptions,
  homeGenesis,
  readGenesis,
  summaryOf,
} from '../../../src/setup/genesis.ts';
import { type InitOptions, initHome, type NewHome } from '../../../src/setup/init.ts';
import { refusalOf } from '../support/refusals.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

function init(home: string, options: Partial<InitOptions> = {}): Promise<NewHome> {
  const defaults = { home, name: 'Nord', listen: ['10.0.0.1:4100'] };
  return initHome({ ...defaults, ...options }, systemRandom);
}

const secretOf = (number: number) => secretKeyFromSeed(new Uint8Array(32).fill(number));
const custodySecretOf = (number: number) => secretOfSeed('custody', new Uint8Array(32).fill(number));

describe('a new home', () => {
  test('has secret keys, a card that they signed and a configuration that loads', async () => {
    const home = join(await temporaryFolder(), 'nord');
    const { paths, card } = await init(home);
    expect((await readdir(home)).sort()).toEqual([
      'config.toml',
      'data',
      'keys',
      'state',
      'validator.json',
      'vault',
    ]);
    await checkHome(paths);
    for (const name of await readdir(paths.keys)) {
      expect((await stat(join(paths.keys, name))).mode & 0o777).toBe(0o600);
    }
    const keys = await readNodeKeys(paths);
    const handedOut = cardFromJson(await readFile(paths.validatorCard, 'utf8'), verifyEd25519);
    expect(handedOut).toEqual(card);
    expect(card).toMatchObject({
      name: 'Nord',
      accountKey: keys.account.secret.publicKey,
      validatorKey: keys.validator.secret.publicKey,
      networkKey: keys.network.secret.publicKey,
      custodyKey: keys.custody.secret.publicKey,
      addresses: ['/ip4/10.0.0.1/tcp/4100'],
      development: false,
    });
    const { config } = await loadConfig(paths.config, {}, {});
    expect([config.name, config.p2p.listen]).toEqual(['Nord', ['/ip4/10.0.0.1/tcp/4100']]);
  });

  test('has a key file with which the SDK signs as the institution', async () => {
    const { paths, card } = await init(join(await temporaryFolder(), 'nord'));
    const file = parseKeyFile(await readFile(paths.accountKey, 'utf8'));
    expect(file).toMatchObject({
      name: 'Nord',
      role: 'institution',
      account: accountIdOf(card.accountKey),
      publicKey: card.accountKey,
    });
  });

  test('never has the keys of another', async () => {
    const folder = await temporaryFolder();
    const [a, b] = [await init(join(folder, 'a')), await init(join(folder, 'b'))];
    const keysOf = ({ card }: NewHome) => [
      card.accountKey,
      card.validatorKey,
      card.networkKey,
      card.custodyKey,
    ];
    expect(new Set([...keysOf(a), ...keysOf(b)]).size).toBe(8);
  });

  test('is not made over another, whatever is left of it', async () => {
    const home = join(await temporaryFolder(), 'nord');
    const { paths } = await init(home);
    const before = await readFile(paths.accountKey, 'utf8');
    expect(await refusalOf(() => init(home))).toMatchObject({
      code: 'FILE_EXISTS',
      data: { file: paths.config },
    });
    await rm(paths.config);
    await rm(paths.validatorCard);
    expect(await refusalOf(() => init(home))).toMatchObject({
      code: 'FILE_EXISTS',
      data: { file: paths.accountKey },
    });
    expect(await readFile(paths.accountKey, 'utf8')).toBe(before);
  });

  test('listens everywhere when it is reached by a name, and elsewhere than it announces when told so', async () => {
    const folder = await temporaryFolder();
    const listenOf = async (paths: HomePaths) => (await loadConfig(paths.config, {}, {})).config.p2p.listen;
    const named = await init(join(folder, 'named'), { listen: ['node.nord.example:4100'] });
    expect(named.card.addresses).toEqual(['/dns4/node.nord.example/tcp/4100']);
    expect(await listenOf(named.paths)).toEqual(['/ip4/0.0.0.0/tcp/4100']);
    const behind = await init(join(folder, 'behind'), {
      listen: ['0.0.0.0:4100'],
      announce: ['203.0.113.5:9000'],
    });
    expect(behind.card.addresses).toEqual(['/ip4/203.0.113.5/tcp/9000']);
    expect(await listenOf(behind.paths)).toEqual(['/ip4/0.0.0.0/tcp/4100']);
  });

  test.each([
    [{ listen: ['0.0.0.0:4100'] }, '--listen'],
    [{ listen: ['/ip6/::/tcp/4100'] }, '--listen'],
    [{ listen: ['10.0.0.1:0'] }, '--listen'],
    [{ listen: ['10.0.0.1'] }, '--listen'],
    [{ listen: [] }, '--listen'],
    [{ listen: Array.from({ length: 5 }, (_, port) => `10.0.0.1:${port + 1}`) }, '--listen'],
    [{ announce: ['0.0.0.0:4100'] }, '--announce'],
    [{ announce: ['nord'] }, '--announce'],
    [{ name: '' }, '--org'],
    [{ name: 'x'.repeat(65) }, '--org'],
  ])('is refused with %j, and nothing is made', async (options, option) => {
    const home = join(await temporaryFolder(), 'nord');
    expect(await refusalOf(() => init(home, options))).toMatchObject({
      code: 'USAGE_INVALID',
      data: { option },
    });
    expect((await refusalOf(() => checkHome(homePaths(home)))).code).toBe('HOME_MISSING');
  });

  test('of a development network takes given keys and says so, and further settings', async () => {
    const developmentKeys = {
      account: secretOf(1),
      validator: secretOf(2),
      network: secretOf(3),
      custody: custodySecretOf(4),
    };
    const { paths, card } = await init(join(await temporaryFolder(), 'dev'), {
      developmentKeys,
      settings: { 'api.port': 4711 },
    });
    expect(card).toMatchObject({ accountKey: secretOf(1).publicKey, development: true });
    expect((await readNodeKeys(paths)).network.development).toBe(true);
    expect((await loadConfig(paths.config, {}, {})).config.api.port).toBe(4711);
  });
});

async function threeCards(development = false): Promise<{ folder: string; cards: string[] }> {
  const folder = await temporaryFolder();
  const homes = [];
  for (const first of [10, 20, 30]) {
    const developmentKeys = {
      account: secretOf(first),
      validator: secretOf(first + 1),
      network: secretOf(first + 2),
      custody: custodySecretOf(first + 3),
    };
    const options = { name: `H${first}`, ...(development ? { developmentKeys } : {}) };
    homes.push(await init(join(folder, `h${first}`), options));
  }
  return { folder, cards: homes.map(({ paths }) => paths.validatorCard) };
}

const create = (options: GenesisOptions) => createGenesisFile(options, verifyEd25519);

describe('a genesis file', () => {
  test('is the same bytes in whatever order the cards are named', async () => {
    const { folder, cards } = await threeCards();
    const [a, b] = [join(folder, 'a.json'), join(folder, 'b.json')];
    const first = await create({ chainId: 'hospitals-1', cards, out: a });
    const second = await create({ chainId: 'hospitals-1', cards: [...cards].reverse(), out: b });
    expect(await readFile(a, 'utf8')).toBe(await readFile(b, 'utf8'));
    expect(second).toEqual(first);
    const genesis = await readGenesis(a, verifyEd25519);
    expect(await readFile(a, 'utf8')).toBe(genesisToJson(genesis));
    expect(first).toEqual(summaryOf(genesis));
    expect(first).toMatchObject({
      hash: genesisHash(genesis),
      faultyMax: 0,
      time: 0,
      development: false,
    });
    expect(first.validators.map(({ name }) => name).sort()).toEqual(['H10', 'H20', 'H30']);
  });

  test('has a fingerprint that can be read out', () => {
    expect(fingerprintOf('0123456789abcdef'.repeat(4))).toBe('0123 4567 89ab cdef 0123 4567 89ab cdef');
  });

  test('is not written over another', async () => {
    const { folder, cards } = await threeCards();
    const out = join(folder, 'genesis.json');
    await create({ chainId: 'hospitals-1', cards, out });
    expect((await refusalOf(() => create({ chainId: 'hospitals-2', cards, out }))).code).toBe('FILE_EXISTS');
    expect((await readGenesis(out, verifyEd25519)).chainId).toBe('hospitals-1');
  });

  test('is refused with a card that was changed, twice the same, missing, or none', async () => {
    const { folder, cards } = await threeCards();
    const out = join(folder, 'genesis.json');
    const first = cards[0] ?? '';
    expect(await refusalOf(() => create({ chainId: 'x', cards: [first, first], out }))).toMatchObject({
      code: 'GENESIS_INVALID',
      data: { rule: 'a key stands twice' },
    });
    expect((await refusalOf(() => create({ chainId: 'x', cards: [], out }))).code).toBe('GENESIS_INVALID');
    const missing = join(folder, 'nobody.json');
    expect((await refusalOf(() => create({ chainId: 'x', cards: [missing], out }))).data['file']).toBe(
      missing,
    );
    await writeFile(first, (await readFile(first, 'utf8')).replace('10.0.0.1', '10.6.6.6'));
    const refusal = await refusalOf(() => create({ chainId: 'x', cards, out }));
    expect(refusal).toMatchObject({
      code: 'CARD_INVALID',
      data: { file: first, rule: 'keys or signatures' },
    });
    expect(refusal.message).toContain(first);
  });

  test.each(['', 'Hospitals', 'a b', '-a', 'a-', 'ä', 'x'.repeat(49)])(
    'is refused with the chain id %j',
    async (chainId) => {
      const out = join(await temporaryFolder(), 'genesis.json');
      expect(await refusalOf(() => create({ chainId, cards: [], out }))).toMatchObject({
        code: 'USAGE_INVALID',
        data: { option: '--chain-id' },
      });
    },
  );

  test('with development keys is refused unless the chain id begins with dev-', async () => {
    const { folder, cards } = await threeCards(true);
    const out = join(folder, 'genesis.json');
    expect((await refusalOf(() => create({ chainId: 'hospitals-1', cards, out }))).code).toBe(
      'GENESIS_INVALID',
    );
    expect((await create({ chainId: 'dev-1', cards, out })).development).toBe(true);
  });

  test('names itself when it cannot be read', async () => {
    const file = join(await temporaryFolder(), 'genesis.json');
    await writeFile(file, '{}');
    expect(await refusalOf(() => readGenesis(file, verifyEd25519))).toMatchObject({
      code: 'GENESIS_INVALID',
      data: { file, rule: 'form' },
    });
  });
});

describe('the genesis of a home', () => {
  test('is taken over at the first start, kept after, and another is refused', async () => {
    const { folder, cards } = await threeCards();
    const paths = homePaths(join(folder, 'h10'));
    const missing = await refusalOf(() => homeGenesis(paths, undefined, verifyEd25519));
    expect(missing).toMatchObject({ code: 'FILE_MISSING', data: { file: paths.genesis } });
    expect(missing.message).toContain('--genesis');
    const [one, two] = [join(folder, 'one.json'), join(folder, 'two.json')];
    const { hash } = await create({ chainId: 'hospitals-1', cards, out: one });
    const other = await create({ chainId: 'hospitals-2', cards, out: two });
    expect(genesisHash(await homeGenesis(paths, one, verifyEd25519))).toBe(hash);
    expect(genesisHash(await homeGenesis(paths, undefined, verifyEd25519))).toBe(hash);
    expect(genesisHash(await homeGenesis(paths, one, verifyEd25519))).toBe(hash);
    expect(await refusalOf(() => homeGenesis(paths, two, verifyEd25519))).toMatchObject({
      code: 'GENESIS_MISMATCH',
      data: { home: hash, given: other.hash },
    });
    expect(await readFile(paths.genesis, 'utf8')).toBe(await readFile(one, 'utf8'));
  });
});
