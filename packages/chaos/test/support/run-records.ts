// Owns: records of runs made by hand, as a simulated run would leave them.
import type { RunRecord, TimelineEntry, Verdict, WriteSeen } from '../../src/run/verdict.ts';
import { namesOf } from '../../src/scenario/parse.ts';
import type { Scenario, Step } from '../../src/scenario/scenario.ts';

const HEIGHT_MS = 400;

export const CHECKS = [
  'agreement',
  'validity',
  'certificates',
  'no-lost-ack',
  'consent-state',
  'liveness',
  'accountability',
  'double-signing',
  'confidentiality',
  'coverage',
] as const;

export function scenarioOf(given: Partial<Scenario> = {}): Scenario {
  return {
    name: 'leader-cut-then-heal',
    why: 'A proposer that is cut off and a node that dies must cost time and nothing else.',
    seed: 42,
    nodes: 4,
    guests: 0,
    setChanges: false,
    durationMs: 10_000,
    heights: 20,
    workload: { kind: 'consents', rate: 40, clients: 8, pause: 0 },
    steps: [],
    expect: {
      heightsAfter: 10,
      livenessWithinMs: 10_000,
      sometimes: [],
      evidence: [],
      stall: false,
      violation: undefined,
    },
    ...given,
  };
}

export function verdictOf(given: Partial<Verdict> = {}): Verdict {
  return {
    scenario: 'leader-cut-then-heal',
    world: 'sim',
    seed: 42,
    outcome: 'pass',
    checks: Object.fromEntries(CHECKS.map((name) => [name, 'pass'])),
    violations: [],
    unknown: [],
    sometimes: { 'block-sync': 3, 'decided-after-round-0': 2, 'hidden-lock': 0 },
    heights: 20,
    tookMs: 8_250,
    healedMs: 1_250,
    digest: 'd'.repeat(64),
    ...given,
  };
}

/** Nothing was done and nothing was seen. */
export function emptyRecord(): RunRecord {
  const verdict = verdictOf({
    outcome: 'unknown',
    checks: Object.fromEntries(CHECKS.map((name) => [name, 'idle'])),
    unknown: ['the world could not be started'],
    sometimes: {},
    heights: 0,
    tookMs: 0,
    healedMs: undefined,
    digest: '',
  });
  return { verdict, scenario: scenarioOf(), versions: {}, timeline: [], logs: {}, writes: [] };
}

const step = (fault: Step['fault'], target: string, atMs: number, forMs: number): Step => ({
  trigger: { kind: 'time', atMs },
  everyMs: undefined,
  probability: 1,
  fault,
  target: [target],
  forMs,
  params: {},
});

/** Twenty heights; n2 is killed in the fifth and started again, n1 is cut off for a while. */
export function passingRecord(): RunRecord {
  const timeline: TimelineEntry[] = [
    { atMs: 0, kind: 'phase', phase: 'faults' },
    { atMs: 1_650, kind: 'fault', id: 1, fault: 'kill', targets: ['n2'], params: {} },
    { atMs: 3_200, kind: 'undo', id: 1 },
    { atMs: 4_000, kind: 'fault', id: 2, fault: 'isolate', targets: ['n1'], params: {} },
    { atMs: 5_600, kind: 'undo', id: 2 },
    { atMs: 7_000, kind: 'phase', phase: 'heal' },
    {
      atMs: 3_300,
      kind: 'report',
      node: 'n2',
      level: 'info',
      code: 'wal.replayed',
      facts: { height: 5, entries: 7 },
    },
    { atMs: 8_250, kind: 'phase', phase: 'end' },
  ];
  for (let height = 1; height <= 20; height += 1) {
    const down = [height >= 5 && height <= 8 ? 'n2' : '', height >= 11 && height <= 14 ? 'n1' : ''];
    timeline.push(...heightEntries({ height, down, keepMessages: height > 16 }));
    const caughtUpMs = height <= 8 ? 3_250 + height * 10 : 5_650 + height * 10;
    for (const node of down.filter(Boolean)) timeline.push(commitOf(caughtUpMs, node, height));
  }
  return {
    verdict: verdictOf(),
    scenario: scenarioOf({ steps: [step('kill', 'n2', 1_650, 1_550), step('isolate', 'n1', 4_000, 1_600)] }),
    versions: { node: 'v24.21.0', consilium: '0.1.0' },
    timeline: sorted(timeline),
    logs: Object.fromEntries(namesOf(4, 0).map((name) => [name, logOf(name, 20)])),
    writes: writesOf(60),
  };
}

/** The state roots of height 12 differ on n3; the run ends there. */
export function forkedRecord(): RunRecord {
  const timeline: TimelineEntry[] = [
    { atMs: 0, kind: 'phase', phase: 'faults' },
    {
      atMs: 2_000,
      kind: 'fault',
      id: 1,
      fault: 'equivocate-prevote',
      targets: ['n4'],
      params: { chance: 0.5 },
    },
    { atMs: 4_104, kind: 'fault', id: 2, fault: 'power-cut', targets: ['n3'], params: {} },
    { atMs: 4_390, kind: 'undo', id: 2 },
  ];
  for (let height = 1; height <= 12; height += 1)
    timeline.push(...heightEntries({ height, down: [], keepMessages: height > 8 }));
  const wrong = (entry: TimelineEntry): TimelineEntry =>
    entry.kind === 'commit' && entry.height === 12 && entry.node === 'n3'
      ? { ...entry, stateRoot: 'bad0'.repeat(16) }
      : entry;
  const what = 'height 12: two state roots';
  return {
    verdict: verdictOf({
      outcome: 'fail',
      checks: { ...verdictOf().checks, agreement: 'fail', liveness: 'idle' },
      violations: [{ checker: 'agreement', what, height: 12, nodes: [nodeIdOf('n3')] }],
      heights: 12,
      tookMs: 5_000,
      healedMs: undefined,
    }),
    scenario: scenarioOf({
      name: 'two-state-roots',
      why: 'A node that lost power must come to the same state again.',
    }),
    versions: { node: 'v24.21.0', consilium: '0.1.0', commit: '0123abcd' },
    ids: Object.fromEntries(namesOf(4, 0).map((name) => [name, nodeIdOf(name)])),
    timeline: [
      ...sorted(timeline.map(wrong)),
      { atMs: 5_000, kind: 'violation', checker: 'agreement', what, height: 12 },
    ],
    logs: Object.fromEntries(namesOf(4, 0).map((name) => [name, logOf(name, 12)])),
    writes: writesOf(30),
  };
}

interface HeightGiven {
  readonly height: number;
  readonly down: readonly string[];
  readonly keepMessages: boolean;
}

function heightEntries({ height, down, keepMessages }: HeightGiven): TimelineEntry[] {
  const up = namesOf(4, 0).filter((name) => !down.includes(name));
  const startMs = height * HEIGHT_MS;
  const proposer = up[height % up.length] ?? 'n1';
  const id = idOf(height).slice(0, 8);
  const toAll = (from: string, atMs: number, words: string): TimelineEntry[] =>
    up
      .filter((to) => to !== from)
      .map((to, index) => ({ atMs: atMs + index, kind: 'message', from, to, words }));
  const votes = (type: string, atMs: number): TimelineEntry[] =>
    up.flatMap((from, index) =>
      toAll(
        from,
        atMs + index * 5,
        `votes ${type} ${height}/0 ${id} valid -1 of ${nodeIdOf(from).slice(0, 8)}`,
      ),
    );
  const messages = [
    ...toAll(
      proposer,
      startMs + 5,
      `proposal ${height}/0 ${id} valid -1 by ${nodeIdOf(proposer).slice(0, 8)}`,
    ),
    ...toAll(proposer, startMs + 6, 'transactions 3'),
    ...votes('prevote', startMs + 30),
    ...votes('precommit', startMs + 60),
  ];
  const commits = up.map((node, index) => commitOf(startMs + 100 + index, node, height));
  return [...(keepMessages ? messages : []), ...commits];
}

export function commitOf(atMs: number, node: string, height: number): TimelineEntry {
  const txs = (height * 7) % 11;
  const stateRoot = `5a${idOf(height)}`.slice(0, 64);
  return { atMs, kind: 'commit', node, height, round: 0, blockId: idOf(height), stateRoot, txs };
}

/** Of a node. */
export function nodeIdOf(name: string): string {
  return `${name.slice(1)}dea${'beef'.repeat(15)}`;
}

export function idOf(height: number): string {
  return `${(height * 2_654_435_761).toString(16).padStart(8, '0')}${'c0ffee'.repeat(10)}`.slice(0, 64);
}

function logOf(name: string, heights: number): string[] {
  return Array.from({ length: heights }, (_, index) =>
    JSON.stringify({
      level: 'info',
      atMs: (index + 1) * HEIGHT_MS,
      code: 'block.committed',
      node: name,
      height: index + 1,
    }),
  );
}

function writesOf(count: number): WriteSeen[] {
  return Array.from({ length: count }, (_, index) => ({
    id: idOf(index),
    node: `n${(index % 4) + 1}`,
    atMs: index * 100,
    outcome: index % 20 === 7 ? 'info' : index % 20 === 13 ? 'fail' : 'ok',
  }));
}

/** Stable: what is told first stays first. */
function sorted(timeline: readonly TimelineEntry[]): TimelineEntry[] {
  return timeline.toSorted((a, b) => a.atMs - b.atMs);
}
