// Owns: from the text of a scenario file to a scenario: TOML, every field checked, every fault looked up. Refuses with
// `SCENARIO_INVALID` {where, why}. Does not own: the form (scenario.ts), reading files.
import { ConsiliumError } from '@consilium/core';
import { parse } from 'smol-toml';
import { FAULTS, findFault } from '../faults/catalogue.ts';
import type { FaultEntry, ParamSpec } from '../faults/entry.ts';
import {
  CLIENTS_MAX,
  DURATION_MS_MAX,
  EVERY_MS_MIN,
  GUESTS_MAX,
  HEIGHTS_AFTER_HEALING_DEFAULT,
  HEIGHTS_MAX,
  LIVENESS_MS_DEFAULT,
  NODES_MAX,
  RATE_MAX,
  SCENARIO_BYTES_MAX,
  SEED_MAX,
  STEPS_MAX,
} from '../limits.ts';
import { CHECKS } from './checks.ts';
import { type Fields, fieldsOf, isTable } from './fields.ts';
import {
  type Expect,
  type ParamValue,
  type Scenario,
  type Step,
  TARGET_WORDS,
  type Target,
  type TargetWord,
  type Trigger,
  WORKLOADS,
  type Workload,
  type WorkloadKind,
} from './scenario.ts';

const ANY_DURATION = { min: 0, max: DURATION_MS_MAX };

export function parseScenario(text: string): Scenario {
  if (text.length > SCENARIO_BYTES_MAX)
    throw new ConsiliumError('SCENARIO_INVALID', { where: 'file', why: `over ${SCENARIO_BYTES_MAX} bytes` });
  const fields = fieldsOf(tomlOf(text), '');
  const scenario: Scenario = {
    name: nameOf(fields),
    why: fields.text('why', 'not said'),
    seed: fields.integer('seed', { min: 0, max: SEED_MAX }, 1),
    nodes: fields.integer('nodes', { min: 1, max: NODES_MAX }, 4),
    guests: fields.integer('guests', { min: 0, max: GUESTS_MAX }, 0),
    setChanges: fields.flag('set_changes', false),
    durationMs: fields.duration('duration', ANY_DURATION, 0),
    heights: fields.integer('heights', { min: 0, max: HEIGHTS_MAX }, 0),
    workload: workloadOf(fields.table('workload')),
    steps: fields.tables('step').map(stepOf),
    expect: expectOf(fields.table('expect')),
  };
  fields.end();
  refuseImpossible(scenario, fields);
  return scenario;
}

function tomlOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const table: unknown = parse(text);
    if (isTable(table)) return table;
    throw new ConsiliumError('SCENARIO_INVALID', { where: 'file', why: 'is no table' });
  } catch (error) {
    if (error instanceof ConsiliumError || !(error instanceof Error)) throw error;
    // smol-toml draws the place below its first line.
    const why = error.message.split('\n', 1)[0] ?? 'is no TOML';
    const line = 'line' in error ? `line ${error.line}` : 'file';
    throw new ConsiliumError('SCENARIO_INVALID', { where: line, why });
  }
}

function nameOf(fields: Fields): string {
  const name = fields.text('name');
  return /^[a-z0-9][a-z0-9-]{0,63}$/.test(name)
    ? name
    : fields.refuse('name', 'must be at most 64 lower-case letters, digits and hyphens');
}

function workloadOf(fields: Fields): Workload {
  const kind = fields.text('kind', 'noop') as WorkloadKind;
  if (!WORKLOADS.includes(kind)) fields.refuse('kind', `must be one of ${WORKLOADS.join(', ')}`);
  const workload: Workload = {
    kind,
    rate: fields.number('rate', { min: 0.01, max: RATE_MAX }, 7),
    clients: fields.integer('clients', { min: 1, max: CLIENTS_MAX }, 4),
    pause: fields.number('pause', { min: 0, max: 1 }, 0),
  };
  fields.end();
  return workload;
}

function stepOf(fields: Fields): Step {
  const entry = faultOf(fields);
  const trigger = triggerOf(fields);
  const everyMs = fields.has('every')
    ? fields.duration('every', { min: EVERY_MS_MIN, max: DURATION_MS_MAX })
    : undefined;
  const step: Step = {
    trigger,
    everyMs,
    probability: fields.number('probability', { min: 0, max: 1 }, 1),
    fault: entry.name,
    target: targetOf(fields),
    forMs: lengthOf(fields),
    params: Object.fromEntries(entry.params.map((spec) => [spec.name, paramOf(fields, spec)])),
  };
  fields.end();
  return step;
}

/** `do` names a fault; three words stand for a class, whose fault another field names. */
function faultOf(fields: Fields): FaultEntry {
  const word = fields.text('do');
  const field = word === 'byzantine' ? 'strategy' : word === 'partition' ? 'mode' : 'do';
  const named = fields.text(field);
  const loses = fields.has('lose_unsynced') && fields.flag('lose_unsynced', false);
  const name = loses && named === 'kill' ? 'power-cut' : named;
  const ofClass = word === 'byzantine' ? 'byzantine' : word === 'partition' ? 'network' : undefined;
  const entry = findFault(name);
  if (entry !== undefined && (ofClass === undefined || entry.class === ofClass)) return entry;
  const known = FAULTS.filter((each) => ofClass === undefined || each.class === ofClass);
  const names = known.map((each) => each.name).join(', ');
  return fields.refuse(field, `${name} is none of ${names}`);
}

function triggerOf(fields: Fields): Trigger {
  const given = ['at', 'at_height', 'at_round', 'after'].filter((name) => fields.has(name));
  if (given.length === 0) fields.refuse('at', 'is needed, or one of at_height, at_round, after');
  if (given.length > 1) fields.refuse(given[1] ?? 'at', `stands beside ${given[0]}: a step has one of them`);
  if (fields.has('at_height'))
    return { kind: 'height', height: fields.integer('at_height', { min: 1, max: HEIGHTS_MAX }) };
  if (fields.has('at_round'))
    return { kind: 'round', round: fields.integer('at_round', { min: 0, max: 1_000 }) };
  if (fields.has('after')) return { kind: 'event', event: fields.text('after') };
  return { kind: 'time', atMs: fields.duration('at', ANY_DURATION) };
}

function targetOf(fields: Fields): Target {
  const target = fields.oneOrMore('target', 'one');
  if (typeof target !== 'string')
    return target.length === 0 ? fields.refuse('target', 'names nobody') : target;
  return isTargetWord(target) ? target : [target];
}

function isTargetWord(word: string): word is TargetWord {
  return TARGET_WORDS.some((each) => each === word);
}

function lengthOf(fields: Fields): number | undefined {
  const name = fields.has('restart_after') ? 'restart_after' : 'for';
  if (fields.has('for') && fields.has('restart_after'))
    fields.refuse('for', 'stands beside restart_after, which says the same');
  return fields.has(name) ? fields.duration(name, { min: 1, max: DURATION_MS_MAX }) : undefined;
}

function paramOf(fields: Fields, { name, kind, default: otherwise, min, max, oneOf }: ParamSpec): ParamValue {
  const range = { min: min ?? 0, max: max ?? Number.MAX_SAFE_INTEGER };
  switch (kind) {
    case 'duration':
      return fields.duration(name, range, Number(otherwise));
    case 'integer':
      return fields.integer(name, range, Number(otherwise));
    case 'fraction':
      return fields.number(name, range, Number(otherwise));
    case 'text': {
      const text = fields.text(name, String(otherwise));
      if (oneOf === undefined || oneOf.includes(text)) return text;
      return fields.refuse(name, `must be one of ${oneOf.join(', ')}`);
    }
  }
}

/** What is checked in every run: a scenario may say so, and cannot ask for less. */
const ALWAYS = [
  'agreement',
  'validity',
  'certificates',
  'no_lost_ack',
  'linearizable',
  'accountability',
  'single_signing',
  'confidentiality',
];

function expectOf(fields: Fields): Expect {
  const expect: Expect = {
    heightsAfter: fields.integer(
      'heights_after',
      { min: 1, max: HEIGHTS_MAX },
      HEIGHTS_AFTER_HEALING_DEFAULT,
    ),
    livenessWithinMs: fields.duration('liveness_within', ANY_DURATION, LIVENESS_MS_DEFAULT),
    sometimes: fields.texts('sometimes'),
    evidence: fields.texts('evidence'),
    stall: fields.flag('stall', false),
    violation: fields.has('violation') ? checkOf(fields) : undefined,
  };
  for (const name of ALWAYS)
    if (!fields.flag(name, true)) fields.refuse(name, 'is checked in every run and cannot be turned off');
  fields.end();
  return expect;
}

function checkOf(fields: Fields): string {
  const check = fields.text('violation');
  return CHECKS.some((known) => known === check)
    ? check
    : fields.refuse('violation', `must be one of ${CHECKS.join(', ')}`);
}

function refuseImpossible(
  { steps, nodes, guests, durationMs, heights, expect }: Scenario,
  fields: Fields,
): void {
  if (steps.length > STEPS_MAX) fields.refuse('step', `at most ${STEPS_MAX} of them`);
  if (durationMs === 0 && heights === 0) fields.refuse('duration', 'is needed, or heights');
  const names = new Set(namesOf(nodes, guests));
  const known = [...names].join(', ');
  for (const [place, { target }] of steps.entries()) {
    const stranger = typeof target === 'string' ? undefined : target.find((name) => !names.has(name));
    if (stranger !== undefined) fields.refuse(`step ${place + 1}: target`, `${stranger} is none of ${known}`);
  }
  const accused = expect.evidence.find((name) => !names.has(name));
  if (accused !== undefined) fields.refuse('expect: evidence', `${accused} is none of ${known}`);
}

/** Founders first. */
export function namesOf(nodes: number, guests: number): readonly string[] {
  const numbered = (letter: string, count: number): string[] =>
    Array.from({ length: count }, (_, index) => `${letter}${index + 1}`);
  return [...numbered('n', nodes), ...numbered('g', guests)];
}
