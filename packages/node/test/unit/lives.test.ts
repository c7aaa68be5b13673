import { ConsiliumError, type ErrorCode } from '@consilium/core';
import { describe, expect, test } from 'vitest';
import { createCommitNews } from '../../src/daemon/commit-news.ts';
import { type Lives, openLives } from '../../src/daemon/lives.ts';
import { createPendingCalls } from '../../src/daemon/pending-calls.ts';
import type { WorkingParts } from '../../src/daemon/working-parts.ts';
import { createManualClock, type ManualClock } from '../support/fakes.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

interface Bench {
  readonly lives: Lives;
  readonly clock: ManualClock;
  /** What happened, in order. */
  readonly told: string[];
  /** Tells the life that runs, or an earlier one, that something failed. */
  readonly fail: (code: ErrorCode, life?: number) => void;
  /** The next lives refuse to begin with this. */
  refusal: ErrorCode | undefined;
  readonly calls: ((ids: readonly string[] | ConsiliumError) => void)[];
}

async function bench(): Promise<Bench> {
  const clock = createManualClock(0);
  const told: string[] = [];
  const fails: ((error: ConsiliumError) => void)[] = [];
  const calls: Bench['calls'] = [];
  const state: { refusal: ErrorCode | undefined } = { refusal: undefined };
  const open = async (fail: (error: ConsiliumError) => void): Promise<WorkingParts> => {
    if (state.refusal !== undefined) {
      told.push(`refused ${state.refusal}`);
      throw new ConsiliumError(state.refusal);
    }
    fails.push(fail);
    const life = fails.length;
    told.push(`open ${life}`);
    const node = {
      start: () => told.push(`start ${life}`),
      facts: { metrics: () => ({ height: life }), readiness: () => ({ diskFull: false }) },
      api: {
        status: () => ({ height: life, signing: 'signing', awake: true, peers: [] }),
        snapshot: () => `snapshot ${life}`,
        why: () => ({ code: 'IDLE' }),
        custody: { storeBlobs: (_: unknown, done: Bench['calls'][number]) => calls.push(done) },
      },
    };
    const end = (what: string) => async (): Promise<void> => void told.push(`${what} ${life}`);
    return { node, home: {}, rest: end('rest'), close: end('close') } as unknown as WorkingParts;
  };
  const deps = { clock, news: createCommitNews(), open, report: () => undefined, genesis: {} as never };
  const lives = await openLives({
    ...deps,
    folder: await temporaryFolder(),
    end: ({ code }) => told.push(`end ${code}`),
  });
  lives.start();
  return Object.assign(state, {
    ...{ lives, clock, told, calls },
    fail: (code: ErrorCode, life = fails.length) => fails[life - 1]?.(new ConsiliumError(code)),
  });
}

/** Lets everything that was begun come to its end, then the time to the next look pass. */
async function look({ clock, told }: Bench): Promise<void> {
  const before = told.length;
  while (told.length === before) {
    clock.advance(100);
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe('the lives of a node', () => {
  test('a full disk ends one, reads go on, and the next begins from the disk', async () => {
    const each = await bench();
    each.fail('DISK_FULL');
    each.fail('DISK_FULL');
    expect(each.lives.api.status()).toMatchObject({ height: 1, signing: 'stopped' });
    expect(each.lives.facts.readiness()).toMatchObject({ diskFull: true });
    expect(each.lives.api.snapshot()).toBe('snapshot 1');
    await look(each);
    await look(each);
    expect(each.told).toEqual(['open 1', 'start 1', 'rest 1', 'close 1', 'open 2', 'start 2']);
    expect(each.lives.api.status()).toMatchObject({ height: 2, signing: 'signing' });
    expect(each.lives.facts.readiness()).toMatchObject({ diskFull: false });
  });

  test('a life that cannot begin is tried again; meanwhile every question has its answer', async () => {
    const each = await bench();
    each.refusal = 'DISK_FULL';
    each.fail('DISK_FULL');
    await look(each);
    await look(each);
    await look(each);
    expect(each.told.slice(2)).toEqual(['rest 1', 'close 1', 'refused DISK_FULL', 'refused DISK_FULL']);
    expect(() => each.lives.api.snapshot()).toThrow(expect.objectContaining({ code: 'DISK_FULL' }));
    expect(each.lives.api.status()).toMatchObject({ height: 1, signing: 'stopped' });
    expect(each.lives.facts.metrics()).toMatchObject({ height: 1 });
    each.refusal = undefined;
    await look(each);
    expect(each.told.at(-1)).toBe('start 2');
  });

  test('what waits for an answer is refused, and what is asked later too', async () => {
    const each = await bench();
    const answers: string[] = [];
    const ask = (): void =>
      each.lives.api.custody.storeBlobs([], (answer) =>
        answers.push(answer instanceof ConsiliumError ? answer.code : 'stored'),
      );
    ask();
    each.fail('DISK_FULL');
    ask();
    each.calls[0]?.([]);
    each.lives.api.submit(new Uint8Array(), (outcome) => answers.push(outcome.state));
    expect(answers).toEqual(['DISK_FULL', 'DISK_FULL', 'refused']);
  });

  test('any other failure ends the process, and what an earlier life says ends nothing', async () => {
    const each = await bench();
    each.fail('DISK_FULL');
    await look(each);
    await look(each);
    each.fail('STORE_DAMAGED', 1);
    expect(each.told).not.toContain('end STORE_DAMAGED');
    each.fail('DISK_FAILED');
    expect(each.told.at(-1)).toBe('end DISK_FAILED');
  });

  test('a life that refuses to begin for another reason ends the process', async () => {
    const each = await bench();
    each.refusal = 'STORE_DAMAGED';
    each.fail('DISK_FULL');
    await look(each);
    await look(each);
    expect(each.told.at(-1)).toBe('end STORE_DAMAGED');
  });

  test('a node that is told to stop while it rests stops, and begins no life', async () => {
    const each = await bench();
    each.fail('DISK_FULL');
    await each.lives.close();
    each.clock.advance(10_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(each.told).toEqual(['open 1', 'start 1', 'rest 1', 'close 1']);
  });
});

describe('a pending call', () => {
  test('is answered once, by whoever comes first', () => {
    const calls = createPendingCalls();
    const answers: string[] = [];
    const done = calls.add(
      (answer: string) => answers.push(answer),
      ({ code }) => answers.push(code),
    );
    done('first');
    calls.refuse(new ConsiliumError('DISK_FULL'));
    done('second');
    expect(answers).toEqual(['first']);
  });
});
