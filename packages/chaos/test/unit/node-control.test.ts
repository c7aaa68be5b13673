// Several faults on one process, over a devnet that only remembers what it was told.
import { ConsiliumError } from '@consilium/core';
import type { Devnet, NodeCommand, NodeState } from '@consilium/devnet';
import { beforeEach, describe, expect, test } from 'vitest';
import { createNodeControl, type NodeControl } from '../../src/devnet-world/node-control.ts';

const NEXT: Readonly<Record<NodeCommand, { readonly from: readonly NodeState[]; readonly to: NodeState }>> = {
  kill: { from: ['paused', 'running'], to: 'killed' },
  pause: { from: ['running'], to: 'paused' },
  resume: { from: ['paused'], to: 'running' },
  start: { from: ['failed', 'killed', 'stopped'], to: 'running' },
  stop: { from: ['running'], to: 'stopped' },
  restart: { from: ['failed', 'killed', 'running', 'stopped'], to: 'running' },
};

let state: NodeState;
let commands: NodeCommand[];
let trouble: unknown[];
let refusesToStart: boolean;
let refusesToDie: boolean;
/** A start waits for it. */
let gate: Promise<void>;
let mends: boolean;
let looks: NodeState[];
let control: NodeControl;

beforeEach(() => {
  [state, commands, trouble, refusesToStart, mends] = ['running', [], [], false, false];
  looks = [];
  refusesToDie = false;
  gate = Promise.resolve();
  const devnet: Pick<Devnet, 'command' | 'standings'> = {
    standings: async () => [{ name: 'a', pid: 1, state }],
    command: async (name, command) => {
      if (command === 'kill' && refusesToDie) throw new ConsiliumError('DEVNET_NOT_RUNNING');
      const { from, to } = NEXT[command];
      if (!from.includes(state)) throw new ConsiliumError('DEVNET_NODE_STATE', { name, state, command });
      commands.push(command);
      if (to === 'running' && refusesToStart) throw new ConsiliumError('DEVNET_NOT_READY', { name });
      state = to;
    },
  };
  control = createNodeControl({
    devnet,
    name: 'a',
    onTrouble: (error) => trouble.push(error),
    mayStart: async () => {
      looks.push(state);
      await gate;
    },
    mend: async () => {
      refusesToStart = !mends;
      return mends;
    },
  });
});

describe('The process of a node under several faults', () => {
  test('that cannot be killed while it comes up is a trouble, told in its turn', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    [state, gate, refusesToDie] = ['killed', promise, true];
    const comingUp = control.settled();
    await expect.poll(() => looks).toEqual(['killed']);
    control.takeDown();
    // A rejection that nobody waits for yet would end the process in this turn.
    await new Promise((next) => setImmediate(next));
    expect(trouble).toEqual([]);
    resolve();
    await comingUp;
    await expect.poll(() => trouble).toMatchObject([{ code: 'DEVNET_NOT_RUNNING' }]);
  });

  test('comes back when the last that holds it down lets go', async () => {
    const first = control.takeDown();
    const second = control.takeDown();
    first();
    await control.settled();
    expect(state).toBe('killed');
    second();
    second();
    await control.settled();
    expect(state).toBe('running');
    expect(commands).toEqual(['kill', 'start']);
    expect(looks).toEqual(['killed']);
  });

  test('is damaged while it is down, before it comes back', async () => {
    const seen: NodeState[] = [];
    control.takeDown(async () => {
      seen.push(state);
    })();
    await control.settled();
    expect(seen).toEqual(['killed']);
    expect(state).toBe('running');
  });

  test('that was frozen and killed comes back frozen, until that ends too', async () => {
    const thaw = control.freeze();
    await control.settled();
    const release = control.takeDown();
    release();
    await control.settled();
    expect(state).toBe('paused');
    thaw();
    await control.settled();
    expect(state).toBe('running');
  });

  test('is brought up again after it ended by itself, as was expected', async () => {
    const undo = control.expectEnd();
    state = 'killed';
    expect(control.mayBeDown).toBe(true);
    undo();
    await control.settled();
    expect(state).toBe('running');
    expect(control.mayBeDown).toBe(false);
  });

  test('that does not come up is told', async () => {
    refusesToStart = true;
    control.takeDown()();
    await expect(control.settled()).rejects.toMatchObject({ code: 'DEVNET_NOT_READY' });
    expect(trouble.length).toBeGreaterThan(0);
  });

  test('that does not come up is mended as its operator is told to, and started again', async () => {
    [refusesToStart, mends] = [true, true];
    control.takeDown()();
    await control.settled();
    expect(state).toBe('running');
    expect(commands).toEqual(['kill', 'start', 'start']);
    expect(trouble).toEqual([]);
  });

  test('is restarted in order, unless it is held down', async () => {
    control.restart();
    await control.settled();
    const release = control.takeDown();
    control.restart();
    await control.settled();
    expect(commands).toEqual(['restart', 'kill']);
    release();
    await control.settled();
    expect(state).toBe('running');
  });
});
