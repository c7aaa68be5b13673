// Owns: a second opinion on who may open a record: one question after the other, in the order of R8 of docs/protocol.md.
// Does not own: what one consent says (reference-consent.ts); of the ledger's own decision it uses nothing but the shapes
// of rows.
//
// Sources: IHE PCF 1.1.0 (53.2.1, 53.2.2), 45 CFR 164.506, .508, .522, .524.
import type { AccessRule, Consent, RecordRow } from '../../src/index.ts';
import {
  LET_THROUGH,
  NAMES_OF,
  type ReferenceCase,
  type Saying,
  sayingOf,
  within,
} from './reference-consent.ts';

export interface ReferenceVerdict {
  readonly decision: 'permit' | 'deny';
  readonly rule: AccessRule;
  readonly consent: number | null;
  readonly provision: number | null;
}

interface Said extends Saying {
  readonly consent: number;
}

function first(
  asked: ReferenceCase,
  record: RecordRow,
  wanted: (said: Said, of: Consent) => boolean,
): Said | undefined {
  const all = asked.consents.flatMap((consent, index) => {
    const saying = sayingOf(consent, asked, record);
    return saying === undefined ? [] : [{ said: { ...saying, consent: index }, consent }];
  });
  return all.find(({ said, consent }) => wanted(said, consent))?.said;
}

type Question = (asked: ReferenceCase, record: RecordRow) => AccessRule | Said | undefined;

/** Whoever acts for the patient in reading, today: a clinician in the patient's name only, and in person. */
function isDelegate({ delegations, reader, time, purpose, machine }: ReferenceCase): boolean {
  if (reader.kind === 'institution') return false;
  if (reader.kind === 'clinician' && (machine || !NAMES_OF[purpose].includes('PATRQT'))) return false;
  return delegations.some(
    ({ delegate, scopes, period, endedHeight }) =>
      delegate === reader.id && scopes.includes('read') && endedHeight === null && within(period, time),
  );
}

const asPatient = (asked: ReferenceCase): boolean =>
  asked.purpose !== 'BTG' && (asked.reader.id === asked.patient || isDelegate(asked));
const forPayer = ({ purpose, reader }: ReferenceCase): boolean =>
  purpose === 'HPAYMT' || reader.role === 'payer';

/** R8: a permit counts where the request names the project of the agreement, or neither names one. */
const counts = ({ project }: ReferenceCase, { agreement }: Consent): boolean =>
  (agreement?.project ?? null) === project;

const CARE: readonly string[] = ['doctor', 'nurse', 'pharmacist'];
const OFFICES: readonly string[] = ['auditor', 'ict', 'privacy-officer', 'teacher'];

/** IHE PCF 53.2.1: "clinicians that have authorization for Treatment use"; "all authorized uses". */
function opensByPolicy({ policy, purpose, reader }: ReferenceCase): boolean {
  const [general] = NAMES_OF[purpose].slice(-1);
  const treats = CARE.includes(reader.role ?? '') && general === 'TREAT';
  const pays = general === 'HPAYMT' && (forPayerOnly(reader.role) || reader.role === null);
  const operates =
    general === 'HOPERAT' && (reader.role === null || [...CARE, ...OFFICES].includes(reader.role));
  if (policy === 'Policy-basic-normal') return treats;
  return policy === 'Policy-all-normal' && (treats || pays || operates);
}

/** A consent on file that grants something for the use that is asked for; those for one project or one law are no such. */
const grantsUse = ({ consents, purpose, time }: ReferenceCase): boolean =>
  consents.some(
    ({ decision, agreement, separateAuthorization, period, revokedHeight, rule }) =>
      decision === 'permit' &&
      revokedHeight === null &&
      agreement === null &&
      !separateAuthorization &&
      within(period, time) &&
      (rule.purposes.length === 0 || NAMES_OF[purpose].some((name) => rule.purposes.includes(name))),
  );

const forPayerOnly = (role: string | null): boolean => role === 'payer' || CARE.includes(role ?? '');

/** In this order; the first that has an answer decides. */
const QUESTIONS: readonly Question[] = [
  (_asked, { erasedHeight }) => (erasedHeight === null ? undefined : 'record-erased'),
  (_asked, { retractedHeight }) => (retractedHeight === null ? undefined : 'record-retracted'),
  ({ reader }) => (reader.kind === 'patient' || reader.standing ? undefined : 'credential-ended'),
  // 45 CFR 164.524(a)(1)(i): no right of access to psychotherapy notes.
  (asked, { effects }) =>
    asPatient(asked) && effects.includes('closed-to-patient') ? 'law-closed-to-patient' : undefined,
  (asked) => (asPatient(asked) && asked.reader.id === asked.patient ? 'own' : undefined),
  (asked) => (asPatient(asked) ? 'delegate' : undefined),
  // A person who is nobody's delegate has nothing to open, whatever consents say.
  ({ reader, purpose }) => (reader.kind === 'patient' && purpose !== 'BTG' ? 'no-consent' : undefined),
  // 45 CFR 164.522(a)(1)(vi): what was paid for in full is not disclosed to a health plan.
  (asked, { effects }) =>
    effects.includes('withheld-from-payers') && forPayer(asked) ? 'law-self-paid' : undefined,
  // 45 CFR 164.508(a)(2): an authorization for any use but by the originator for treatment.
  (asked, record) => {
    if (!record.effects.includes('separate-authorization')) return undefined;
    const originator = record.writer === asked.reader.id && !asked.machine;
    if (originator && ['TREAT', 'ETREAT'].includes(asked.purpose)) return 'author';
    const authorized = asked.consents.some((consent) => {
      const says = sayingOf(consent, asked, record)?.says;
      return says === 'permit' && consent.separateAuthorization && counts(asked, consent);
    });
    const narrowed = first(asked, record, ({ says }, of) => says === 'deny' && of.separateAuthorization);
    if (authorized && narrowed === undefined && asked.purpose !== 'BTG')
      return (
        first(asked, record, ({ says }) => says === 'deny') ??
        first(
          asked,
          record,
          ({ says }, of) => says === 'permit' && of.separateAuthorization && counts(asked, of),
        )
      );
    return forPayer(asked) ? 'law-psychotherapy-payment' : 'law-psychotherapy-notes';
  },
  ({ purpose, reader }) => (purpose === 'BTG' && !reader.privilege ? 'emergency-privilege' : undefined),
  ({ purpose, reader }) => (purpose === 'BTG' && reader.suspended ? 'emergency-suspended' : undefined),
  (asked, record) =>
    asked.purpose === 'BTG' ? first(asked, record, ({ says }) => says === 'deny') : undefined,
  // "Deny all", but "once a Consent is recorded then its terms override any Implicit policy" (53.2.2).
  (asked, record) =>
    asked.purpose === 'BTG' &&
    asked.policy === 'Policy-deny' &&
    first(asked, record, ({ says }, of) => says === 'permit' && counts(asked, of)) === undefined
      ? 'no-consent'
      : undefined,
  ({ purpose, second }, { emergency }) => {
    if (purpose !== 'BTG') return undefined;
    return emergency || second ? 'emergency' : 'emergency-dataset';
  },
  // "The authoring institution sees what it wrote": for its own work, which is neither research nor a project.
  ({ reader, purpose, project }, { author }) => {
    const own =
      author === reader.institution && !['auditor', 'payer', 'researcher'].includes(reader.role ?? '');
    return own && purpose !== 'HRESCH' && project === null ? 'author' : undefined;
  },
  (asked, record) => first(asked, record, ({ says }) => says === 'deny'),
  (asked, record) => first(asked, record, ({ says }, of) => says === 'permit' && counts(asked, of)),
  // "Used when there is no Consent found on file" (53.2.1): none that grants anything for this use.
  (asked) => (grantsUse(asked) ? 'no-consent' : undefined),
  (asked, { confidentiality }) =>
    opensByPolicy(asked) && LET_THROUGH.N.includes(confidentiality) ? 'policy' : undefined,
];

const OPENING: readonly AccessRule[] = ['author', 'delegate', 'emergency', 'own', 'policy'];

/** What must come of it. */
export function referenceVerdict(asked: ReferenceCase): ReferenceVerdict {
  const nobody = { consent: null, provision: null };
  const { record } = asked;
  if (record === null || record.patient !== asked.patient)
    return { decision: 'deny', rule: 'record-unknown', ...nobody };
  for (const question of QUESTIONS) {
    const answer = question(asked, record);
    if (answer === undefined) continue;
    if (typeof answer === 'string')
      return { decision: OPENING.includes(answer) ? 'permit' : 'deny', rule: answer, ...nobody };
    const { says, consent, provision } = answer;
    return { decision: says, rule: says === 'permit' ? 'consent' : 'excluded', consent, provision };
  }
  return { decision: 'deny', rule: 'no-consent', ...nobody };
}
