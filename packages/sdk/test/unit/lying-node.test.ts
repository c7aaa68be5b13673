// Every question, asked of an honest node, of one that changes a value, leaves out a key, shows another certificate,
// and of one that is behind.
import { type Hex32, isConsiliumError } from '@consilium/core';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Client, createClient, type ExplainQuestion, explainAccess, whatIf } from '../../src/index.ts';
import { type Answer, createFakeNode, type FakeNode, type Lie } from '../support/fake-node.ts';
import { type Story, tellStory } from '../support/story.ts';

interface Question {
  readonly name: string;
  readonly ask: (client: Client, story: Story) => Promise<unknown>;
  /** Path under which the answer comes. */
  readonly path: string;
}

const txId = (story: Story): Hex32 => story.txs[3]?.id ?? '';

const STATE_QUESTIONS: readonly Question[] = [
  { name: 'account', path: '/v1/state', ask: (client, { patient }) => client.account(patient) },
  { name: 'institution', path: '/v1/state', ask: (client, { hospital }) => client.institution(hospital.id) },
  {
    name: 'institution by name',
    path: '/v1/state',
    ask: (client, { hospital }) => client.institutionNamed(hospital.name),
  },
  { name: 'validators', path: '/v1/state', ask: (client) => client.validators() },
  { name: 'proposals', path: '/v1/state', ask: (client) => client.proposals() },
  { name: 'credentials', path: '/v1/state', ask: (client, { hospital }) => client.credentials(hospital.id) },
  { name: 'consents', path: '/v1/state', ask: (client, { patient }) => client.consents(patient) },
  { name: 'anchors', path: '/v1/state', ask: (client, { hospital }) => client.anchors(hospital.id) },
  {
    name: 'anchor',
    path: '/v1/state',
    ask: (client, { hospital, secrets }) => client.anchor(hospital.id, secrets.root),
  },
  { name: 'evidence', path: '/v1/state', ask: (client) => client.evidence() },
  { name: 'groups', path: '/v1/state', ask: (client, { hospital }) => client.groups(hospital.id) },
  { name: 'delegations', path: '/v1/state', ask: (client, { patient }) => client.delegations(patient) },
  { name: 'policy', path: '/v1/state', ask: (client) => client.policy() },
  {
    name: 'explanation',
    path: '/v1/state',
    ask: (client, told) => explainAccess(client, questionOf(told)),
  },
  {
    name: 'what if',
    path: '/v1/state',
    ask: (client, told) => {
      const change = { type: 'revoke', index: 0 } as const;
      return whatIf(client, { patient: told.patient, change, questions: [questionOf(told)] });
    },
  },
];

function questionOf({ patient, clinician }: Story): ExplainQuestion {
  return { patient, reader: clinician, purpose: 'TREAT', record: '0e'.repeat(32) };
}

const TX_QUESTION: Question = {
  name: 'transaction',
  path: '/v1/tx/',
  ask: (client, story) => client.tx(txId(story)),
};
const BLOCK_QUESTION: Question = {
  name: 'block',
  path: '/v1/blocks/',
  ask: (client) => client.block(3),
};
const HEADER_QUESTION: Question = {
  name: 'header',
  path: '/v1/blocks?',
  ask: (client) => client.header(3),
};
const TIP_QUESTION: Question = { name: 'tip', path: '/v1/light', ask: (client) => client.tip() };
const PROOF_QUESTION: Question = {
  name: 'document proof',
  path: '/v1/state',
  ask: (client, { secrets }) => client.proveDocument(secrets, 3),
};
const ALL = [...STATE_QUESTIONS, TX_QUESTION, BLOCK_QUESTION, HEADER_QUESTION, TIP_QUESTION, PROOF_QUESTION];

let story: Story;
let older: Story;
beforeAll(() => {
  story = tellStory();
  older = tellStory(2);
});

function clientOf(node: FakeNode, memory?: ReturnType<Client['memory']>): Client {
  return createClient({
    node: node.url,
    genesis: story.ledger.chain.genesis,
    fetch: node.fetch,
    verify: story.ledger.chain.deps.verify,
    pause: async () => {},
    ...(memory !== undefined && { memory }),
  });
}

async function codeOfAsking(question: Question, lie: Lie): Promise<string> {
  const node = createFakeNode(story.ledger);
  node.lie = (path, answer) => (path.startsWith(question.path) ? lie(path, answer) : undefined);
  return codeOfRejection(question.ask(clientOf(node), story));
}

async function codeOfRejection(asking: Promise<unknown>): Promise<string> {
  try {
    await asking;
    return 'no refusal';
  } catch (error) {
    return isConsiliumError(error) ? error.code : String(error);
  }
}

/** Another digit in the middle of a hex text. */
function flip(hex: string): string {
  const middle = hex.length >> 1;
  const digit = hex[middle] === '0' ? '1' : '0';
  return hex.slice(0, middle) + digit + hex.slice(middle + 1);
}

/** Every answer carries a certificate somewhere; a lie about it is the same everywhere. */
function certificatesOf(answer: Answer): Answer[] {
  return (answer.steps ?? answer.headers ?? [answer]).map((each: Answer) => each.certificate);
}

describe('A lying node (changed value, missing key) is answered by `PROOF_INVALID` in the SDK, an old height by `STALE`, for each kind of query.', () => {
  test.each(ALL)('$name: the honest answer is taken', async ({ ask }) => {
    await expect(ask(clientOf(createFakeNode(story.ledger)), story)).resolves.toBeDefined();
  });

  test.each(ALL)('$name: a signature of the certificate is changed', async (question) => {
    const code = await codeOfAsking(question, (_path, answer) => {
      for (const certificate of certificatesOf(answer)) {
        certificate.signatures[0].signature = flip(certificate.signatures[0].signature);
      }
    });
    expect(code).toBe('PROOF_INVALID');
  });

  test.each(ALL)('$name: a certificate without its quorum', async (question) => {
    const code = await codeOfAsking(question, (_path, answer) => {
      for (const certificate of certificatesOf(answer)) certificate.signatures.pop();
    });
    expect(code).toBe('PROOF_INVALID');
  });

  test.each(ALL)('$name: the certificate of another block', async (question) => {
    const code = await codeOfAsking(question, (_path, answer) => {
      const other = structuredClone(story.ledger.blocks[0]?.certificate);
      for (const each of answer.steps ?? answer.headers ?? [answer]) each.certificate = other;
    });
    expect(code).toBe('PROOF_INVALID');
  });

  test.each(ALL)('$name: the node is behind what this client has seen', async ({ ask }) => {
    const seeing = clientOf(createFakeNode(story.ledger));
    await seeing.tip();
    const client = clientOf(createFakeNode(older.ledger), seeing.memory());
    expect(await codeOfRejection(ask(client, story))).toBe('STALE');
  });

  test.each(STATE_QUESTIONS)('$name: a present value is changed', async (question) => {
    const code = await codeOfAsking(question, (_path, { entries }) => {
      for (const entry of entries) entry.value = entry.value === null ? '00' : flip(entry.value);
    });
    expect(code).toBe('PROOF_INVALID');
  });

  test.each(STATE_QUESTIONS)(
    '$name: a value is claimed to be absent, or an absent one present',
    async (question) => {
      const code = await codeOfAsking(question, (_path, { entries }) => {
        for (const entry of entries) entry.value = entry.value === null ? 'a0' : null;
      });
      expect(code).toBe('PROOF_INVALID');
    },
  );

  test.each(STATE_QUESTIONS)('$name: an asked key is left out', async (question) => {
    expect(await codeOfAsking(question, (_path, { entries }) => void entries.pop())).toBe('PROOF_INVALID');
  });

  test.each(STATE_QUESTIONS)('$name: another key answers in its place', async (question) => {
    const code = await codeOfAsking(question, (_path, { entries }) => {
      entries[0].key = flip(`${entries[0].key}00`);
    });
    expect(code).toBe('PROOF_INVALID');
  });

  test.each(STATE_QUESTIONS)('$name: an older state root with its own proofs', async (question) => {
    const old = createFakeNode(older.ledger);
    const node = createFakeNode(story.ledger);
    node.lie = () => undefined;
    const mixed: FakeNode = {
      ...node,
      fetch: async (url, init) => {
        const path = url.slice(node.url.length);
        return path === question.path ? old.fetch(old.url + path, withoutFloor(init)) : node.fetch(url, init);
      },
    };
    const client = clientOf(mixed);
    await client.tip();
    expect(await codeOfRejection(question.ask(client, story))).toBe('STALE');
  });

  test.each([
    [
      'tx',
      (answer: Answer) => {
        answer.tx = flip(answer.tx);
      },
    ],
    [
      'result',
      (answer: Answer) => {
        answer.result = flip(answer.result);
      },
    ],
    [
      'txProof.index',
      (answer: Answer) => {
        answer.txProof.index += 1;
      },
    ],
    ['resultProof.path', (answer: Answer) => answer.resultProof.path.push('00'.repeat(32))],
    [
      'header.time',
      (answer: Answer) => {
        answer.header.time += 1;
      },
    ],
    [
      'id',
      (answer: Answer) => {
        answer.id = flip(answer.id);
      },
    ],
  ])('transaction: changed %s', async (_name, change) => {
    const code = await codeOfAsking(TX_QUESTION, (_path, answer) => {
      change(answer);
    });
    expect(code).toBe('PROOF_INVALID');
  });

  test('transaction: the proof of another one', async () => {
    const other = createFakeNode(story.ledger);
    const answer: Answer = await (await other.fetch(`${other.url}/v1/tx/${story.txs[0]?.id}`, {})).json();
    Object.assign(answer, { id: txId(story) });
    expect(await codeOfAsking(TX_QUESTION, () => answer)).toBe('PROOF_INVALID');
  });

  test('block: another height than the one asked for', async () => {
    const other = createFakeNode(story.ledger);
    const answer = await (await other.fetch(`${other.url}/v1/blocks/2`, {})).json();
    expect(await codeOfAsking(BLOCK_QUESTION, () => answer)).toBe('PROOF_INVALID');
  });

  test('header: another height than the one asked for, or none', async () => {
    const other = createFakeNode(story.ledger);
    const answer = await (await other.fetch(`${other.url}/v1/blocks?from=2&limit=1`, {})).json();
    expect(await codeOfAsking(HEADER_QUESTION, () => answer)).toBe('PROOF_INVALID');
    expect(await codeOfAsking(HEADER_QUESTION, () => ({ headers: [], next: null }))).toBe('PROOF_INVALID');
  });

  test('block: a byte changed anywhere is noticed', async () => {
    const code = await codeOfAsking(BLOCK_QUESTION, (_path, answer) => {
      answer.block = flip(answer.block);
    });
    expect(code).toBe('PROOF_INVALID');
  });

  test('block: said to be missing by a node that shows a tip above it', async () => {
    const node = createFakeNode(story.ledger);
    const fetch: FakeNode['fetch'] = async (url, init) =>
      url.includes('/v1/blocks/')
        ? Response.json({ code: 'BLOCK_NOT_FOUND' }, { status: 404 })
        : node.fetch(url, init);
    expect(await codeOfRejection(clientOf({ ...node, fetch }).block(3))).toBe('PROOF_INVALID');
  });

  test('a block above the tip is not found, and that is no lie', async () => {
    expect(await codeOfRejection(clientOf(createFakeNode(story.ledger)).block(99))).toBe('BLOCK_NOT_FOUND');
  });

  test('a node without any block is behind a client that has seen one', async () => {
    const seeing = clientOf(createFakeNode(story.ledger));
    await seeing.tip();
    const client = clientOf(createFakeNode(tellStory(0).ledger), seeing.memory());
    expect(await codeOfRejection(client.validators())).toBe('STALE');
  });

  test('--min-height above the tip is answered by STALE', async () => {
    const client = clientOf(createFakeNode(story.ledger));
    expect(await codeOfRejection(client.account(story.patient, { minHeight: 5 }))).toBe('STALE');
  });

  test('trusting the node takes the lie', async () => {
    const node = createFakeNode(story.ledger);
    node.lie = (_path, answer) => {
      for (const entry of answer.entries ?? []) entry.proof = { siblings: [], leaf: null };
    };
    const options = { node: node.url, genesis: story.ledger.chain.genesis, fetch: node.fetch };
    const trusting = createClient({ ...options, trustNode: true });
    await expect(trusting.account(story.patient)).resolves.toMatchObject({ value: { kind: 'patient' } });
  });

  test('the lie names the node that told it', async () => {
    const node = createFakeNode(story.ledger);
    node.lie = (_path, answer) => void answer.entries?.pop();
    await expect(clientOf(node).account(story.patient)).rejects.toMatchObject({ data: { node: node.url } });
  });
});

function withoutFloor(init: RequestInit): RequestInit {
  const { minHeight: _floor, ...body } = JSON.parse(String(init.body));
  return { ...init, body: JSON.stringify(body) };
}
