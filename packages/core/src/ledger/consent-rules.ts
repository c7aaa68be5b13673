// Owns: what one consent says of one record (docs/protocol.md, R9), in the semantics of IHE Privacy Consent on FHIR: a root
// with one level of exceptions, conditions all of which must hold, values of which one must. Does not own: several
// consents together, law, emergencies (decision.ts).
import type { Purpose } from './codes.ts';
import type { Consent, ConsentException, ConsentRule } from './consent-rows.ts';
import { covers, namesEmergency } from './purposes.ts';
import { CONFIDENTIALITY_LEVELS, type Confidentiality, type RecordRow } from './record-rows.ts';
import type { ConsentPeriod, DataPeriod } from './rows.ts';

export type Effect = 'permit' | 'deny';

/** What of the request a rule can see before any record is looked at. */
export interface RuleRequest {
  readonly purpose: Purpose;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** Whether the reader is one of those named. */
  readonly isActor: (rule: ConsentRule) => boolean;
}

export interface ConsentVerdict {
  readonly decision: Effect;
  /** 0 the root, from 1 an exception. */
  readonly provision: number;
  readonly tag: string | null;
}

/** undefined: the consent does not speak of the record. */
export type ConsentVoice = (record: RecordRow) => ConsentVerdict | undefined;

/** What remains of a rule for one request: undefined when it cannot hold, else the tag by which it holds, or null. */
type RecordTest = (record: RecordRow) => string | null | undefined;

/**
 * R9. An exception speaks of what both it and the root cover. Of a record whose tags are of another generation nothing can
 * be compared: conditions on its tags are taken to hold, and the consent permits nothing.
 */
export function voiceOf(consent: Consent, request: RuleRequest): ConsentVoice {
  const { decision, rule, exceptions, period, tagGeneration } = consent;
  const opposite: Effect = decision === 'permit' ? 'deny' : 'permit';
  if (!isDuring(period, request.time)) return () => undefined;
  const root = recordTest(rule, decision, tagGeneration, request);
  const inner = exceptions.map((each) =>
    isLive(each, rule, request) ? recordTest(each, opposite, tagGeneration, request) : NEVER,
  );
  const rootDecides = request.purpose !== 'BTG' || namesEmergency(rule.purposes);
  return (record) => {
    const comparable = record.tagGeneration === tagGeneration;
    const rootTag = root(record);
    if (rootTag === undefined) return undefined;
    const speaking = opposite === 'deny' || comparable ? inner : [];
    for (const [at, test] of speaking.entries()) {
      const tag = test(record);
      if (tag !== undefined) return { decision: opposite, provision: at + 1, tag };
    }
    if (!rootDecides || (decision === 'permit' && !comparable)) return undefined;
    return { decision, provision: 0, tag: rootTag };
  };
}

/**
 * Whether a consent says what is permitted for a purpose, whoever asks and of whatever record: the implicit policy is for
 * patients who have said nothing (IHE PCF 53.2.1, 53.2.2).
 */
export function settlesPurpose(
  { decision, period, rule, separateAuthorization, agreement }: Consent,
  { purpose, time }: Pick<RuleRequest, 'purpose' | 'time'>,
): boolean {
  const isOrdinary = !separateAuthorization && agreement === null;
  return isOrdinary && decision === 'permit' && isDuring(period, time) && covers(rule.purposes, purpose);
}

const NEVER: RecordTest = () => undefined;

/** In its period; and of breaking the glass, where it names that, or names no purpose within a root that does. */
function isLive(
  { period, purposes }: ConsentException,
  root: ConsentRule,
  { purpose, time }: RuleRequest,
): boolean {
  if (period !== null && !isDuring(period, time)) return false;
  return purpose !== 'BTG' || namesEmergency(purposes.length === 0 ? root.purposes : purposes);
}

function isDuring({ from, until }: ConsentPeriod, time: number): boolean {
  return time >= from && time < until;
}

function recordTest(
  rule: ConsentRule,
  effect: Effect,
  tagGeneration: number,
  request: RuleRequest,
): RecordTest {
  if (!covers(rule.purposes, request.purpose) || !request.isActor(rule)) return NEVER;
  const categoryOf = tagTest(rule.categories, tagGeneration);
  const labelOf = tagTest(rule.labels, tagGeneration);
  const isOfRecord = tagless(rule, effect);
  const isProtected = rule.confidentiality !== null || rule.labels.length > 0;
  return (record) => {
    if (!isOfRecord(record)) return undefined;
    const category = rule.categories.length === 0 ? null : categoryOf(record);
    if (category === undefined || !isProtected) return category;
    const label = labelOf(record);
    if (label !== undefined) return label ?? category;
    return isWithinMark(rule.confidentiality, record.confidentiality, effect) ? category : undefined;
  };
}

/** The tag that hits; null where the record's cannot be compared and one is taken to. */
function tagTest(named: readonly string[], tagGeneration: number): RecordTest {
  const tags = new Set(named);
  return (record) => {
    if (tags.size === 0) return undefined;
    return record.tagGeneration === tagGeneration ? record.tags.find((tag) => tags.has(tag)) : null;
  };
}

/** The conditions that need no tags. Of an undated record a data period permits nothing and denies all the same. */
function tagless({ dataPeriod, ...rule }: ConsentRule, effect: Effect): (record: RecordRow) => boolean {
  const [records, authors] = [new Set(rule.records), new Set(rule.authors)];
  return ({ month, first, author, writer }) =>
    (dataPeriod === null || (month === null ? effect === 'deny' : isWithin(month, dataPeriod))) &&
    (records.size === 0 || records.has(first)) &&
    (authors.size === 0 || authors.has(author) || authors.has(writer));
}

/** A permit reaches up to its mark, a denial from its mark on. */
function isWithinMark(mark: Confidentiality | null, level: Confidentiality, effect: Effect): boolean {
  if (mark === null) return false;
  const [bound, own] = [CONFIDENTIALITY_LEVELS.indexOf(mark), CONFIDENTIALITY_LEVELS.indexOf(level)];
  return effect === 'permit' ? own <= bound : own >= bound;
}

export function isWithin(month: number | null, { from, until }: DataPeriod): boolean {
  return month !== null && month >= from && month <= until;
}
