import { createServer } from 'node:net';
import { join } from 'node:path';
import { noop } from '@consilium/sdk';
import { expect, it } from 'vitest';
import { createFolder } from '../../../../scripts/test/support/tree.ts';
import { slowness } from '../../../node/test/e2e/support/machine.ts';
import {
  detachDevnet,
  freeBasePort,
  launchDevnet,
  type NetworkStatus,
  openDevnet,
  readDevnetFile,
  resetDevnet,
} from '../../src/index.ts';
import { warmUp } from '../../src/supervisor/warm-up.ts';
import { consilium, npxConsilium, processesOf, residentBytes, until } from '../support/command.ts';

const READY_MS = 5_000;
const STARTS_MAX = 3;
const IDLE_BYTES = 150_000_000;
const SILENCE_MS = 30_000;

interface Start {
  readonly dir: string;
  readonly stdout: string;
  readonly tookMs: number;
  /** How slow the machine was just before, because of others on it; and the time that a free one would have taken. */
  readonly slow: number;
  readonly freeMs: number;
}

/** The first of at most three starts that is fast enough, or the last: neighbours on a machine can spoil one. */
async function bestStart(dirOf: (attempt: number) => string): Promise<Start> {
  for (let attempt = 1; ; attempt += 1) {
    const start = await timedStart(dirOf(attempt));
    if (start.freeMs < READY_MS || attempt === STARTS_MAX) return start;
    await (await openDevnet(start.dir)).down();
  }
}

async function timedStart(dir: string): Promise<Start> {
  const basePort = String(await freeBasePort());
  const slow = await slowness();
  const begun = performance.now();
  const words = ['devnet', 'up', '--detach', '--json', '--dir', dir, '--base-port', basePort];
  const { code, stdout, stderr } = await npxConsilium(...words);
  const tookMs = performance.now() - begun;
  expect(code, stderr).toBe(0);
  return { dir, stdout, tookMs, slow, freeMs: tookMs / slow };
}

it('`npx consilium devnet up --detach --json` is ready in under 5 s with dependencies installed; idle validators stay under 150 MB; the idle chain makes no block in 30 s.', async () => {
  using folder = createFolder();
  // What the install ended with; the source may have changed since.
  await warmUp();
  const best = await bestStart((attempt) => join(folder.root, `run-${attempt}`));
  await using devnet = await openDevnet(best.dir);
  expect(JSON.parse(best.stdout)).toMatchObject({
    chainId: 'dev-consilium',
    nodes: [{ name: 'a' }, {}, {}, {}],
  });
  const heads = (await devnet.status()).nodes.map(({ height, stateRoot }) => `${height} ${stateRoot}`);
  expect(heads).toHaveLength(4);
  expect(new Set(heads).size).toBe(1);

  const client = devnet.client();
  await client.submit([noop()], await devnet.signer('a'));
  const silence = AbortSignal.timeout(SILENCE_MS);
  const events = client.follow({ signal: silence });
  expect(await events.next()).toEqual({ done: true, value: undefined });
  expect(silence.aborted).toBe(true);
  const { nodes } = await devnet.status();
  expect(nodes.map(({ height }) => height)).toEqual([1, 1, 1, 1]);
  for (const { pid } of nodes) expect(residentBytes(pid ?? 0)).toBeLessThan(IDLE_BYTES);
  expect(best.freeMs, `${best.tookMs} ms on a machine ${best.slow} times slower than free`).toBeLessThan(
    READY_MS,
  );
});

it('a devnet is started, asked, hurt, mended and stopped from the command line, and leaves no process', async () => {
  using folder = createFolder();
  const dir = join(folder.root, 'run');
  const at = ['--dir', dir, '--json'];
  const states = async (): Promise<string[]> => {
    const { stdout } = await consilium('devnet', 'status', ...at);
    return (JSON.parse(stdout) as NetworkStatus).nodes.map(({ name, state }) => `${name} ${state}`);
  };

  const basePort = String(await freeBasePort());
  expect(await consilium('devnet', 'up', '--detach', ...at, '--base-port', basePort)).toMatchObject({
    code: 0,
  });
  await using _whateverFails = await openDevnet(dir);
  expect(await consilium('devnet', 'up', '--detach', ...at)).toMatchObject({ code: 1, stdout: '' });
  expect(await states()).toEqual(['a running', 'b running', 'c running', 'd running']);

  expect(await consilium('devnet', 'node', 'kill', 'b', ...at)).toMatchObject({ code: 0 });
  expect(await consilium('devnet', 'node', 'pause', 'c', ...at)).toMatchObject({ code: 0 });
  expect(await states()).toEqual(['a running', 'b killed', 'c paused', 'd running']);
  const again = await consilium('devnet', 'node', 'pause', 'b', ...at);
  expect(again.stderr).toMatch(/^DEVNET_NODE_STATE: /m);

  expect(await consilium('devnet', 'node', 'restart', 'b', ...at)).toMatchObject({ code: 0 });
  expect(await consilium('devnet', 'node', 'resume', 'c', ...at)).toMatchObject({ code: 0 });
  expect(await states()).toEqual(['a running', 'b running', 'c running', 'd running']);
  const log = await consilium('devnet', 'logs', 'b', '--dir', dir);
  expect(log.stdout.match(/"code":"node.started"/g)).toHaveLength(2);

  expect(await consilium('devnet', 'node', 'kill', 'b', ...at)).toMatchObject({ code: 0 });
  expect(await consilium('devnet', 'node', 'pause', 'c', ...at)).toMatchObject({ code: 0 });
  const healed = await consilium('chaos', 'heal', ...at);
  expect(healed).toMatchObject({ code: 0 });
  expect(JSON.parse(healed.stdout)).toMatchObject({
    mended: [
      { name: 'b', state: 'killed' },
      { name: 'c', state: 'paused' },
    ],
    heights: { a: 0, b: 0, c: 0, d: 0 },
  });
  expect(await states()).toEqual(['a running', 'b running', 'c running', 'd running']);

  const begun = performance.now();
  expect(await consilium('devnet', 'down', ...at)).toMatchObject({ code: 0 });
  expect(performance.now() - begun).toBeLessThan(10_000);
  expect(processesOf(dir)).toEqual([]);
  const stopped = await consilium('devnet', 'status', ...at);
  expect(stopped).toMatchObject({ code: 3, stdout: '' });
  expect(stopped.stderr).toMatch(/^DEVNET_NOT_RUNNING: /m);
});

it('a supervisor that is killed takes its nodes along within 3 s, a paused one too, and the next start goes on', async () => {
  using folder = createFolder();
  const dir = join(folder.root, 'run');
  await using devnet = await detachDevnet({ dir, findPorts: true });
  const committed = await devnet.client().submit([noop()], await devnet.signer('a'));
  expect(committed).toMatchObject({ state: 'committed', code: 'OK', height: 1 });
  await devnet.command('b', 'pause');
  expect(processesOf(dir).length).toBeGreaterThanOrEqual(5);
  process.kill(devnet.file.supervisor?.pid ?? 0, 'SIGKILL');
  await until('every node has ended', 3_000, () => processesOf(dir).length === 0);
  await expect(openDevnet(dir)).rejects.toMatchObject({ code: 'DEVNET_NOT_RUNNING' });

  await using next = await launchDevnet({ dir });
  expect(next.file.genesisHash).toBe(devnet.file.genesisHash);
  await until('all are at height 1 again', 20_000, async () =>
    (await next.status()).nodes.every(({ height }) => height === 1),
  );
});

it('a port that is taken is named at once, with a base port that is free, and nothing is left behind', async () => {
  using folder = createFolder();
  const dir = join(folder.root, 'run');
  const basePort = await freeBasePort();
  await using occupant = createServer();
  await new Promise<void>((resolve) => occupant.listen(basePort + 11, '127.0.0.1', resolve));
  const refused = await launchDevnet({ dir, basePort }).catch((error: unknown) => error);
  expect(refused).toMatchObject({
    code: 'PORT_IN_USE',
    data: { port: basePort + 11, use: 'metrics of b', basePort, freeBasePort: expect.any(Number) },
  });
  expect(await readDevnetFile(dir)).toBeUndefined();
  const { freeBasePort: free } = (refused as { data: { freeBasePort: number } }).data;
  await using devnet = await launchDevnet({ dir, basePort: free });
  expect(devnet.node('b').api).toBe(`http://127.0.0.1:${free + 10}`);
});

it('two networks run side by side, and the reset of one leaves the other alone', async () => {
  using folder = createFolder();
  const [first, second] = [join(folder.root, 'first'), join(folder.root, 'second')];
  await using kept = await launchDevnet({ dir: first, nodes: 1, seed: 'kept', findPorts: true });
  await using gone = await detachDevnet({ dir: second, nodes: 1, seed: 'gone', findPorts: true });
  await gone.client().submit([noop()], await gone.signer('a'));
  await resetDevnet(second);
  expect(processesOf(second)).toEqual([]);
  expect(await readDevnetFile(second)).toBeUndefined();
  await expect(resetDevnet(folder.root)).rejects.toMatchObject({ code: 'DEVNET_FOLDER_INVALID' });
  expect(await kept.client().submit([noop()], await kept.signer('a'))).toMatchObject({ height: 1 });
});
