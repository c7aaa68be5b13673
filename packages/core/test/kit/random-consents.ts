// Owns: consents and requests drawn by chance, so that every condition is met about as often as it is missed. Does not own:
// what is expected of them (reference-decision.ts), the chain that they are committed to.
import {
  type ActorRef,
  CONFIDENTIALITY_LEVELS,
  type ConsentException,
  type ConsentRule,
  type ConsentTerms,
  canonicalSet,
  type DataPeriod,
  type Hex32,
  type NewRecord,
  PURPOSES,
  type Purpose,
  type StatutoryEffect,
} from '../../src/index.ts';
import { newRecord, tagsWith } from './records.ts';

/** Equal seeds give equal numbers: from 0 to just below 1 (mulberry32). */
export interface Chance {
  readonly below: (count: number) => number;
  readonly often: (share: number) => boolean;
  readonly one: <T>(of: readonly T[]) => T;
  readonly some: <T>(of: readonly T[], countMax: number) => readonly T[];
}

export function createChance(seed: number): Chance {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (count: number): number => Math.floor(next() * count);
  const one = <T>(of: readonly T[]): T => of[below(of.length)] as T;
  return {
    below,
    one,
    often: (share) => next() < share,
    some: (of, countMax) => Array.from({ length: below(countMax + 1) }, () => one(of)),
  };
}

/** What a rule may name. */
export interface Nameable {
  readonly actors: readonly ActorRef[];
  readonly records: readonly Hex32[];
  readonly authors: readonly Hex32[];
}

const TAGS: readonly string[] = Array.from({ length: 6 }, (_, at) => `${at}${at}`.repeat(16));
const FIRST_MONTH = 2026 * 12;
const MONTHS = 5;
const PERIOD_GRID_MS = 60_000;

const USUAL: readonly Purpose[] = [
  'TREAT',
  'TREAT',
  'ETREAT',
  'BTG',
  'HOPERAT',
  'HPAYMT',
  'HRESCH',
  'PATRQT',
];

export function drawPurpose(chance: Chance): Purpose {
  return chance.one(chance.often(0.8) ? USUAL : PURPOSES);
}

export function drawTerms(chance: Chance, nameable: Nameable, time: number): ConsentTerms {
  const separateAuthorization = chance.often(0.15);
  const agreement = !separateAuthorization && chance.often(0.15);
  const rule = drawRule(chance, nameable);
  return {
    decision: separateAuthorization || agreement || chance.often(0.7) ? 'permit' : 'deny',
    period: drawPeriod(chance, time, 1),
    rule: {
      ...rule,
      ...(separateAuthorization && { labels: [chance.one(TAGS)] }),
      ...(agreement && {
        actors: [chance.one(nameable.actors)],
        purposes: [chance.one(['HPAYMT', 'HRESCH'] as const)],
      }),
    },
    exceptions: Array.from({ length: chance.below(3) }, () => drawException(chance, nameable, time)),
    separateAuthorization,
    agreement: agreement ? { project: drawProject(chance), terms: ['5a'.repeat(32)] } : null,
    tagGeneration: chance.often(0.85) ? 1 : 2,
  };
}

export function drawProject(chance: Chance): string {
  return chance.one(['P-1', 'P-2']);
}

function drawException(chance: Chance, nameable: Nameable, time: number): ConsentException {
  const period = chance.often(0.3) ? drawPeriod(chance, time, 0) : null;
  return { ...drawRule(chance, nameable), period };
}

const CONDITIONS = [
  'actors',
  'authors',
  'categories',
  'months',
  'protection',
  'purposes',
  'records',
] as const;

/** Most rules have one or two conditions, so that they often hold; some have many. */
function drawRule({ often, one, some, below }: Chance, nameable: Nameable): ConsentRule {
  const few: readonly string[] = Array.from({ length: 1 + below(2) }, () => one(CONDITIONS));
  const chosen = often(0.7) ? few : CONDITIONS.filter(() => often(0.4));
  const drawn = <T>(name: (typeof CONDITIONS)[number], of: readonly T[], countMax: number): readonly T[] =>
    chosen.includes(name) ? [one(of), ...some(of, countMax - 1)] : [];
  const level = chosen.includes('protection') && often(0.7) ? one(CONFIDENTIALITY_LEVELS) : null;
  return {
    actors: drawn('actors', nameable.actors, 4),
    purposes: canonicalSet(drawn('purposes', often(0.7) ? USUAL : PURPOSES, 3)),
    categories: canonicalSet(drawn('categories', TAGS, 3)),
    confidentiality: level,
    labels: canonicalSet(level === null || often(0.3) ? drawn('protection', TAGS, 2) : []),
    dataPeriod: chosen.includes('months') ? drawMonths(one) : null,
    records: canonicalSet(drawn('records', nameable.records, 10)),
    authors: canonicalSet(drawn('authors', nameable.authors, 2)),
  };
}

function drawMonths(one: Chance['one']): DataPeriod {
  const months = Array.from({ length: MONTHS }, (_, at) => FIRST_MONTH + at);
  const [a, b] = [one(months), one(months)];
  return { from: Math.min(a, b), until: Math.max(a, b) };
}

/** Whole minutes around now, so that nothing begins or ends within a minute. `endsAfter`: minutes at the least. */
function drawPeriod(chance: Chance, time: number, endsAfter: number): ConsentTerms['period'] {
  const minute = Math.floor(time / PERIOD_GRID_MS);
  const from = minute - 5 + chance.below(chance.often(0.85) ? 6 : 9);
  const until = Math.max(from, minute) + endsAfter + chance.below(30) + (endsAfter === 0 ? -1 : 0);
  return { from: from * PERIOD_GRID_MS, until: Math.max(until, from + 1) * PERIOD_GRID_MS };
}

const EFFECTS: readonly (readonly StatutoryEffect[])[] = [
  [],
  [],
  [],
  [],
  ['closed-to-patient', 'separate-authorization'],
  ['redisclosure-notice'],
  ['separate-authorization'],
  ['separate-authorization', 'withheld-from-payers'],
  ['withheld-from-payers'],
];

export function drawRecord(chance: Chance, name: string, wish: Partial<NewRecord> = {}): NewRecord {
  return newRecord(name, {
    confidentiality: chance.one(['L', 'N', 'N', 'N', ...CONFIDENTIALITY_LEVELS]),
    emergency: chance.often(0.4),
    month: chance.often(0.8) ? FIRST_MONTH + chance.below(MONTHS) : null,
    effects: chance.one(EFFECTS),
    tags: tagsWith(...new Set(chance.some(TAGS, 4))),
    tagGeneration: chance.often(0.85) ? 1 : 2,
    ...wish,
  });
}
