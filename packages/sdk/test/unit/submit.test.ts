import { actionOf, type Hex32, type Tx, toHex } from '@consilium/core';
import { describe, expect, test } from 'vitest';
import type { Hospital } from '../../../core/test/kit/chain.ts';
import { type Client, type ClientOptions, createClient, noop, revokeConsent } from '../../src/index.ts';
import {
  createFakeLedger,
  createFakeNode,
  type FakeLedger,
  type FakeNode,
  networkFetch,
  receivedAnswer,
  refusal,
} from '../support/fake-node.ts';

interface Scene {
  readonly ledger: FakeLedger;
  readonly nodes: readonly FakeNode[];
  readonly client: Client;
  readonly signer: { readonly account: Hex32; readonly key: Hospital['account'] };
  /** Ids of what was sent, in order. */
  readonly sent: Tx[];
  clock: number;
}

/** Waiting takes no time but on the clock that the client reads. */
function createScene(nodeCount = 1, options: Partial<ClientOptions> = {}): Scene {
  const ledger = createFakeLedger();
  const nodes = Array.from({ length: nodeCount }, () => createFakeNode(ledger));
  const { account, id } = ledger.chain.hospitals[0] as Hospital;
  const scene: Scene = {
    ledger,
    nodes,
    sent: [],
    clock: ledger.chain.view().tip.time,
    signer: { account: id, key: account },
    client: createClient({
      nodes: nodes.map(({ url }) => url),
      genesis: ledger.chain.genesis,
      verify: ledger.chain.deps.verify,
      fetch: networkFetch(nodes),
      now: () => scene.clock,
      pause: async (delayMs) => {
        scene.clock += delayMs;
      },
      ...options,
    }),
  };
  for (const node of nodes) recordSubmissions(scene, node);
  return scene;
}

function recordSubmissions(scene: Scene, node: FakeNode): void {
  const commit = node.onSubmit;
  node.onSubmit = (tx, wait) => {
    scene.sent.push(tx);
    return commit(tx, wait);
  };
}

/** Replaces what the node does with the next submissions, one after the other; then it commits. */
function script(scene: Scene, node: FakeNode, acts: ((tx: Tx) => unknown)[]): void {
  const commit = node.onSubmit;
  node.onSubmit = (tx, wait) => {
    const act = acts.shift();
    if (act === undefined) return commit(tx, wait);
    scene.sent.push(tx);
    return act(tx);
  };
}

const never = (scene: Scene) => (): never => {
  scene.clock += 20_000;
  throw refusal('TX_WAIT_TIMEOUT');
};

describe('submitting', () => {
  test('gives the committed transaction with its result, proven', async () => {
    const { client, signer, ledger } = createScene();
    const outcome = await client.submit([noop()], signer);
    expect(outcome).toMatchObject({ state: 'committed', code: 'OK', height: 1, index: 0 });
    expect(ledger.blocks).toHaveLength(1);
  });

  test('signs for two minutes from now, under a random nonce', async () => {
    const { client, signer, clock } = createScene();
    const first = client.buildTx([noop()], signer);
    expect(first.validUntil).toBe(clock + 120_000);
    expect(client.buildTx([noop()], signer).nonce).not.toBe(first.nonce);
  });

  test('a transaction whose actions failed is committed with its code', async () => {
    const { client, signer } = createScene();
    const outcome = await client.submit([revokeConsent(signer.account, 3)], signer);
    expect(outcome).toMatchObject({ state: 'committed', code: 'TX_NOT_PERMITTED', failedAction: 0 });
  });

  test('wait=received ends with what a node says, and with the bytes to send again', async () => {
    const scene = createScene();
    const [node] = scene.nodes;
    script(scene, node as FakeNode, [receivedAnswer]);
    const outcome = await scene.client.submit([noop()], scene.signer, { wait: 'received' });
    expect(outcome).toMatchObject({ state: 'received', bytes: scene.sent[0]?.bytes });
  });

  test('a refusal by a node that is behind says nothing of the transaction: another is asked', async () => {
    const scene = createScene(2);
    const [late, whole] = scene.nodes as [FakeNode, FakeNode];
    await scene.client.submit([noop()], scene.signer);
    script(scene, late, [
      () => {
        throw refusal('TX_ACCOUNT_UNKNOWN');
      },
      () => {
        throw refusal('TX_ACCOUNT_UNKNOWN');
      },
    ]);
    const client = createClient({
      nodes: [late.url, whole.url],
      genesis: scene.ledger.chain.genesis,
      memory: scene.client.memory(),
      now: () => scene.clock,
      fetch: async (url, init) =>
        url.startsWith(`${late.url}/v1/light`)
          ? Response.json({ steps: [], next: null })
          : networkFetch(scene.nodes)(url, init),
    });
    expect(await client.submit([noop()], scene.signer)).toMatchObject({ state: 'committed', height: 2 });
    script(scene, whole, [
      () => {
        throw refusal('TX_ACCOUNT_UNKNOWN');
      },
    ]);
    await expect(client.submit([noop()], scene.signer)).rejects.toMatchObject({
      code: 'TX_ACCOUNT_UNKNOWN',
    });
  });

  test('a client that has seen nothing asks the other nodes before it believes the refusal of one that is behind', async () => {
    const scene = createScene(2);
    const [late, whole] = scene.nodes as [FakeNode, FakeNode];
    await scene.client.submit([noop()], scene.signer);
    script(scene, late, [
      () => {
        throw refusal('ACCOUNT_NOT_FOUND');
      },
    ]);
    const client = createClient({
      nodes: [late.url, whole.url],
      genesis: scene.ledger.chain.genesis,
      now: () => scene.clock,
      fetch: async (url, init) =>
        url.startsWith(`${late.url}/v1/light`)
          ? Response.json({ steps: [], next: null })
          : networkFetch(scene.nodes)(url, init),
    });
    expect(await client.submit([noop()], scene.signer)).toMatchObject({ state: 'committed', height: 2 });
  });

  test('re-sends the same bytes, never a new transaction, until it is committed', async () => {
    const scene = createScene();
    script(scene, scene.nodes[0] as FakeNode, [never(scene), never(scene)]);
    const outcome = await scene.client.submit([noop()], scene.signer);
    expect(outcome.state).toBe('committed');
    expect(scene.sent).toHaveLength(3);
    expect(new Set(scene.sent.map(({ bytes }) => toHex(bytes))).size).toBe(1);
  });

  test('a transaction that committed while the answer was lost is found by its id', async () => {
    const scene = createScene();
    script(scene, scene.nodes[0] as FakeNode, [
      (tx) => {
        scene.ledger.commit([tx]);
        throw refusal('TX_WAIT_TIMEOUT');
      },
      () => {
        throw refusal('TX_DUPLICATE');
      },
    ]);
    const outcome = await scene.client.submit([noop()], scene.signer);
    expect(outcome).toMatchObject({ state: 'committed', height: 1 });
    expect(scene.ledger.blocks).toHaveLength(1);
  });

  test('ends as unknown, with the bytes, when it was never seen committed before it is dead', async () => {
    const scene = createScene();
    const begun = scene.clock;
    script(
      scene,
      scene.nodes[0] as FakeNode,
      Array.from({ length: 99 }, () => never(scene)),
    );
    const outcome = await scene.client.submit([noop()], scene.signer);
    expect(outcome).toMatchObject({
      state: 'unknown',
      validUntil: begun + 120_000,
      bytes: scene.sent[0]?.bytes,
    });
    expect(scene.clock - begun).toBeGreaterThan(100_000);
    expect(scene.sent.length).toBeLessThan(10);
  });

  test('stops trying after the time that the caller gives', async () => {
    const scene = createScene();
    script(
      scene,
      scene.nodes[0] as FakeNode,
      Array.from({ length: 99 }, () => never(scene)),
    );
    const outcome = await scene.client.submit([noop()], scene.signer, { timeoutMs: 30_000 });
    expect(outcome.state).toBe('unknown');
    expect(scene.sent.length).toBeLessThan(3);
  });

  test('a refusal ends it with its code', async () => {
    const scene = createScene();
    script(scene, scene.nodes[0] as FakeNode, [
      () => {
        throw refusal('TX_ACCOUNT_UNKNOWN');
      },
    ]);
    await expect(scene.client.submit([noop()], scene.signer)).rejects.toMatchObject({
      code: 'TX_ACCOUNT_UNKNOWN',
    });
    expect(scene.sent).toHaveLength(1);
  });

  test('expired after it may have been taken is unknown, expired at once is a refusal', async () => {
    const expired = (): never => {
      throw refusal('TX_EXPIRED');
    };
    const late = createScene();
    script(late, late.nodes[0] as FakeNode, [never(late), ...Array.from({ length: 99 }, () => expired)]);
    expect((await late.client.submit([noop()], late.signer)).state).toBe('unknown');
    const early = createScene();
    script(early, early.nodes[0] as FakeNode, [expired]);
    await expect(early.client.submit([noop()], early.signer)).rejects.toMatchObject({ code: 'TX_EXPIRED' });
  });

  test('an exceeded quota is tried again with the same bytes', async () => {
    const scene = createScene();
    const full = (): never => {
      throw refusal('TX_QUOTA_EXCEEDED');
    };
    script(scene, scene.nodes[0] as FakeNode, [full, full]);
    const outcome = await scene.client.submit([noop()], scene.signer);
    expect(outcome.state).toBe('committed');
    expect(new Set(scene.sent.map(({ id }) => id)).size).toBe(1);
  });

  test('goes to the next node when one is down', async () => {
    const scene = createScene(2);
    (scene.nodes[0] as FakeNode).down = true;
    expect((await scene.client.submit([noop()], scene.signer)).state).toBe('committed');
  });

  test('says NODE_UNREACHABLE, soon, when nobody is there', async () => {
    const scene = createScene(2);
    for (const node of scene.nodes) node.down = true;
    const begun = scene.clock;
    await expect(scene.client.submit([noop()], scene.signer)).rejects.toMatchObject({
      code: 'NODE_UNREACHABLE',
    });
    expect(scene.clock - begun).toBeLessThan(10_000);
  });

  test('a commit that the node claims and proves with another result is PROOF_INVALID', async () => {
    const scene = createScene();
    const [node] = scene.nodes as [FakeNode];
    node.lie = (path, answer) => {
      if (path.startsWith('/v1/tx/')) answer.result = `${answer.result.slice(0, -2)}00`;
    };
    await expect(scene.client.submit([noop()], scene.signer)).rejects.toMatchObject({
      code: 'PROOF_INVALID',
      data: { node: node.url },
    });
  });

  test('a commit that the node claims and does not show is not believed', async () => {
    const scene = createScene();
    script(
      scene,
      scene.nodes[0] as FakeNode,
      Array.from({ length: 99 }, () => (tx: Tx) => {
        scene.clock += 5_000;
        return { id: tx.id, state: 'committed', height: 1, index: 0, code: 'OK' };
      }),
    );
    expect((await scene.client.submit([noop()], scene.signer)).state).toBe('unknown');
  });

  test('signs with the key it is given, and the ledger refuses a stranger with a code', async () => {
    const scene = createScene();
    const stranger = { ...scene.signer, key: (scene.ledger.chain.hospitals[1] as Hospital).account };
    const [node] = scene.nodes as [FakeNode];
    node.onSubmit = (tx) => {
      const code = scene.ledger.chain.build([tx]).refused.get(tx.id);
      throw refusal(code ?? 'INTERNAL_ERROR');
    };
    await expect(scene.client.submit([actionOf('chain.noop', {})], stranger)).rejects.toMatchObject({
      code: 'TX_SIGNATURE_INVALID',
    });
  });
});
