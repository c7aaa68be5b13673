// A hospital whose home lies on a file system that is really full. Where this machine lets nobody mount one: not tested.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cp, mkdir, open, rename, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noop } from '@consilium/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startLoad } from './support/load.ts';
import { createNetwork, type Network, type Validator } from './support/network.ts';
import { until } from './support/waiting.ts';

/** More than a node wants to be ready; a file system in memory takes what is used. */
const DISK_BYTES = 2 * 1024 * 1024 * 1024;
/** What is left before the rest is filled up: the daemon goes on writing meanwhile. */
const SPARE_BYTES = 4 * 1024 * 1024;

let network: Network;
let north: Validator;

describe.runIf(mayMount())('A full disk', () => {
  beforeAll(async () => {
    network = await createNetwork();
    [north] = network.validators as [Validator];
    await moveToSmallDisk(north.paths.home);
    await network.start();
  });

  afterAll(async () => {
    if (north.running) await north.kill();
    execFileSync('umount', ['-l', north.paths.home]);
    await network.close();
  });

  test('Disk full: read-only, ready = false, recovers without restart', async () => {
    const load = startLoad(network);
    await load.more(20, [north]);
    const { pid } = north;
    await fill();
    await until('north rests', async () => (await readiness()).includes('DISK_FULL'));
    // Nobody answers "not ready" and "ready" at once, and no other reason hides it.
    expect(JSON.parse(await readiness())).toMatchObject({ ready: false, reasons: [{ code: 'DISK_FULL' }] });
    expect((await fetch(`${north.metricsUrl}/livez`)).status).toBe(200);
    expect((await fetch(`${north.apiUrl}/v1/blocks/1`)).status).toBe(200);
    expect(await (await fetch(`${north.apiUrl}/v1/status`)).json()).toMatchObject({ signing: 'stopped' });
    const tx = network.client().buildTx([noop()], north.signer);
    const refused = await fetch(`${north.apiUrl}/v1/tx`, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: tx.bytes,
    });
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ code: 'DISK_FULL' });
    await load.more(20, network.validators.slice(1));

    await rm(join(north.paths.home, 'filler'));
    resize(DISK_BYTES);
    await north.ready();
    await load.more(20, [north]);
    await load.stop();
    expect(north.pid).toBe(pid);
    expect(north.running).toBe(true);
    for (const { id, by } of load.acknowledged.filter(({ by }) => by === north.name)) {
      const answer = await fetch(`${north.apiUrl}/v1/tx/${id}`);
      expect(await answer.json(), by).toMatchObject({ state: 'committed' });
    }
    expect((await network.client().evidence()).value.count).toBe(0);
  });
});

async function readiness(): Promise<string> {
  return (await fetch(`${north.metricsUrl}/readyz`)).text();
}

async function moveToSmallDisk(home: string): Promise<void> {
  const aside = `${home}.aside`;
  await rename(home, aside);
  await mkdir(home, { mode: 0o700 });
  mount(home);
  await cp(aside, home, { recursive: true });
  await rm(aside, { recursive: true });
}

/** To the last page, while the daemon goes on writing. */
async function fill(): Promise<void> {
  const { blocks, bfree, bsize } = await statfs(north.paths.home);
  resize((blocks - bfree) * bsize + SPARE_BYTES);
  await using file = await open(join(north.paths.home, 'filler'), 'a');
  for (const length of [1024 * 1024, 4_096]) {
    const chunk = new Uint8Array(length);
    while (await takes(() => file.write(chunk)));
  }
}

function resize(bytes: number): void {
  execFileSync('mount', ['-o', `remount,size=${bytes}`, north.paths.home]);
}

async function takes(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch {
    return false;
  }
}

function mount(path: string): void {
  const options = `size=${DISK_BYTES},mode=0700`;
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
