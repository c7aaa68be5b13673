// Owns: what one consent says of one record, a second time: each condition a table or a sentence of its source, without
// regard for speed. Does not own: several consents together and all that stands above them (reference-decision.ts).
//
// Sources: FHIR R4 Consent.provision, IHE PCF 1.1.0 (53.2.2 to 53.2.4), HL7 v3 ActReason and Confidentiality; and where
// these leave it to us, R9 of docs/protocol.md.
import type {
  Confidentiality,
  Consent,
  ConsentException,
  ConsentRule,
  Delegation,
  Hex32,
  ImplicitPolicy,
  Purpose,
  RecordRow,
} from '../../src/index.ts';

export interface ReferenceReader {
  readonly id: Hex32;
  readonly kind: 'institution' | 'clinician' | 'patient';
  /** The institution that it is or that credentialed it; a patient's is of no account. */
  readonly institution: Hex32;
  /** Null for institutions and patients. */
  readonly role: string | null;
  /** Of a clinician, and active as an institution. */
  readonly standing: boolean;
  readonly privilege: boolean;
  readonly suspended: boolean;
}

export interface ReferenceGroup {
  readonly institution: Hex32;
  readonly index: number;
  readonly members: readonly Hex32[];
}

export interface ReferenceCase {
  readonly time: number;
  readonly policy: ImplicitPolicy;
  readonly patient: Hex32;
  readonly reader: ReferenceReader;
  readonly purpose: Purpose;
  /** The institution's machine asked in the reader's name. */
  readonly machine: boolean;
  readonly project: string | null;
  /** A second clinician has signed that more than the emergency dataset is needed. */
  readonly second: boolean;
  /** By index. */
  readonly consents: readonly Consent[];
  readonly delegations: readonly Delegation[];
  readonly groups: readonly ReferenceGroup[];
  /** Null: none of this patient. */
  readonly record: RecordRow | null;
}

/** HL7 v3 ActReason: what is asked for -> all names under which a rule may have it. */
export const NAMES_OF: Readonly<Record<Purpose, readonly Purpose[]>> = {
  BTG: ['BTG', 'ETREAT', 'TREAT'],
  CAREMGT: ['CAREMGT', 'HOPERAT'],
  ETREAT: ['ETREAT', 'TREAT'],
  FAMRQT: ['FAMRQT', 'PATRQT'],
  HLEGAL: ['HLEGAL', 'HOPERAT'],
  HOPERAT: ['HOPERAT'],
  HPAYMT: ['HPAYMT'],
  HRESCH: ['HRESCH'],
  PATRQT: ['PATRQT'],
  PUBHLTH: ['PUBHLTH'],
  TREAT: ['TREAT'],
};

/** HL7 v3 Confidentiality: level -> those that a high-water mark of it lets through. */
export const LET_THROUGH: Readonly<Record<Confidentiality, string>> = {
  U: 'U',
  L: 'UL',
  M: 'ULM',
  N: 'ULMN',
  R: 'ULMNR',
  V: 'ULMNRV',
};

/** ... and those that a denial from it on shuts out. */
const SHUT_OUT: Readonly<Record<Confidentiality, string>> = {
  U: 'ULMNRV',
  L: 'LMNRV',
  M: 'MNRV',
  N: 'NRV',
  R: 'RV',
  V: 'V',
};

const meet = (some: readonly string[], others: readonly string[]): boolean =>
  some.filter((each) => others.includes(each)).length > 0;

export type Direction = 'permit' | 'deny';
type Condition = (
  rule: ConsentRule,
  asked: ReferenceCase,
  record: RecordRow,
  direction: Direction,
) => boolean;

/** FHIR R4: an element that is absent demands nothing; of its repetitions any will do; all elements together must. */
const CONDITIONS: Readonly<Record<string, Condition>> = {
  actor: ({ actors }, asked) =>
    actors.length === 0 ||
    actors.some((actor) => {
      const called = [asked.reader.id, asked.reader.institution];
      if (actor.type === 'account') return called.includes(actor.id);
      if (actor.type === 'role') return actor.role === asked.reader.role;
      return asked.groups
        .filter(({ institution, index }) => institution === actor.institution && index === actor.index)
        .some(({ members }) => meet(members, called));
    }),
  purpose: ({ purposes }, { purpose }) => purposes.length === 0 || meet(purposes, NAMES_OF[purpose]),
  class: ({ categories }, _asked, { tags }) => categories.length === 0 || meet(categories, tags),
  securityLabel: ({ confidentiality, labels }, _asked, record, direction) => {
    if (confidentiality === null && labels.length === 0) return true;
    const table = direction === 'permit' ? LET_THROUGH : SHUT_OUT;
    const byLevel = confidentiality !== null && table[confidentiality].includes(record.confidentiality);
    return byLevel || meet(labels, record.tags);
  },
  dataPeriod: ({ dataPeriod }, _asked, { month }, direction) => {
    if (dataPeriod === null) return true;
    // It may be of any month: a permit covers what is wholly inside, a denial what is touched.
    if (month === null) return direction === 'deny';
    return dataPeriod.from <= month && month <= dataPeriod.until;
  },
  data: ({ records }, _asked, { first }) => records.length === 0 || records.includes(first),
  author: ({ authors }, _asked, { author, writer }) =>
    authors.length === 0 || authors.includes(author) || authors.includes(writer),
};

/** Tags of another generation tell nothing: what they are a condition of is taken to hold, and nothing is permitted. */
function holds(
  rule: ConsentRule,
  { tagGeneration }: Consent,
  asked: ReferenceCase,
  record: RecordRow,
  direction: Direction,
): boolean {
  const comparable = tagGeneration === record.tagGeneration;
  return Object.entries(CONDITIONS).every(([name, condition]) => {
    const byTags =
      (name === 'class' && rule.categories.length > 0) ||
      (name === 'securityLabel' && rule.labels.length > 0);
    return (byTags && !comparable) || condition(rule, asked, record, direction);
  });
}

export const within = (
  period: { readonly from: number; readonly until: number } | null,
  time: number,
): boolean => period === null || (period.from <= time && time < period.until);

export interface Saying {
  readonly says: Direction;
  readonly provision: number;
}

/** "A plain permit for TREAT does not open the emergency path, a plain deny of TREAT does not close it." */
const plain = (purposes: readonly Purpose[]): boolean => !meet(purposes, ['BTG', 'ETREAT']);

/** What one consent says of one record; undefined when it says nothing. */
export function sayingOf(consent: Consent, asked: ReferenceCase, record: RecordRow): Saying | undefined {
  const { decision, rule, exceptions, agreement } = consent;
  const active = consent.revokedHeight === null && within(consent.period, asked.time);
  if (!active) return undefined;
  // A data-use agreement speaks to its project only.
  if (agreement !== null && agreement.project !== asked.project) return undefined;
  // 45 CFR 164.508(b)(3)(ii): an authorization of psychotherapy notes is one of nothing else.
  const isNote = record.effects.includes('separate-authorization');
  if (consent.separateAuthorization && !isNote) return undefined;
  if (!holds(rule, consent, asked, record, decision)) return undefined;
  const reverse: Direction = decision === 'permit' ? 'deny' : 'permit';
  const glass = asked.purpose === 'BTG';
  const mute = (says: Direction): boolean =>
    says === 'permit' && consent.tagGeneration !== record.tagGeneration;
  const matches = (each: ConsentException): boolean => {
    // Without a purpose of its own it has its parent's.
    const purposes = each.purposes.length > 0 ? each.purposes : rule.purposes;
    if (glass && plain(purposes)) return false;
    return within(each.period, asked.time) && holds(each, consent, asked, record, reverse);
  };
  const place = mute(reverse) ? -1 : exceptions.findIndex(matches);
  if (place >= 0) return { says: reverse, provision: place + 1 };
  return (glass && plain(rule.purposes)) || mute(decision) ? undefined : { says: decision, provision: 0 };
}
