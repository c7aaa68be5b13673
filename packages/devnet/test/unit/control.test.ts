import { ConsiliumError } from '@consilium/core';
import { expect, it } from 'vitest';
import { createControl } from '../../src/supervisor/control.ts';
import { type ControlServer, startControlServer } from '../../src/supervisor/control-server.ts';
import type { Supervisor } from '../../src/supervisor/types.ts';

interface Played extends AsyncDisposable {
  readonly server: ControlServer;
  /** What reached the supervisor. */
  readonly done: string[];
}

async function play(token: string): Promise<Played> {
  const done: string[] = [];
  const { promise: stopped } = Promise.withResolvers<void>();
  const supervisor: Supervisor = {
    file: () => {
      throw new Error('not asked for here');
    },
    stopped,
    standings: () => [{ name: 'a', pid: 7, state: 'running' }],
    command: async (name, command) => {
      if (name !== 'a') throw new ConsiliumError('DEVNET_NODE_UNKNOWN', { name, known: 'a' });
      done.push(`${command} ${name}`);
    },
    add: async ({ node }) => void done.push(`add ${node.name}`),
    stop: async () => void done.push('stop'),
  };
  const server = await startControlServer(supervisor, token);
  return { server, done, [Symbol.asyncDispose]: () => server.close() };
}

it('passes commands of whoever holds the token to the supervisor', async () => {
  await using played = await play('secret');
  const control = createControl({ pid: 1, control: played.server.url, token: 'secret' });
  expect(await control.standings()).toEqual([{ name: 'a', pid: 7, state: 'running' }]);
  await control.command('a', 'kill');
  await control.stop();
  expect(played.done).toEqual(['kill a', 'stop']);
});

it('hands the supervisor’s refusal back with its code and facts', async () => {
  await using played = await play('secret');
  const control = createControl({ pid: 1, control: played.server.url, token: 'secret' });
  await expect(control.command('z', 'kill')).rejects.toMatchObject({
    code: 'DEVNET_NODE_UNKNOWN',
    data: { name: 'z', known: 'a' },
  });
});

it('does nothing for anybody else on this machine', async () => {
  await using played = await play('secret');
  for (const authorization of ['', 'Bearer guess!', 'Bearer secre']) {
    const response = await fetch(`${played.server.url}/stop`, { method: 'POST', headers: { authorization } });
    expect(response.status).toBe(401);
  }
  const stranger = createControl({ pid: 1, control: played.server.url, token: 'guessed' });
  await expect(stranger.stop()).rejects.toMatchObject({ code: 'DEVNET_NOT_RUNNING' });
  expect(played.done).toEqual([]);
});

it('says that nothing runs when nobody listens any more', async () => {
  const { server } = await play('secret');
  await server.close();
  const control = createControl({ pid: 1, control: server.url, token: 'secret' });
  await expect(control.standings()).rejects.toMatchObject({ code: 'DEVNET_NOT_RUNNING' });
});
