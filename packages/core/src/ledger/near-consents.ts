// Owns: which standing consents would permit a record but for one of their conditions, for who asks why nothing permits it.
// Does not own: the decision (decision.ts), what one consent says (consent-rules.ts): each is asked again with one condition
// taken away.
import type { Hex32 } from '../bytes.ts';
import { standingConsents } from './consent.ts';
import type { Consent, ConsentRule } from './consent-rows.ts';
import { voiceOf } from './consent-rules.ts';
import { type AccessQuestion, askingOf, isActor } from './decision.ts';
import type { RecordRow } from './record-rows.ts';
import type { StateReader } from './state.ts';
import { readRow } from './table.ts';
import { RECORDS } from './tables.ts';

/** In the order of which the first that is alone in the way is told. */
export const NEAR_CONDITIONS = [
  'actors',
  'purposes',
  'period',
  'categories',
  'protection',
  'dataPeriod',
  'records',
  'authors',
  'tagGeneration',
  'project',
] as const;

export type NearCondition = (typeof NEAR_CONDITIONS)[number];

export interface NearConsent {
  readonly consent: number;
  /** What alone is in the way. */
  readonly condition: NearCondition;
}

type Relax = (consent: Consent, record: RecordRow) => Consent;

const without = (part: Partial<ConsentRule>): Relax => {
  return (consent) => ({ ...consent, rule: { ...consent.rule, ...part } });
};

const RELAXED: Readonly<Record<Exclude<NearCondition, 'project'>, Relax>> = {
  actors: without({ actors: [] }),
  purposes: without({ purposes: [] }),
  period: (consent) => ({ ...consent, period: { ...consent.period, from: 0 } }),
  categories: without({ categories: [] }),
  protection: without({ labels: [], confidentiality: null }),
  dataPeriod: without({ dataPeriod: null }),
  records: without({ records: [] }),
  authors: without({ authors: [] }),
  tagGeneration: (consent, { tagGeneration }) => ({ ...consent, tagGeneration }),
};

/**
 * Of a record that nothing permits. `time`: milliseconds since the epoch. In the order of the consents; of one that lacks two
 * conditions nothing is said. Nothing at all in an emergency, which asks for no consent, and of another patient, to whom none reaches.
 */
export function nearConsents(
  state: StateReader,
  question: AccessQuestion,
  id: Hex32,
  time: number,
): readonly NearConsent[] {
  const asking = askingOf(state, question, time);
  const record = readRow(state, RECORDS, id);
  if (asking === undefined || record?.patient !== question.patient) return [];
  if (asking.account.kind === 'patient' || question.purpose === 'BTG') return [];
  const request = {
    purpose: question.purpose,
    time,
    isActor: (rule: ConsentRule) => isActor(asking, rule),
  };
  const permits = (consent: Consent): boolean => voiceOf(consent, request)(record)?.decision === 'permit';
  const project = question.project ?? null;
  return standingConsents(state, question.patient, time).flatMap(({ index, consent }) => {
    const isOfProject = (consent.agreement?.project ?? null) === project;
    if (consent.decision !== 'permit' || consent.separateAuthorization) return [];
    if (isOfProject && permits(consent)) return [];
    const condition = NEAR_CONDITIONS.find((each) =>
      each === 'project'
        ? !isOfProject && permits(consent)
        : isOfProject && permits(RELAXED[each](consent, record)),
    );
    return condition === undefined ? [] : [{ consent: index, condition }];
  });
}
