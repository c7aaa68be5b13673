// Decisions held against a second evaluator, written from the words of the consent model and not from the code.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ACCOUNTS,
  type AccessDecision,
  type AccessRule,
  type Account,
  CONFIDENTIALITY_LEVELS,
  CONSENTS,
  type Consent,
  CREDENTIALS,
  canonicalSet,
  createDecider,
  type Hex32,
  hashHex,
  INSTITUTIONS,
  type Overlay,
  type Purpose,
  RECORDS,
  type RecordRow,
  STANDING_CONSENTS,
  STATUTORY_EFFECTS,
  utf8,
} from '../../../src/index.ts';
import { newRecord, tagsWith } from '../../kit/records.ts';
import { createRows, putRow } from '../../kit/rows.ts';

const RUNS = 4_000;
const NOW = 1_000_000;
const MONTHS = [0, 1, 2, 3, 4, 5] as const;
const TAGS = ['a0', 'b1', 'c2', 'd3'].map((digits) => digits.repeat(16));
const SALT = '0'.repeat(32);
const named = (name: string): Hex32 => hashHex(utf8(name));
const HOSPITALS = ['author', 'other', 'third'] as const;
const CLINICIANS = ['clinician of author', 'clinician of other'] as const;
const READERS = [...HOSPITALS, ...CLINICIANS, 'patient', 'nobody'] as const;
const PURPOSES_ASKED = ['BTG', 'ETREAT', 'TREAT', 'HPAYMT'] as const satisfies readonly Purpose[];
const RECORD = named('record');
const PATIENT = named('patient');

interface World {
  readonly removed: readonly (typeof HOSPITALS)[number][];
  readonly ended: readonly (typeof CLINICIANS)[number][];
  readonly consents: readonly Consent[];
  readonly record: RecordRow | null;
  readonly reader: (typeof READERS)[number];
  readonly purpose: (typeof PURPOSES_ASKED)[number];
}

const subset = (...tags: readonly string[]) => fc.subarray([...tags]).map((some) => canonicalSet(some));
const few = fc.oneof({ weight: 2, arbitrary: fc.constant<readonly string[]>([]) }, subset(...TAGS));
const month = fc.constantFrom(...MONTHS);
const generation = fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, fc.constant(2));

const consent: fc.Arbitrary<Consent> = fc
  .record({
    grantee: fc.constantFrom(...['other', 'author', 'third', ...CLINICIANS].map(named)),
    categories: few,
    permittedLabels: few,
    excludedLabels: few,
    purposes: fc.subarray([...PURPOSES_ASKED], { minLength: 1 }).map((some) => canonicalSet(some)),
    period: fc.constantFrom(
      { from: 0, until: NOW + 1 },
      { from: NOW, until: NOW + 9 },
      { from: 0, until: NOW },
      { from: NOW + 1, until: NOW + 9 },
    ),
    dataPeriod: fc.option(
      fc.tuple(month, month).map(([one, two]) => ({ from: Math.min(one, two), until: Math.max(one, two) })),
    ),
    tagGeneration: generation,
    revokedHeight: fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, fc.constant(3)),
  })
  .map((terms) => ({ ...terms, grantedHeight: 1, grantedTime: 1, revokedTime: null, salt: SALT }));

const { commitment: _, pointsHash: __, ...marks } = newRecord('record');

const record: fc.Arbitrary<RecordRow> = fc
  .record({
    confidentiality: fc.constantFrom(...CONFIDENTIALITY_LEVELS),
    month: fc.option(month),
    effects: fc.subarray([...STATUTORY_EFFECTS], { maxLength: 1 }),
    tags: fc.subarray(TAGS).map((some) => tagsWith(...some)),
    tagGeneration: generation,
    writer: fc.constantFrom(named('author'), named('clinician of author')),
    retractedHeight: fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, fc.constant(4)),
    patient: fc.oneof({ weight: 9, arbitrary: fc.constant(PATIENT) }, fc.constant(named('somebody else'))),
  })
  .map((chosen) => ({
    ...marks,
    ...{ author: named('author'), batch: RECORD, position: 0, index: 0, version: 1, amendedBy: null },
    ...{ height: 1, time: 1, salt: SALT },
    ...chosen,
  }));

const world: fc.Arbitrary<World> = fc.record({
  removed: fc.subarray([...HOSPITALS], { maxLength: 1 }),
  ended: fc.subarray([...CLINICIANS], { maxLength: 1 }),
  consents: fc.array(consent, { maxLength: 5 }),
  record: fc.option(record, { freq: 20 }),
  reader: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('other', 'clinician of other') },
    fc.constantFrom(...READERS),
  ) as fc.Arbitrary<World['reader']>,
  purpose: fc.constantFrom(...PURPOSES_ASKED),
});

function stateOf({ removed, ended, consents, record: row }: World): Overlay {
  const state = createRows();
  const enter = (name: string, kind: Account['kind'], institution: string, held: number | null): void =>
    putRow(state, ACCOUNTS, [named(name)], {
      ...{ kind, key: named(`key of ${name}`), previousKey: null, encryptionKey: null, salt: SALT },
      ...{ institution: named(institution), credential: held },
    });
  for (const name of HOSPITALS) {
    const gone = removed.includes(name);
    enter(name, 'institution', name, null);
    putRow(state, INSTITUTIONS, [named(name)], {
      ...{ name, validatorKey: named(`v ${name}`), networkKey: named(`n ${name}`), addresses: [] },
      ...{ custodyKey: named(`c ${name}`), membership: 1, admittedHeight: 0 },
      status: gone ? 'removed' : 'active',
      removedHeight: gone ? 2 : null,
    });
  }
  for (const name of CLINICIANS) {
    const institution = name.replace('clinician of ', '');
    enter(name, 'clinician', institution, 0);
    putRow(state, CREDENTIALS, [named(institution), 0], {
      ...{ clinician: named(name), role: 'doctor', speciality: null, emergency: false, membership: 1 },
      ...{ issuedHeight: 1, issuedTime: 1, withdrawnTime: null, salt: SALT },
      withdrawnHeight: ended.includes(name) ? 2 : null,
    });
  }
  enter('patient', 'patient', 'author', null);
  if (row !== null) putRow(state, RECORDS, [RECORD], row);
  for (const [index, each] of consents.entries()) putRow(state, CONSENTS, [PATIENT, index], each);
  putRow(state, STANDING_CONSENTS, [PATIENT], { indexes: consents.map((_each, at) => at), salt: SALT });
  return state;
}

/** Who of HOSPITALS a reader belongs to, if anybody, and whether it may act for it. */
function standing({ reader, removed, ended }: World): { home: string | undefined; stands: boolean } {
  const home = HOSPITALS.find((name) => reader === name || reader === `clinician of ${name}`);
  const lost = [...removed.map(String), ...ended.map(String)];
  return { home, stands: home !== undefined && !lost.includes(home) && !lost.includes(reader) };
}

/**
 * Consents as rules over possibilities. What is not known of a record (its month, or its tags when they are of another
 * generation) may be anything: a permit must hold for all that it may be, an exclusion for some of it.
 */
function possibleMonths(row: RecordRow): readonly number[] {
  return row.month === null ? [...MONTHS, -1] : [row.month];
}

function inForce(each: Consent, { reader, purpose }: World, home: string | undefined): boolean {
  const addressed = [reader, home].some((name) => name !== undefined && named(name) === each.grantee);
  const purposeFits = each.purposes.filter((one) => one === purpose).length === 1;
  const over = each.revokedHeight !== null || each.period.until <= NOW || each.period.from > NOW;
  return addressed && purposeFits && !over;
}

function excludes(each: Consent, row: RecordRow): boolean {
  if (each.tagGeneration !== row.tagGeneration) return each.excludedLabels.length > 0;
  const { dataPeriod: limit } = each;
  const touched = possibleMonths(row).some((m) => limit === null || (m >= limit.from && m <= limit.until));
  return touched && new Set([...each.excludedLabels, ...row.tags]).size < each.excludedLabels.length + 16;
}

function permits(each: Consent, row: RecordRow): boolean {
  const shares = (tags: readonly string[]): boolean =>
    new Set([...tags, ...row.tags]).size < tags.length + 16;
  const { dataPeriod: limit } = each;
  return [
    each.tagGeneration === row.tagGeneration,
    possibleMonths(row).every((m) => limit === null || (m >= limit.from && m <= limit.until)),
    each.categories.length === 0 || shares(each.categories),
    'ULMN'.includes(row.confidentiality) || shares(each.permittedLabels),
    !excludes(each, row),
  ].every(Boolean);
}

/** A list of all rules that fit, from the strongest to the weakest. The first one decides. */
function secondOpinion(seen: World): Omit<AccessDecision, 'tag'> {
  const { record: row, consents } = seen;
  const { home, stands } = standing(seen);
  const deny = (rule: AccessRule, at: number | null = null) =>
    ({ decision: 'deny', rule, consent: at }) as const;
  if (row === null) return deny('record-unknown');
  const heard = consents.flatMap((each, index) => (inForce(each, seen, home) ? [{ each, index }] : []));
  const rules: readonly (Omit<AccessDecision, 'tag'> | false)[] = [
    row.patient !== PATIENT && deny('record-unknown'),
    row.retractedHeight !== null && deny('record-retracted'),
    !stands && deny('credential-ended'),
    row.effects.some((effect) => effect === 'separate-authorization') &&
      row.writer !== named(seen.reader) &&
      deny('separate-authorization'),
    home === 'author' && { decision: 'permit', rule: 'author', consent: null },
    ...heard.map(({ each, index }) => excludes(each, row) && deny('excluded', index)),
    ...heard.map(
      ({ each, index }) =>
        permits(each, row) && ({ decision: 'permit', rule: 'consent', consent: index } as const),
    ),
  ];
  return rules.find((rule) => rule !== false) || deny('no-consent');
}

const RULES = [
  'author',
  'consent',
  'credential-ended',
  'excluded',
  'no-consent',
  'record-retracted',
  'record-unknown',
  'separate-authorization',
] as const;

describe('every decision', () => {
  it('is what a second evaluator, written from the model, says of it; by each rule dozens are', () => {
    const met: AccessRule[] = [];
    fc.assert(
      fc.property(world, (seen) => {
        const question = { patient: PATIENT, reader: named(seen.reader), purpose: seen.purpose };
        const { tag, ...decision } = createDecider(stateOf(seen), question, NOW)(RECORD);
        expect(decision).toEqual(secondOpinion(seen));
        met.push(decision.rule);
        if (tag !== null) expectDecidingTag(seen, decision, tag);
      }),
      { numRuns: RUNS },
    );
    for (const rule of RULES) expect(met.filter((each) => each === rule).length, rule).toBeGreaterThan(30);
  });
});

function expectDecidingTag(
  seen: World,
  { decision, consent: at }: Omit<AccessDecision, 'tag'>,
  tag: string,
): void {
  const { categories, permittedLabels, excludedLabels } = seen.consents[at as number] as Consent;
  expect(seen.record?.tags).toContain(tag);
  expect(decision === 'deny' ? excludedLabels : [...categories, ...permittedLabels]).toContain(tag);
}
