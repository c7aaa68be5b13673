import type { Action } from '@consilium/core';
import { describe, expect, test } from 'vitest';
import { type Hospital, hospital } from '../../../core/test/kit/chain.ts';
import {
  approveProposal,
  type Client,
  type ClientOptions,
  commitAnchor,
  createAnchor,
  createClient,
  joinSet,
  noop,
  parseChainMemory,
  proposeAdmission,
  proposeRemoval,
} from '../../src/index.ts';
import {
  createFakeLedger,
  createFakeNode,
  type FakeLedger,
  type FakeNode,
  networkFetch,
} from '../support/fake-node.ts';
import { tellStory } from '../support/story.ts';

function clientOf(
  ledger: FakeLedger,
  nodes: readonly FakeNode[],
  options: Partial<ClientOptions> = {},
): Client {
  return createClient({
    nodes: nodes.map(({ url }) => url),
    genesis: ledger.chain.genesis,
    verify: ledger.chain.deps.verify,
    fetch: networkFetch(nodes),
    pause: () => new Promise((resolve) => setImmediate(resolve)),
    ...options,
  });
}

function send({ chain, commit }: FakeLedger, by: Hospital, action: Action): void {
  commit([chain.tx(by.id, by.account, [action])]);
}

function idle(ledger: FakeLedger, blocks: number): void {
  for (let made = 0; made < blocks; made += 1) send(ledger, ledger.chain.hospitals[0] as Hospital, noop());
}

/** Three approvals decide among four, four among five: one more than needed changes nothing. */
async function decide(ledger: FakeLedger, client: Client, action: Action): Promise<void> {
  const [proposer, ...others] = ledger.chain.hospitals as [Hospital, ...Hospital[]];
  send(ledger, proposer, action);
  const proposal = (await client.proposals()).value[0]?.id ?? '';
  for (const other of others) send(ledger, other, approveProposal(proposal));
}

/** A fifth is admitted, then a founder is removed. */
async function changeSet(ledger: FakeLedger, node: FakeNode): Promise<void> {
  const client = clientOf(ledger, [node]);
  await decide(ledger, client, proposeAdmission(hospital('Töss').card));
  send(ledger, hospital('Töss'), joinSet());
  idle(ledger, 3);
  await decide(ledger, client, proposeRemoval(ledger.chain.hospitals[3]?.id ?? '', null));
  idle(ledger, 3);
}

describe('following the chain', () => {
  test('a new client gets from genesis across an admission and a removal to the tip', async () => {
    const ledger = createFakeLedger();
    const node = createFakeNode(ledger);
    await changeSet(ledger, node);
    const client = clientOf(ledger, [node]);
    const { value, asOf } = await client.validators();
    expect(asOf.height).toBe(ledger.blocks.length);
    expect(value.map(({ name }) => name)).toContain('Töss');
    expect(value.map(({ name }) => name)).not.toContain(ledger.chain.hospitals[3]?.name);
    expect((await client.tip()).nextValidators).toHaveLength(4);
  });

  test('asks for the way once, then only for what is new', async () => {
    const ledger = createFakeLedger();
    const node = createFakeNode(ledger);
    await changeSet(ledger, node);
    const client = clientOf(ledger, [node]);
    await client.validators();
    node.asked.length = 0;
    idle(ledger, 2);
    await client.proposals();
    expect(node.asked).not.toContainEqual(expect.stringContaining('/v1/light'));
    expect(node.asked.length).toBeLessThan(4);
  });

  test('blocks of every set that there was are checked by the set of their height', async () => {
    const ledger = createFakeLedger();
    const node = createFakeNode(ledger);
    await changeSet(ledger, node);
    const client = clientOf(ledger, [node]);
    await client.tip();
    for (let height = 1; height <= ledger.blocks.length; height += 1)
      expect((await client.block(height)).block.header.height).toBe(height);
  });

  test('a certificate of the old set is refused at a new height', async () => {
    const ledger = createFakeLedger();
    const node = createFakeNode(ledger);
    await changeSet(ledger, node);
    const before = ledger.blocks[0]?.certificate;
    const client = clientOf(ledger, [node]);
    await client.tip();
    node.lie = (path, answer) => {
      if (path !== '/v1/state') return;
      const { blockId, height } = answer.certificate;
      answer.certificate = { ...before, blockId, height };
    };
    idle(ledger, 1);
    await expect(client.validators()).rejects.toMatchObject({ code: 'PROOF_INVALID' });
  });

  test('what was seen is kept as JSON and goes on in another client', async () => {
    const ledger = createFakeLedger();
    const node = createFakeNode(ledger);
    await changeSet(ledger, node);
    const seeing = clientOf(ledger, [node]);
    await seeing.tip();
    const memory = parseChainMemory(JSON.stringify(seeing.memory()));
    node.asked.length = 0;
    const later = clientOf(ledger, [node], { memory });
    await later.validators();
    await later.block(1);
    expect(node.asked).not.toContainEqual(expect.stringContaining('/v1/light'));
  });

  test('what was seen of another network is refused', async () => {
    const other = createFakeLedger(['Aare', 'Birs', 'Limmat', 'Thur']);
    const memory = clientOf(other, [createFakeNode(other)]).memory();
    const ledger = createFakeLedger();
    expect(() => clientOf(ledger, [createFakeNode(ledger)], { memory })).toThrow(
      expect.objectContaining({ code: 'VALUE_INVALID' }),
    );
  });

  test.each(['', '{}', '{"version":2}', '{"version":1,"light":{},"sets":[]}'])(
    'a memory that is damaged is refused: %s',
    (text) => {
      expect(() => parseChainMemory(text)).toThrow(expect.objectContaining({ code: 'FILE_INVALID' }));
    },
  );

  test('before the first block the ledger is what its genesis says, without any proof', async () => {
    const ledger = createFakeLedger();
    const { value, asOf } = await clientOf(ledger, [createFakeNode(ledger)]).validators();
    expect(asOf).toMatchObject({ height: 0, blockId: ledger.chain.deps.genesisHash });
    expect(value).toHaveLength(4);
    expect(value.every(({ standing }) => standing === 'validator')).toBe(true);
  });
});

describe('several nodes', () => {
  const story = tellStory();
  const behind = tellStory(2);

  test('the next one is asked when one is down', async () => {
    const nodes = [createFakeNode(story.ledger), createFakeNode(story.ledger)] as const;
    nodes[0].down = true;
    await expect(clientOf(story.ledger, nodes).account(story.patient)).resolves.toMatchObject({
      value: { kind: 'patient' },
    });
  });

  test('the next one is asked when one is behind what was seen', async () => {
    const nodes = [createFakeNode(behind.ledger), createFakeNode(story.ledger)] as const;
    const client = clientOf(story.ledger, nodes);
    await expect(client.tip()).resolves.toMatchObject({ height: 2 });
    await expect(client.tip({ minHeight: 4 })).resolves.toMatchObject({ height: 4 });
    await expect(client.account(story.patient)).resolves.toMatchObject({ asOf: { height: 4 } });
  });

  test('a lie is not passed over for the next one', async () => {
    const nodes = [createFakeNode(story.ledger), createFakeNode(story.ledger)] as const;
    nodes[0].lie = (_path, answer) => void answer.entries?.pop();
    await expect(clientOf(story.ledger, nodes).account(story.patient)).rejects.toMatchObject({
      code: 'PROOF_INVALID',
      data: { node: nodes[0].url },
    });
  });

  test('a node that was a block behind for a moment is asked again', async () => {
    const ledger = createFakeLedger();
    const node = createFakeNode(ledger);
    idle(ledger, 1);
    const client = clientOf(ledger, [node], { pause: async () => idle(ledger, 1) });
    await expect(client.validators({ minHeight: 2 })).resolves.toMatchObject({ asOf: { height: 2 } });
  });

  const network = (): FakeNode[] =>
    [behind, story, story, story].map(({ ledger }, index) => createFakeNode(ledger, index));

  test('fresh: no answer below the newest height that a quorum shows is taken', async () => {
    const nodes = network();
    await expect(clientOf(story.ledger, nodes).account(story.patient)).resolves.toMatchObject({
      asOf: { height: 2 },
    });
    await expect(
      clientOf(story.ledger, nodes).account(story.patient, { fresh: true }),
    ).resolves.toMatchObject({ asOf: { height: 4 } });
  });

  test('fresh: without a quorum nobody can say what is newest', async () => {
    const nodes = network();
    for (const node of nodes.slice(2)) node.down = true;
    await expect(clientOf(story.ledger, nodes).account(story.patient, { fresh: true })).rejects.toMatchObject(
      { code: 'QUORUM_UNREACHABLE', data: { answered: 2, validators: 4 } },
    );
  });

  test('fresh: one node that speaks for several hospitals at once is one', async () => {
    const nodes = [0, 1, 2].map(() => createFakeNode(story.ledger, 1));
    await expect(clientOf(story.ledger, nodes).tip({ fresh: true })).rejects.toMatchObject({
      code: 'QUORUM_UNREACHABLE',
    });
  });

  test('fresh: a claim of a height without its certificate moves nothing', async () => {
    const nodes = network();
    const [, liar] = nodes as [FakeNode, FakeNode];
    liar.lie = (path, answer) => {
      if (path === '/v1/status') answer.height = 1_000_000;
    };
    await expect(
      clientOf(story.ledger, nodes).account(story.patient, { fresh: true }),
    ).resolves.toMatchObject({ asOf: { height: 4 } });
  });
});

describe('long lists', () => {
  test('are read in parts whose end is proven', async () => {
    const ledger = createFakeLedger();
    const [owner] = ledger.chain.hospitals as [Hospital];
    const anchors = Array.from({ length: 250 }, (_, index) => {
      const document = { bytes: new TextEncoder().encode(String(index)), source: '' };
      const secrets = createAnchor([document], {
        genesis: ledger.chain.deps.genesisHash,
        institution: owner.id,
      });
      return commitAnchor(secrets, 'text');
    });
    for (let at = 0; at < anchors.length; at += 50)
      ledger.commit([ledger.chain.tx(owner.id, owner.account, anchors.slice(at, at + 50))]);
    const client = clientOf(ledger, [createFakeNode(ledger)]);
    const first = (await client.anchors(owner.id)).value;
    expect(first).toMatchObject({ count: 250, next: 200 });
    const rest = (await client.anchors(owner.id, { from: 200 })).value;
    expect(rest).toMatchObject({ count: 250, next: null });
    expect([...first.items, ...rest.items].map(({ index }) => index)).toEqual(
      Array.from({ length: 250 }, (_, i) => i),
    );
  });

  test('a part that the node gives of a newer block is read anew, all of one block', async () => {
    const ledger = createFakeLedger();
    const [owner] = ledger.chain.hospitals as [Hospital];
    idle(ledger, 1);
    const node = createFakeNode(ledger);
    let asked = 0;
    node.lie = (path) => {
      if (path === '/v1/state' && asked < 1) {
        asked += 1;
        idle(ledger, 1);
      }
    };
    const { value, asOf } = await clientOf(ledger, [node]).institutionNamed(owner.name);
    expect(value?.id).toBe(owner.id);
    expect(asOf.height).toBe(2);
  });

  test('a chain that moves on at every part ends in READ_UNSETTLED', async () => {
    const ledger = createFakeLedger();
    const [owner] = ledger.chain.hospitals as [Hospital];
    idle(ledger, 1);
    const keys = Array.from({ length: 300 }, (_, index) => ({
      table: 3,
      key: Uint8Array.of(index >> 8, index),
    }));
    const node = createFakeNode(ledger);
    node.lie = (path) => {
      if (path === '/v1/state') idle(ledger, 1);
    };
    const client = clientOf(ledger, [node]);
    await expect(client.proveRows(keys)).rejects.toMatchObject({ code: 'READ_UNSETTLED' });
    expect(owner.id).toHaveLength(64);
  });
});
