import { chmodSync, rmSync } from 'node:fs';
import { ConsiliumError } from '@consilium/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemRandom } from '../../../node/src/crypto/system-random.ts';
import { openGate } from '../../../node/src/daemon/gate.ts';
import { homePaths } from '../../../node/src/files/home.ts';
import { startApi, systemClock } from '../../../node/test/support/api-harness.ts';
import type { Io } from '../../src/io.ts';
import { openOwnNode } from '../../src/setup/own-node.ts';
import { createDesk, type Desk } from '../support/desk.ts';

function ioOf(desk: Desk, env: Record<string, string> = {}): Io {
  return {
    env,
    cwd: desk.folder,
    home: desk.folder,
    now: () => 0,
    out: () => {},
    err: () => {},
    readInput: async () => '',
  };
}

async function madeHome(desk: Desk): Promise<void> {
  await desk.json('node', 'init', '--org', 'Nord', '--listen', '127.0.0.1:4100', '--home', desk.path('nord'));
}

async function refusalOf(run: () => Promise<unknown>): Promise<ConsiliumError> {
  const error = await run().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ConsiliumError)) throw new Error('no refusal');
  return error;
}

describe('the node of a home on this machine', () => {
  test('is asked as its operator, at the address of its configuration', async () => {
    using desk = createDesk();
    await madeHome(desk);
    const gate = await openGate({
      paths: homePaths(desk.path('nord')),
      auth: 'open',
      random: systemRandom,
      clock: systemClock,
      report: () => {},
      note: () => {},
    });
    onTestFinished(() => gate.stop());
    const { api, url } = await startApi({ deps: { gate } });
    try {
      const node = await openOwnNode(ioOf(desk, { CONSILIUM_API_PORT: new URL(url).port }), { home: 'nord' });
      expect(node.url).toBe(url);
      expect(await node.get('/v1/admin/caller')).toEqual({ name: 'operator', role: 'operator' });
      expect(await refusalOf(() => node.post('/v1/admin/caller', {}))).toMatchObject({
        code: 'ROUTE_NOT_FOUND',
      });
    } finally {
      await api.stop();
    }
  });

  test('that does not run is said to', async () => {
    using desk = createDesk();
    await madeHome(desk);
    const { api, url } = await startApi();
    await api.stop();
    const node = await openOwnNode(ioOf(desk, { CONSILIUM_API_PORT: new URL(url).port }), { home: 'nord' });
    expect(await refusalOf(() => node.get('/v1/admin/caller'))).toMatchObject({
      code: 'NODE_NOT_RUNNING',
      data: { home: desk.path('nord'), node: url, reason: 'refused' },
    });
  });

  test('needs its home and its token', async () => {
    using desk = createDesk();
    const open = (home?: string) =>
      refusalOf(() => openOwnNode(ioOf(desk), home === undefined ? {} : { home }));
    expect(await open()).toMatchObject({ code: 'USAGE_INVALID' });
    expect(await open('nowhere')).toMatchObject({ code: 'HOME_MISSING' });
    await madeHome(desk);
    const { operatorToken } = homePaths(desk.path('nord'));
    chmodSync(operatorToken, 0o644);
    expect(await open('nord')).toMatchObject({ code: 'KEY_FILE_MODE', data: { file: operatorToken } });
    rmSync(operatorToken);
    expect(await open('nord')).toMatchObject({ code: 'FILE_MISSING', data: { file: operatorToken } });
  });
});
