import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { configMistakes, loadConfig, resolveConfig } from '../../../src/config/load.ts';
import { renderConfig } from '../../../src/config/render.ts';
import { type Config, SETTING_NAMES, SETTINGS } from '../../../src/config/settings.ts';
import { refusalOf } from '../support/refusals.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const DEFAULTS: Config = {
  name: 'Nord',
  keys: { passphraseFile: '' },
  signer: { socket: '' },
  p2p: { listen: ['/ip4/0.0.0.0/tcp/4100'] },
  peers: { addresses: {} },
  api: {
    host: '127.0.0.1',
    port: 4200,
    auth: 'open',
    hosts: [],
    tlsCert: '',
    tlsKey: '',
    clientCa: '',
  },
  metrics: { host: '127.0.0.1', port: 4300 },
  log: { level: 'info', file: '' },
  mempool: { txsMax: 6_000, bytesMax: 16_777_216 },
  snapshots: { everyBlocks: 10_000, everyMinutes: 360 },
  store: { keepBlocks: 0, keepDays: 0 },
  timing: { rebroadcastMs: 1_000, statusMs: 3_000 },
};

const file = (toml: string) => ({ name: 'config.toml', toml });
const configOf = (toml: string): Config => resolveConfig({ file: file(toml) }).config;
const refusalOfToml = (toml: string) => refusalOf(() => resolveConfig({ file: file(toml) }));

describe('the configuration', () => {
  test('of a name alone is the defaults', () => {
    expect(configOf('name = "Nord"')).toEqual(DEFAULTS);
  });

  test('takes flags before the environment, that before the file, that before the default', () => {
    const toml = 'name = "Nord"\n[api]\nport = 1\n[metrics]\nport = 1\n[timing]\nstatus_ms = 101\n';
    const environment = { CONSILIUM_API_PORT: '2', CONSILIUM_METRICS_PORT: '2', CONSILIUM_LOG_LEVEL: '' };
    const { config, settings } = resolveConfig({
      file: file(toml),
      environment,
      flags: { 'api.port': '3' },
    });
    expect([config.api.port, config.metrics.port, config.timing.statusMs]).toEqual([3, 2, 101]);
    const originOf = (name: string) => settings.find((setting) => setting.name === name);
    expect(originOf('api.port')).toEqual({ name: 'api.port', value: '3', origin: 'flag --set api.port' });
    expect(originOf('metrics.port')?.origin).toBe('environment CONSILIUM_METRICS_PORT');
    expect(originOf('timing.status_ms')?.origin).toBe('config.toml, line 7');
    expect(originOf('log.level')).toEqual({ name: 'log.level', value: '"info"', origin: 'default' });
    expect(settings.map(({ name }) => name)).toEqual(SETTING_NAMES);
  });

  test('says what is missing and where it could be set', async () => {
    const refusal = await refusalOf(() => resolveConfig({}));
    expect(refusal).toMatchObject({ code: 'CONFIG_INVALID', data: { setting: 'name' } });
    expect(refusal.message).toBe('name is not set: in the file, as --set name or as CONSILIUM_NAME');
  });

  test('takes the values as written, in every place', () => {
    const environment = {
      CONSILIUM_NAME: 'Süd',
      CONSILIUM_P2P_LISTEN: '/ip4/10.0.0.1/tcp/1, [fd00::1]:2',
      CONSILIUM_PEERS_ADDRESSES: 'Ost Klinik=ost.example:4100,ab=10.0.0.2:1',
    };
    const { config } = resolveConfig({ environment });
    expect(config.name).toBe('Süd');
    expect(config.p2p.listen).toEqual(['/ip4/10.0.0.1/tcp/1', '/ip6/fd00::1/tcp/2']);
    expect(config.peers.addresses).toEqual({
      'Ost Klinik': ['/dns4/ost.example/tcp/4100'],
      ab: ['/ip4/10.0.0.2/tcp/1'],
    });
    const toml = `
      name = "Nord"
      p2p.listen = ["/ip4/10.0.0.1/tcp/1"]
      [peers.addresses]
      "St. Mary" = "/dns4/mary.example/tcp/4100"
      West = ["10.0.0.3:1", "/ip6/fd00::3/tcp/1"]
    `;
    expect(configOf(toml).peers.addresses).toEqual({
      'St. Mary': ['/dns4/mary.example/tcp/4100'],
      West: ['/ip4/10.0.0.3/tcp/1', '/ip6/fd00::3/tcp/1'],
    });
  });
});

describe('a mistake in the configuration file', () => {
  test.each([
    ['name = "Nord"\n\n[api]\nprot = 1\n', 4, 'api.prot', 'api.port'],
    ['name = "Nord"\nport = 1\n', 2, 'port', 'api.port'],
    ['name = "Nord"\n[metric]\nport = 1\n', 2, 'metric', 'metrics'],
    ['nmae = "Nord"\n', 1, 'nmae', 'name'],
    ['[mempool]\n# a comment\n\n  tx_max = 100', 4, 'mempool.tx_max', 'mempool.txs_max'],
    ['api = { host = "127.0.0.1", hots = "::1" }', 1, 'api.hots', 'api.hosts'],
    ['p2p.listen = [\n"10.0.0.1:1",\n]\nlog.levle = "info"', 4, 'log.levle', 'log.level'],
    ['name = """\n[api]\nprot = 1\n"""\r\n[api]\r\nprot = 1', 6, 'api.prot', 'api.port'],
  ])('an unknown key has its line and what was meant: %j', async (toml, line, key, suggestion) => {
    const refusal = await refusalOfToml(toml);
    expect(refusal).toMatchObject({
      code: 'CONFIG_KEY_UNKNOWN',
      data: { file: 'config.toml', line, key, suggestion },
    });
    expect(refusal.message).toBe(
      `config.toml, line ${line}: there is no setting "${key}"; did you mean ${suggestion}?`,
    );
  });

  test('an unknown key that resembles nothing gets no suggestion', async () => {
    const { data } = await refusalOfToml('blockchain = true');
    expect(data).toEqual({ file: 'config.toml', line: 1, key: 'blockchain' });
  });

  test.each([
    ['[api]\n\nport = "4200"', 3, 'api.port', 'an integer from 0 to 65535 (0 takes a free one)'],
    ['[api]\nport = 65536', 2, 'api.port', 'an integer from 0 to 65535 (0 takes a free one)'],
    ['[api]\nport = -1', 2, 'api.port', 'an integer from 0 to 65535 (0 takes a free one)'],
    ['[api]\nport = 42.5', 2, 'api.port', 'an integer from 0 to 65535 (0 takes a free one)'],
    ['[api]\nhost = "example.org"', 2, 'api.host', 'an IP address of this machine or "localhost"'],
    ['name = ""', 1, 'name', 'text of 1 to 64 characters'],
    ['log.level = "trace"', 1, 'log.level', 'one of "debug", "info", "warn", "error"'],
    ['log.level = true', 1, 'log.level', 'one of "debug", "info", "warn", "error"'],
    ['\n\napi = 4200', 3, 'api', 'a table of settings, [api]'],
    ['api = 2026-01-01', 1, 'api', 'a table of settings, [api]'],
    ['[[api]]\nport = 1', 1, 'api', 'a table of settings, [api]'],
  ])('a wrong value has its line and what would be right: %j', async (toml, line, setting, expected) => {
    const refusal = await refusalOfToml(toml);
    expect(refusal).toMatchObject({ code: 'CONFIG_INVALID', data: { file: 'config.toml', line, setting } });
    expect(refusal.message).toBe(`config.toml, line ${line}: ${setting} must be ${expected}`);
  });

  test.each([
    ['p2p.listen = "/ip4/0.0.0.0/tcp/1"'],
    ['p2p.listen = []'],
    ['p2p.listen = ["/ip4/0.0.0.0/udp/1"]'],
    ['p2p.listen = ["/ip4/0.0.0.256/tcp/1"]'],
    ['p2p.listen = ["/ip4/0.0.0.0/tcp/65536"]'],
    ['p2p.listen = ["/ip4/0.0.0.0/tcp/1/p2p/abc"]'],
    ['p2p.listen = ["/dns4/node.example/tcp/1"]'],
    ['p2p.listen = ["0.0.0.0:1", 7]'],
  ])('an address that cannot be listened on is refused: %j', async (toml) => {
    expect(await refusalOfToml(toml)).toMatchObject({
      code: 'CONFIG_INVALID',
      data: { setting: 'p2p.listen' },
    });
  });

  test.each([
    ['[peers.addresses]\nA = "10.0.0.1:1"\nB = "0.0.0.0:1"', 3],
    ['[peers.addresses]\nA = "10.0.0.1:0"\nB = "10.0.0.1:1"', 2],
    ['[peers.addresses]\nA = []', 2],
    ['[peers.addresses]\n\n"" = "10.0.0.1:1"', 3],
    ['\n[peers]\naddresses = 5', 3],
    ['\n[peers]\naddresses = 2026-01-01', 3],
  ])('an address that cannot be dialled has the line of its entry: %j', async (toml, line) => {
    expect(await refusalOfToml(toml)).toMatchObject({
      code: 'CONFIG_INVALID',
      data: { setting: 'peers.addresses', line },
    });
  });

  test('what is no TOML has line and column', async () => {
    const refusal = await refusalOfToml('name = "Nord"\nport 4200\n');
    expect(refusal).toMatchObject({ code: 'CONFIG_MALFORMED', data: { file: 'config.toml', line: 2 } });
    expect(refusal.message).toMatch(/^config\.toml, line 2, column \d+: /);
    expect((await refusalOfToml('name = "a"\nname = "b"')).code).toBe('CONFIG_MALFORMED');
    expect((await refusalOfToml('__proto__ = 1')).code).toBe('CONFIG_MALFORMED');
  });
});

describe('a mistake outside of the file', () => {
  test('names the variable or the flag', async () => {
    const environment = { CONSILIUM_API_PORT: 'http' };
    const byVariable = await refusalOf(() => resolveConfig({ environment }));
    expect(byVariable.message).toMatch(/^environment CONSILIUM_API_PORT: api\.port must be an integer/);
    expect(byVariable.data).toEqual({ setting: 'api.port', variable: 'CONSILIUM_API_PORT' });
    for (const port of ['', ' 1', '1.0', '0x10', '1e3', '-1', '99999']) {
      const refusal = await refusalOf(() => resolveConfig({ flags: { 'api.port': port } }));
      expect(refusal.data).toEqual({ setting: 'api.port', flag: '--set api.port' });
    }
    const peers = { CONSILIUM_PEERS_ADDRESSES: 'Nord 10.0.0.1:1' };
    expect((await refusalOf(() => resolveConfig({ environment: peers }))).code).toBe('CONFIG_INVALID');
  });
});

describe('the configuration file as it is made', () => {
  const read = (toml: string): Config => resolveConfig({ file: file(toml), flags: { name: 'Nord' } }).config;

  test('reads back as the values that were given', () => {
    const toml = renderConfig({
      name: 'St. "Mary" \\ \u007f',
      'p2p.listen': ['/ip4/10.0.0.1/tcp/1', '/ip6/::/tcp/2'],
      'peers.addresses': { 'A = "b" # c': ['/ip4/10.0.0.2/tcp/1'] },
      'api.port': 1,
      'log.level': 'debug',
    });
    expect(configOf(toml)).toEqual({
      ...DEFAULTS,
      name: 'St. "Mary" \\ \u007f',
      p2p: { listen: ['/ip4/10.0.0.1/tcp/1', '/ip6/::/tcp/2'] },
      peers: { addresses: { 'A = "b" # c': ['/ip4/10.0.0.2/tcp/1'] } },
      api: { ...DEFAULTS.api, port: 1 },
      log: { level: 'debug', file: '' },
    });
  });

  test('reads back whatever the name is', () => {
    const anyName = fc
      .string({ minLength: 1, maxLength: 64, unit: 'grapheme' })
      .filter((name) => name.length <= 64);
    fc.assert(
      fc.property(anyName, (name) => {
        expect(configOf(renderConfig({ name })).name).toBe(name);
      }),
    );
  });

  test('without any value is the defaults, also with every default uncommented', () => {
    const toml = renderConfig({});
    expect(read(toml)).toEqual(DEFAULTS);
    const uncommented = toml.replaceAll(/^# ([a-z_]+ = .+)$/gm, '$1');
    expect(uncommented.match(/^[a-z_]+ = /gm)).toHaveLength(SETTING_NAMES.length - 2);
    expect(read(uncommented)).toEqual(DEFAULTS);
  });

  test('explains every setting, and shows how a peer is written', () => {
    const toml = renderConfig({ name: 'Nord' });
    for (const name of SETTING_NAMES) expect(toml).toContain(`# ${SETTINGS[name].about[0]}`);
    const withPeer = toml.replace(/^# {3}("Hospital North" = .*)$/m, '$1');
    expect(configOf(withPeer).peers.addresses).toEqual({
      'Hospital North': ['/ip4/192.168.7.20/tcp/4100'],
    });
  });
});

describe('loading the configuration of a home', () => {
  test('reads the file', async () => {
    const path = join(await temporaryFolder(), 'config.toml');
    await writeFile(path, renderConfig({ name: 'Nord' }));
    const { config, settings } = await loadConfig(path, { CONSILIUM_API_PORT: '7' }, { 'log.level': 'warn' });
    expect(config).toEqual({
      ...DEFAULTS,
      api: { ...DEFAULTS.api, port: 7 },
      log: { level: 'warn', file: '' },
    });
    expect(settings[0]?.origin).toMatch(/config\.toml, line \d+$/);
  });

  test('says that there is no home when there is no file, and refuses a huge one', async () => {
    const home = await temporaryFolder();
    const path = join(home, 'config.toml');
    expect(await refusalOf(() => loadConfig(path, {}, {}))).toMatchObject({
      code: 'HOME_MISSING',
      data: { home },
    });
    await writeFile(path, '#'.repeat(100_000));
    expect((await refusalOf(() => loadConfig(path, {}, {}))).code).toBe('FILE_TOO_LARGE');
  });
});

describe('all mistakes at once', () => {
  test('of flags, environment and file are named, each with its place', () => {
    const toml = 'nmae = "Nord"\n[api]\nprot = 1\nhost = 7\nport = "x"\n[metrics]\nport = 70000\n';
    const mistakes = configMistakes({
      file: file(toml),
      environment: { CONSILIUM_LOG_LEVEL: 'loud' },
      flags: { 'mempool.txs_max': '1' },
    });
    expect(
      mistakes.map(({ code, data }) => [
        code,
        data['line'] ?? data['variable'] ?? data['flag'] ?? data['setting'],
      ]),
    ).toEqual([
      ['CONFIG_INVALID', '--set mempool.txs_max'],
      ['CONFIG_INVALID', 'CONSILIUM_LOG_LEVEL'],
      ['CONFIG_KEY_UNKNOWN', 1],
      ['CONFIG_KEY_UNKNOWN', 3],
      ['CONFIG_INVALID', 4],
      ['CONFIG_INVALID', 5],
      ['CONFIG_INVALID', 7],
      ['CONFIG_INVALID', 'name'],
    ]);
    expect(mistakes[3]?.message).toBe(
      'config.toml, line 3: there is no setting "api.prot"; did you mean api.port?',
    );
  });

  test('are none in a file that is made here', () => {
    expect(configMistakes({ file: file(renderConfig({ name: 'Nord' })) })).toEqual([]);
  });
});

describe('a configuration file that was cut short', () => {
  const whole = renderConfig({ name: 'Nord', 'api.port': 4711, 'timing.status_ms': 777 });

  test('is noticed wherever it was cut', () => {
    for (let length = 0; length < whole.trimEnd().length; length += 1) {
      const mistakes = configMistakes({ file: file(whole.slice(0, length)) });
      expect([length, mistakes.length > 0]).toEqual([length, true]);
    }
    expect(configMistakes({ file: file(whole.trimEnd()) })).toEqual([]);
  });

  test('says so, with the line at which it ends', async () => {
    const half = whole.slice(0, whole.indexOf('[metrics]'));
    const refusal = await refusalOfToml(half);
    const line = half.split('\n').length;
    expect(refusal).toMatchObject({ code: 'CONFIG_MALFORMED', data: { line, rule: 'cut short' } });
  });

  test('lines may stand after its end, and one that was written by hand has no end to miss', () => {
    expect(configOf(`${whole}rebroadcast_ms = 500\n`).timing.rebroadcastMs).toBe(500);
    expect(configOf('name = "Nord"\n[api]\n').api.port).toBe(4200);
  });
});
