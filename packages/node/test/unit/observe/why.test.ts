import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  type NamedValidator,
  WHY_CODES,
  WHY_RESTING,
  type WhyFacts,
  whyOf,
} from '../../../src/observe/why.ts';

const validator = (name: string, facts: Partial<NamedValidator> = {}): NamedValidator => ({
  name,
  institution: name,
  prevote: 'value',
  precommit: 'missing',
  heard: { height: 8, round: 0, agoMs: 200 },
  connected: true,
  linkForMs: 3_600_000,
  clockOffsetMs: 3,
  ...facts,
});

const gone = (name: string, agoMs: number): NamedValidator =>
  validator(name, {
    connected: false,
    linkForMs: agoMs,
    prevote: 'missing',
    heard: { height: 7, round: 0, agoMs },
  });

const STUCK: WhyFacts['running'] = {
  height: 8,
  round: 3,
  step: 'prevote',
  awake: true,
  hasWork: true,
  proposer: 'South',
  proposed: true,
  validators: ['North', 'East', 'South', 'West'].map((name) => validator(name)),
  quorum: 3,
  reached: 4,
  locked: null,
  valid: null,
  timer: { kind: 'prevote', inMs: 400 },
  heightForMs: 60_000,
  roundForMs: 9_000,
  workForMs: 60_000,
  stuckAfterMs: 10_000,
  stuck: true,
  logFull: false,
};

const FACTS: WhyFacts = {
  name: 'North',
  height: 7,
  blockTimeMs: 1,
  nowMs: 2,
  running: STUCK,
  synced: true,
  claimedTip: 7,
  signing: 'signing',
  diverged: false,
  clockOffsetMs: 0,
  clockPrecisionMs: 400,
  diskFreeBytes: null,
  mempool: { txs: 1, bytes: 300, oldestMs: 60_000 },
  skips: [],
};

const [north, east, south, west] = STUCK.validators as [
  NamedValidator,
  NamedValidator,
  NamedValidator,
  NamedValidator,
];

const CASES: readonly (readonly [string, Partial<WhyFacts>, Partial<WhyFacts['running']>, string])[] = [
  [
    'DIVERGED',
    { diverged: true },
    {},
    'finds a block invalid that a quorum decided, and stopped at height 7',
  ],
  ['SYNCING', { synced: false, claimedTip: 900 }, {}, 'at height 7 and fetches up to 900'],
  ['LOG_FULL', {}, { logFull: true }, 'The log of height 8 is full'],
  ['IDLE', {}, { hasWork: false, awake: false, stuck: false }, 'There is nothing to do'],
  [
    'DECIDING',
    {},
    { stuck: false, workForMs: 300 },
    'Block 8 is being decided: round 3, at work for 300 ms.',
  ],
  [
    'LINKS_MISSING',
    {},
    { reached: 2, validators: [north, east, gone('South', 180_000), gone('West', 5_000)] },
    'reaches 2 of 4 validators and a block needs 3; no link to South (for 3 min), West (for 5 s).',
  ],
  [
    'CLOCK_OFF',
    { clockOffsetMs: -300_000 },
    {},
    'clock is 300000 ms ahead of its peers, and 400 ms are allowed',
  ],
  [
    'PROPOSAL_MISSING',
    {},
    { step: 'propose', proposed: false },
    'Round 3 of height 8 waits for the proposal of South (last heard 200 ms ago).',
  ],
  [
    'VOTES_MISSING',
    {},
    {
      reached: 3,
      validators: [north, east, { ...south, prevote: 'missing', heard: null }, gone('West', 120_000)],
    },
    'lacks the prevotes of South (never heard), West (no link for 2 min).',
  ],
  ['VOTES_SPLIT', {}, { validators: [north, east, south, { ...west, prevote: 'nil' }] }, 'not for one value'],
];

describe('why there is no block', () => {
  test.each(CASES)('%s', (code, facts, running, words) => {
    const why = whyOf({ ...FACTS, ...facts, running: { ...STUCK, ...running } });
    expect(why.code).toBe(code);
    expect(why.answer).toContain(words);
    expect(why.answer).toMatch(/^[A-Z].*\.$/);
  });

  test('has a case for every answer', () => {
    expect(CASES.map(([code]) => code)).toEqual([...WHY_CODES]);
  });

  test('has a row in docs/operate/watching.md for every answer', () => {
    const page = readFileSync(new URL('../../../../../docs/operate/watching.md', import.meta.url), 'utf8');
    const section = page.slice(page.indexOf('## What why answers'), page.indexOf('## The doctor'));
    const rows = [...section.matchAll(/^\| `([A-Z_]+)` /gm)].map(([, code]) => code);
    expect(rows.sort()).toEqual([...WHY_CODES, WHY_RESTING.code].sort());
  });

  test('an idle chain without a quorum says so: there would be no block', () => {
    const running = { ...STUCK, hasWork: false, awake: false, stuck: false, reached: 2 };
    expect(whyOf({ ...FACTS, running }).code).toBe('LINKS_MISSING');
  });
});
