import type { Disk, Kv, KvWrite } from '@consilium/node/replica';
import type { Scheduler } from '@consilium/sim';
import { describe, expect, test } from 'vitest';
import { keepSubmitting, network } from '../support/network.ts';
import { type Planting, runPlanted } from '../support/planted.ts';

const SEEDS_MAX = 100;
/** Slow only on a busy machine; the conviction does not depend on it. */
const TIMEOUT_MS = 900_000;

interface PlantedBug {
  readonly name: string;
  readonly plantings: readonly Planting[];
  readonly convictedBy: readonly string[];
  /** Where to begin: soon before a seed that shows the bug, to spare time. */
  readonly firstSeed: number;
}

const BUGS: readonly PlantedBug[] = [
  {
    name: 'half of the power is a quorum',
    plantings: [
      {
        file: 'packages/core/src/validators.ts',
        find: 'return 3 * power > 2 * total;',
        replace: 'return 2 * power >= total;',
      },
    ],
    convictedBy: ['agreement'],
    firstSeed: 1,
  },
  {
    name: 'messages are signed before the log that holds them is synced',
    plantings: [
      {
        file: 'packages/node/src/replica/agreement.ts',
        find: 'this.#deps.log.sync((error) => {',
        replace: '((done: (error?: ConsiliumError) => void): void => done())((error) => {',
      },
    ],
    convictedBy: ['reports', 'double-signing'],
    firstSeed: 1,
  },
  {
    name: 'a lock is forgotten when a fresh value comes',
    plantings: [
      {
        file: 'packages/consensus/src/rules.ts',
        find: 'const unlocked = state.locked === null || state.locked.id === proposal.blockId;',
        replace: 'const unlocked = true;',
      },
      {
        file: 'packages/consensus/src/accountability.ts',
        find: 'if (other !== id && (validRound === NO_ROUND || round > validRound)) return false;',
        replace: '',
      },
    ],
    convictedBy: ['accountability', 'agreement'],
    firstSeed: 31,
  },
  {
    name: 'a vote goes out for a value whose bodies are in no log',
    plantings: [
      {
        file: 'packages/node/src/replica/agreement.ts',
        find: "return this.#log('value', bytes);",
        replace: 'return true;',
      },
    ],
    convictedBy: ['exception', 'progress', 'reports'],
    firstSeed: 3,
  },
];

/** Says at once that it has written, and writes to the store below only later: a crash takes it back. */
function hastyKv(kv: Kv, scheduler: Scheduler): Kv {
  const pending = new Map<string, Uint8Array | null>();
  const nameOf = (table: number, key: Uint8Array): string => `${table} ${key.join(' ')}`;
  const write = (batch: readonly KvWrite[]): void => {
    for (const { table, key, value } of batch) pending.set(nameOf(table, key), value);
  };
  return {
    get: (table, key) => {
      const own = pending.get(nameOf(table, key));
      return own === undefined ? kv.get(table, key) : (own ?? undefined);
    },
    write: (batch, done) => {
      write(batch);
      scheduler.after(30_000, () => kv.write(batch, () => undefined));
      done();
    },
  };
}

/** Answers each sync without doing it. */
function forgetfulDisk(disk: Disk, scheduler: Scheduler): Disk {
  return { ...disk, sync: (_name, done) => scheduler.after(200, done) };
}

describe('The checkers', () => {
  test.each(BUGS)('convict a planted bug: $name', { timeout: TIMEOUT_MS }, (bug) => {
    const { plantings, convictedBy, firstSeed } = bug;
    const { status, checkers } = runPlanted(plantings, firstSeed, SEEDS_MAX);
    expect(status).toBe(1);
    expect(convictedBy).toContain(checkers[0]);
  });

  test('convict a store that acknowledges a commit before it is durable', () => {
    const net = network({ hostileParts: new Map([['n1', { kv: hastyKv }]]) });
    const { history } = net;
    keepSubmitting(net, [0, 1, 2, 3], 20);
    net.untilHeight(10, 10_000);
    net.node(0).losePower();
    net.node(0).start();
    net.pass(1_000);
    expect(history.violations.map(({ checker }) => checker)).toContain('stores');
  });

  test('convict a disk that syncs nothing, by what its node signs after a power cut', () => {
    const net = network({ hostileParts: new Map([['n1', { disk: forgetfulDisk }]]) });
    const { history } = net;
    keepSubmitting(net, [0, 1, 2, 3], 20);
    net.untilHeight(3, 10_000);
    const isConvicted = (): boolean => history.violations.length > 0;
    for (let cut = 0; cut < 50 && !isConvicted(); cut += 1) {
      net.node(0).losePower();
      net.node(0).start();
      net.pass(137);
    }
    expect(['reports', 'double-signing']).toContain(history.violations[0]?.checker);
  });
});
