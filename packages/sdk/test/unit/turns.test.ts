import { describe, expect, test } from 'vitest';
import { createTurns } from '../../src/client/turns.ts';
import { SILENT_NODE_MS } from '../../src/limits.ts';
import { unreachable } from '../../src/net/transport.ts';

const NODES = ['a', 'b', 'c'];

function turns() {
  const world = { now: 0, fault: 'timeout' as string | undefined };
  const made = createTurns(
    NODES,
    async (node) => {
      if (world.fault !== undefined) throw unreachable(node, world.fault);
      return node;
    },
    () => world.now,
  );
  const ask = (node: string): Promise<unknown> => made.ask(node, { path: '/' }).catch((error) => error.code);
  return { world, ask, inTurn: made.inTurn };
}

describe('the order in which nodes are asked', () => {
  test('is that in which they were named', () => {
    expect(turns().inTurn()).toEqual(NODES);
  });

  test('has a node last that was silent until the timeout, for a while', async () => {
    const { world, ask, inTurn } = turns();
    expect(await ask('a')).toBe('NODE_UNREACHABLE');
    expect(inTurn()).toEqual(['b', 'c', 'a']);
    world.now = SILENT_NODE_MS;
    expect(inTurn()).toEqual(NODES);
  });

  test('takes a node back at once that answers', async () => {
    const { world, ask, inTurn } = turns();
    await ask('a');
    world.fault = undefined;
    expect(await ask('a')).toBe('a');
    expect(inTurn()).toEqual(NODES);
  });

  test('stays where a node refuses at once: that costs no time', async () => {
    const { world, ask, inTurn } = turns();
    world.fault = 'refused';
    await ask('a');
    expect(inTurn()).toEqual(NODES);
  });

  test('still has all of them when all are silent', async () => {
    const { ask, inTurn } = turns();
    for (const node of NODES) await ask(node);
    expect(inTurn()).toEqual(NODES);
  });
});
