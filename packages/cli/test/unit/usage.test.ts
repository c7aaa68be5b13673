import { createKeyFile, deriveNamedKey, formatKeyFile } from '@consilium/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFakeNode } from '../../../sdk/test/support/fake-node.ts';
import { tellStory } from '../../../sdk/test/support/story.ts';
import { createDesk, type Desk, use } from '../support/desk.ts';
import { type ServedNode, serve } from '../support/served-node.ts';

const story = tellStory();
const node = createFakeNode(story.ledger);
const ID = 'ab'.repeat(32);

let desk: Desk;
let served: ServedNode;

beforeEach(async () => {
  desk = createDesk();
  served = await serve(node);
  use(desk, served.url, story.ledger.chain.genesis);
});

afterEach(async () => {
  node.lie = undefined;
  desk[Symbol.dispose]();
  await served[Symbol.asyncDispose]();
});

async function expectRefusal(words: string[], exitCode: number, line: RegExp): Promise<void> {
  const ended = await desk.run(...words);
  expect(ended.stderr).toMatch(line);
  expect(ended.stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(ended).toMatchObject({ exitCode, stdout: '' });
}

describe('a wrong use ends with 64 and one line', () => {
  test.each<[string, string[], RegExp]>([
    ['an unknown noun', ['block-show'], /^USAGE_INVALID: unknown command 'block-show'/],
    ['an unknown verb', ['block', 'shwo', '1'], /^USAGE_INVALID: unknown command 'shwo'.*Did you mean show/],
    ['an unknown option', ['status', '--nodes', 'x'], /^USAGE_INVALID: unknown option '--nodes'.*--node/],
    ['a missing argument', ['tx', 'show'], /^USAGE_INVALID: missing required argument 'id'/],
    ['an argument too many', ['status', 'now'], /^USAGE_INVALID: too many arguments/],
    ['a missing option', ['anchor', 'proof', 'x'], /^USAGE_INVALID: required option '--out <file>'/],
    [
      'an id that is none',
      ['tx', 'show', 'abc'],
      /^USAGE_INVALID: ID must be 64 lower-case hex digits, not 'abc'/,
    ],
    ['a height that is none', ['block', 'show', '-1x'], /^USAGE_INVALID: /],
    ['height 0', ['block', 'show', '0'], /^USAGE_INVALID: HEIGHT must be a whole number from 1, not '0'/],
    [
      'no key',
      ['credential', 'withdraw', '0'],
      /^USAGE_INVALID: no key is named: give --as NAME\|FILE or set CONSILIUM_KEY/,
    ],
    ['an address that is none', ['status', '--node', 'hospital'], /^USAGE_INVALID: --node: /],
    ...['verify', 'prune', 'repair --from-peers', 'restore --from x', 'backup --out x', 'snapshot'].map(
      (verb): [string, string[], RegExp] => [
        `no home for node ${verb}`,
        ['node', ...verb.split(' ')],
        /^USAGE_INVALID: --home is missing/,
      ],
    ),
    [
      'a home and a backup',
      ['node', 'verify', '--home', 'x', '--backup', 'y'],
      /^USAGE_INVALID: give --home or --backup, not both/,
    ],
    [
      'a change that is none',
      ['validator', 'propose', 'promote', 'x'],
      /^USAGE_INVALID: a change is one of admit, /,
    ],
    [
      'a role that is none',
      ['key', 'new', 'x.json', '--role', 'king'],
      /^USAGE_INVALID: --role is one of clinician, institution, patient/,
    ],
    [
      '--min-height that is none',
      ['validator', 'list', '--min-height', 'new'],
      /^USAGE_INVALID: --min-height must be/,
    ],
  ])('%s', async (_what, words, line) => {
    await expectRefusal(words, 64, line);
  });

  test('no node is named anywhere, and the sentence says what to do', async () => {
    delete desk.env['CONSILIUM_NODE'];
    await expectRefusal(
      ['status'],
      64,
      /^USAGE_INVALID: no node is named: give --node URL, set CONSILIUM_NODE, or start a devnet \(npx consilium devnet up\)\n$/,
    );
  });

  test('no genesis to check from', async () => {
    delete desk.env['CONSILIUM_GENESIS'];
    await expectRefusal(['status'], 64, /^USAGE_INVALID: no genesis to check answers from/);
  });

  test('words that do not belong together', async () => {
    desk.write('hospital.json', formatKeyFile(createKeyFile('h', 'institution', story.hospital.account)));
    desk.env['CONSILIUM_KEY'] = 'hospital.json';
    for (const words of [
      ['consent', 'grant', '--to', ID],
      ['consent', 'grant', '--to', ID, '--until', 'soon'],
      ['consent', 'grant', '--to', ID, '--purpose', 'FUN'],
      ['credential', 'issue', '--key', 'hospital.json', '--role', 'king'],
      ['patient', 'enrol', '--wallet', 'hospital.json'],
    ])
      expect(await desk.run(...words)).toMatchObject({ exitCode: 64, stdout: '' });
  });

  test("a validator's voting key signs no transaction", async () => {
    desk.write('validator.json', formatKeyFile(createKeyFile('h', 'validator', story.hospital.account)));
    await expectRefusal(
      ['credential', 'withdraw', '0', '--as', 'validator.json'],
      64,
      /validator key signs no/,
    );
  });
});

describe('what cannot be used ends with 78', () => {
  test('a genesis that is damaged', async () => {
    desk.write('damaged.json', '{"version":1}');
    await expectRefusal(['status', '--genesis', 'damaged.json'], 78, /^GENESIS_INVALID: /);
  });

  test('a genesis that is not there', async () => {
    await expectRefusal(['status', '--genesis', 'nowhere.json'], 78, /^FILE_MISSING: .*nowhere\.json/);
  });

  test('a key that nobody knows', async () => {
    await expectRefusal(
      ['credential', 'withdraw', '0', '--as', 'nobody'],
      78,
      /^KEY_NOT_FOUND: .*key: nobody/,
    );
  });

  test('a key file that is something else', async () => {
    desk.write('key.json', '{}');
    await expectRefusal(
      ['credential', 'withdraw', '0', '--as', 'key.json'],
      78,
      /^KEY_FILE_MALFORMED: .*key\.json/,
    );
  });

  test('a key file that others can read', async () => {
    const text = formatKeyFile(createKeyFile('h', 'institution', story.hospital.account));
    desk.write('open.json', text, 0o644);
    await expectRefusal(['key', 'show', 'open.json'], 78, /^KEY_FILE_MODE: .*mode: 0644/);
  });

  test('a file that would be written over', async () => {
    desk.write('mine.json', 'mine');
    await expectRefusal(['key', 'new', 'mine.json'], 78, /^FILE_EXISTS: /);
  });

  test('a devnet.json that is damaged', async () => {
    desk.write('devnet.json', '{"version":1}');
    await expectRefusal(['status', '--dir', '.'], 78, /^CONFIGURATION_INVALID: .*devnet\.json/);
  });
});

describe('the network', () => {
  test('a node that is not there is 3', async () => {
    await expectRefusal(
      ['status', '--node', 'http://127.0.0.1:9'],
      3,
      /^NODE_UNREACHABLE: .*npx|^NODE_UNREACHABLE: .*http:\/\/127\.0\.0\.1:9/,
    );
  });

  test('what was not found is 1, what is not known is 2', async () => {
    expect(await desk.run('credential', 'list', 'Nowhere')).toMatchObject({ exitCode: 1 });
    expect(await desk.run('block', 'show', '99')).toMatchObject({ exitCode: 1 });
    expect(await desk.run('tx', 'show', ID)).toMatchObject({ exitCode: 2 });
  });

  test('an answer below --min-height is STALE and 2', async () => {
    await expectRefusal(['validator', 'list', '--min-height', '5'], 2, /^STALE: /);
  });

  test('the newest height seen is kept, and an older node is answered by STALE in the next command', async () => {
    expect(await desk.run('validator', 'list')).toMatchObject({ exitCode: 0 });
    await using older = await serve(createFakeNode(tellStory(2).ledger));
    await expectRefusal(['validator', 'list', '--node', older.url], 2, /^STALE: /);
    desk.env['CONSILIUM_STATE'] = 'elsewhere';
    expect(await desk.run('validator', 'list', '--node', older.url)).toMatchObject({ exitCode: 0 });
  });

  test('a memory that is damaged is said, replaced, and ends nothing', async () => {
    desk.env['CONSILIUM_STATE'] = '.';
    desk.write(`seen-${story.ledger.chain.deps.genesisHash}.json`, 'damaged');
    const first = await desk.run('validator', 'list');
    expect(first).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('damaged') });
    expect(await desk.run('validator', 'list')).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test('a lying node is PROOF_INVALID and 1, and nothing of its answer is printed', async () => {
    node.lie = (path, answer) => {
      if (path === '/v1/state') for (const entry of answer.entries) entry.value = null;
    };
    await expectRefusal(['validator', 'list'], 1, /^PROOF_INVALID: .*node: http/);
  });

  test('--trust-node skips the check, says so, and needs no genesis', async () => {
    delete desk.env['CONSILIUM_GENESIS'];
    node.lie = (_path, answer) => {
      for (const entry of answer.entries ?? []) entry.proof = { siblings: [], leaf: null };
    };
    const ended = await desk.run('validator', 'list', '--trust-node');
    expect(ended).toMatchObject({ exitCode: 0, stderr: 'warning: --trust-node, answers are not checked\n' });
    expect(ended.stdout).toContain(story.hospital.name);
  });

  test('names that would steer a terminal are shown as question marks', async () => {
    const { printable } = await import('../../src/print/text.ts');
    expect(printable('a\u001b[2Jb\u202e\nc')).toBe('a?[2Jb??c');
  });

  test('a devnet in --dir gives node, genesis and keys by name', async () => {
    desk.write('aare.json', formatKeyFile(createKeyFile('aare', 'institution', story.hospital.account)));
    desk.write(
      'k.json',
      formatKeyFile(createKeyFile('k', 'clinician', deriveNamedKey(new Uint8Array(32), 'k'))),
    );
    desk.write(
      'devnet.json',
      JSON.stringify({
        version: 1,
        chainId: story.ledger.chain.genesis.chainId,
        genesis: desk.path('genesis.json'),
        nodes: [{ name: 'aare', institution: 'Aare', api: served.url, accountKey: desk.path('aare.json') }],
        keys: [{ name: 'k', role: 'clinician', file: desk.path('k.json') }],
      }),
    );
    desk.env = { CONSILIUM_DEVNET_DIR: '.' };
    expect(await desk.run('validator', 'list')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await desk.json('key', 'show', 'aare')).toMatchObject({ account: story.hospital.id });
    expect(await desk.json('key', 'show', 'k')).toMatchObject({ role: 'clinician' });
    await expectRefusal(['key', 'show', 'nobody'], 78, /^KEY_NOT_FOUND: .*known: k aare/);
  });
});
