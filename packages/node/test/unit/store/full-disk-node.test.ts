// A whole node in this process whose home lies on a file system that is really full. Where this machine lets nobody mount
// one: not tested.
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
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

/** More than a node wants to be ready; a file system in memory takes what is used. */
const DISK_BYTES = 2 * 1024 * 1024 * 1024;

let folder: string;

describe.runIf(mayMount())('A node on a full disk', () => {
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'full-disk-node-'));
    mount(folder);
  });

  afterEach(() => {
    execFileSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true });
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
    makeRoom();
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
  resize((blocks - bfree) * bsize + 1024 * 1024);
  const file = openSync(join(folder, 'filler'), 'a');
  for (const length of [64 * 1024, 4_096]) for (const chunk = new Uint8Array(length); takes(file, chunk); );
  closeSync(file);
}

function takes(file: number, chunk: Uint8Array): boolean {
  try {
    writeSync(file, chunk);
    return true;
  } catch {
    return false;
  }
}

function makeRoom(): void {
  rmSync(join(folder, 'filler'));
  resize(DISK_BYTES);
}

function resize(bytes: number): void {
  execFileSync('mount', ['-o', `remount,size=${bytes}`, folder]);
}

function mount(path: string): void {
  const options = `size=${DISK_BYTES}`;
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'full-disk-test', path], { stdio: 'ignore' });
}

function mayMount(): boolean {
  const probe = mkdtempSync(join(tmpdir(), 'may-mount-'));
  try {
    mount(probe);
    execFileSync('umount', [probe]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(probe, { recursive: true });
  }
}
