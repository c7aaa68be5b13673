// A whole node in this process whose home lies on a file system that is really full. Where this machine lets nobody mount
// one: not tested.
import { mkdtempSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accountIdOf, genesisHash, type SecretKey, signTx, toHex } from '@consilium/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemRandom } from '../../../src/crypto/system-random.ts';
import { type RunningNode, startNode } from '../../../src/daemon/start-node.ts';
import { readNodeKeys } from '../../../src/keys/store.ts';
import { verifyHome } from '../../../src/verify/verify-home.ts';
import { freePorts } from '../../e2e/support/ports.ts';
import { until } from '../../e2e/support/waiting.ts';
import { type LoneHome, makeLoneHome } from '../../support/filled-home.ts';
import { fillTmpfs, makeRoom, mayMount, mountTmpfs, resizeTmpfs, unmountTmpfs } from '../../support/tmpfs.ts';

/** More than a node wants to be ready; a file system in memory takes what is used. */
const DISK_BYTES = 2 * 1024 * 1024 * 1024;

let folder: string;

describe.runIf(mayMount())('A node on a full disk', () => {
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'full-disk-node-'));
    mountTmpfs(folder, DISK_BYTES);
  });

  afterEach(() => {
    unmountTmpfs(folder);
  });

  test('Disk full: read-only, ready = false, recovers without restart', {
    timeout: 120_000,
  }, async () => {
    const lone = await makeLoneHome(folder);
    const node = await start(lone);
    const client = await createSubmitter(lone, node);
    const acknowledged: string[] = [];
    for (let turn = 0; turn < 5; turn += 1) acknowledged.push((await client.submit()).id ?? '');
    await fill();
    await until('a refusal for want of room', async () => (await client.submit()).code === 'DISK_FULL');
    expect(await readiness(node)).toMatchObject({ ready: false, reasons: [{ code: 'DISK_FULL' }] });
    for (const id of acknowledged) expect((await client.look(id)).state).toBe('committed');
    expect((await fetch(`${node.apiUrl}/v1/blocks/1`)).status).toBe(200);
    makeRoom(folder);
    resizeTmpfs(folder, DISK_BYTES);
    await until('it is ready', async () => (await readiness(node)).ready === true);
    acknowledged.push((await client.submit()).id ?? '');
    for (const id of acknowledged) expect((await client.look(id)).state).toBe('committed');
    await node.stop();
    expect(await verifyHome(lone.paths.home)).toMatchObject({ whole: true });
  });
});

async function start({ paths }: LoneHome): Promise<RunningNode> {
  const [p2p = 0] = await freePorts(1);
  const flags = {
    'p2p.listen': `/ip4/127.0.0.1/tcp/${p2p}`,
    'api.port': '0',
    'metrics.port': '0',
    'log.file': '/dev/null',
  };
  const node = await startNode({ home: paths.home, environment: {}, flags });
  await until('it is ready', async () => (await readiness(node)).ready === true);
  return node;
}

interface Answer {
  readonly id?: string;
  readonly state?: string;
  readonly code?: string;
}

async function createSubmitter({ paths, genesis }: LoneHome, { apiUrl }: RunningNode) {
  const { account } = await readNodeKeys(paths);
  const secret = account.secret as SecretKey;
  return {
    submit: async (): Promise<Answer> => {
      const tx = signTx(secret, {
        genesis: genesisHash(genesis),
        sender: accountIdOf(secret.publicKey),
        validUntil: Date.now() + 60_000,
        nonce: toHex(systemRandom.bytes(16)),
        actions: [{ type: 'chain.noop', version: 1, body: {} }],
      });
      const answer = await fetch(`${apiUrl}/v1/tx?wait=committed&timeoutMs=2000`, {
        method: 'POST',
        headers: { 'content-type': 'application/octet-stream' },
        body: Uint8Array.from(tx.bytes),
      });
      return (await answer.json()) as Answer;
    },
    look: async (id: string): Promise<Answer> =>
      (await (await fetch(`${apiUrl}/v1/tx/${id}`)).json()) as Answer,
  };
}

async function readiness({ metricsUrl }: RunningNode): Promise<{ ready?: boolean }> {
  return (await (await fetch(`${metricsUrl}/readyz`)).json()) as { ready?: boolean };
}

async function fill(): Promise<void> {
  const { blocks, bfree, bsize } = await statfs(folder);
  resizeTmpfs(folder, (blocks - bfree) * bsize + 1024 * 1024);
  fillTmpfs(folder, 64 * 1024);
}
