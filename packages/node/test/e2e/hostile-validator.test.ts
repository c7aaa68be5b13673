import { expect, test } from 'vitest';
import { VOTES_PER_MESSAGE_MAX, type WireMessage } from '../../src/messages/wire.ts';
import { startHostileValidator } from './support/hostile-validator.ts';
import { createNetwork, type Validator } from './support/network.ts';
import { until } from './support/waiting.ts';

const indexes = Array.from({ length: VOTES_PER_MESSAGE_MAX }, (_, index) => index);
const idOf = (number: number): string => number.toString(16).padStart(64, '0');

test('full messages of valid votes, and a flood of requests, end no daemon that they are sent to', async () => {
  await using network = await createNetwork();
  const [target, liar] = network.validators as [Validator, Validator, Validator, Validator];
  await target.start();
  await until(
    'it answers',
    async () => (await fetch(`${target.metricsUrl}/livez`).catch(() => undefined))?.ok === true,
  );
  await using hostile = await startHostileValidator(network, liar, target);
  const { vote, send } = hostile;
  const votes: WireMessage[] = [
    { type: 'votes', votes: indexes.map((index) => vote('prevote', 1, 1, idOf(index))) },
    { type: 'votes', votes: indexes.map((index) => vote('prevote', 1, 10 + index, null)) },
    { type: 'votes', votes: indexes.map((index) => vote('precommit', 2, index, null)) },
  ];
  const request = { type: 'blocks-request', fromHeight: Number.MAX_SAFE_INTEGER, count: 64 } as const;
  send(
    'sync',
    indexes.map((requestId) => ({ ...request, requestId })),
  );
  // The answer to the last shows that all before it was taken.
  send('agreement', [...votes, { ...request, requestId: 4_711 }]);
  await until(
    () => `its answer; its log ends: ${target.log().slice(-2_000)}`,
    () => hostile.received.some((message) => message.type === 'blocks' && message.requestId === 4_711),
  );
  const answers = hostile.received.filter(({ type }) => type === 'blocks').length;
  expect(answers).toBeLessThan(indexes.length);
  expect((await fetch(`${target.apiUrl}/v1/status`)).status).toBe(200);
  expect(await target.stop()).toEqual({ code: 0, signal: null });
});
