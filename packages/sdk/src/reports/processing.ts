// Owns: the record of processing activities of an institution (GDPR article 30(1)): from facts of the ledger, from what the
// software does, and from a template for what only the hospital knows; what nobody said is named. Does not own: the facts.
import { ConsiliumError, type Hex32, type ImplicitPolicy } from '@consilium/core';
import { TEMPLATE_TEXT_MAX, TEMPLATE_TEXTS_MAX } from '../limits.ts';
import { columnsOf, type Report } from './report.ts';

export const TEMPLATE_KIND = 'consilium-processing';

/** Read from the ledger, proven. */
export interface ProcessingFacts {
  readonly institution: Hex32;
  readonly name: string;
  readonly asOf: { readonly height: number; readonly time: number };
  /** The other hospitals of the network, by name. */
  readonly others: readonly string[];
  readonly policy: ImplicitPolicy;
  /** Standing credentials by role. */
  readonly staff: Readonly<Record<string, number>>;
  /** null: no custodians yet. */
  readonly custody: { readonly custodians: readonly string[]; readonly threshold: number } | null;
}

type Field =
  | 'contact'
  | 'representative'
  | 'dataProtectionOfficer'
  | 'purposes'
  | 'dataSubjects'
  | 'personalData'
  | 'recipients'
  | 'transfers'
  | 'retention'
  | 'measures';

const FIELDS: Readonly<Record<Field, readonly [paragraph: string, item: string]>> = {
  contact: ['(a)', 'contact of the controller'],
  representative: ['(a)', 'representative of the controller'],
  dataProtectionOfficer: ['(a)', 'data protection officer'],
  purposes: ['(b)', 'further purposes'],
  dataSubjects: ['(c)', 'further categories of data subjects'],
  personalData: ['(c)', 'further categories of personal data'],
  recipients: ['(d)', 'further recipients'],
  transfers: ['(e)', 'transfers to third countries, with their safeguards'],
  retention: ['(f)', 'time limits for erasure'],
  measures: ['(g)', 'further security measures'],
};

/** What only the hospital knows; a field that is left out is named in the report, `[]` says that there is nothing. */
export type ProcessingTemplate = Readonly<Partial<Record<Field, readonly string[]>>>;

/** `{ "kind": "consilium-processing", "version": 1, "contact": ["..."], ... }`. Throws `FILE_INVALID`. */
export function parseTemplate(text: string): ProcessingTemplate {
  const { kind, version, ...fields } = parsed(text);
  if (kind !== TEMPLATE_KIND || version !== 1) throw invalid('kind and version');
  for (const [name, value] of Object.entries(fields)) {
    if (!Object.hasOwn(FIELDS, name)) throw invalid(`unknown field ${name.slice(0, 40)}`);
    if (!isTexts(value)) throw invalid(name);
  }
  return fields as ProcessingTemplate;
}

function isTexts(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length <= TEMPLATE_TEXTS_MAX &&
    value.every((each) => typeof each === 'string' && each.length > 0 && each.length <= TEMPLATE_TEXT_MAX)
  );
}

function parsed(text: string): Record<string, unknown> {
  try {
    const raw: unknown = JSON.parse(text);
    if (typeof raw === 'object' && raw !== null && !Array.isArray(raw)) return { ...raw };
  } catch {
    // No JSON: refused below.
  }
  throw invalid('JSON object');
}

function invalid(rule: string): ConsiliumError {
  return new ConsiliumError('FILE_INVALID', { rule: `template: ${rule}` });
}

type Row = readonly [paragraph: string, item: string, value: string, source: string];

export function processingReport(facts: ProcessingFacts, template: ProcessingTemplate, made: number): Report {
  const rows = [...ledgerRows(facts), ...softwareRows(facts), ...templateRows(template)];
  const missing = rows.filter(([, , , source]) => source === 'missing').length;
  return {
    kind: 'processing',
    title: 'Record of processing activities',
    law: 'Regulation (EU) 2016/679 (GDPR), article 30(1)',
    subject: facts.name,
    patients: [],
    made,
    period: null,
    completeAsOf: facts.asOf,
    tables: [
      {
        name: 'record',
        title: 'Processing of health records in the network',
        columns: columnsOf(
          ['paragraph', 'Of article 30(1)'],
          ['item', 'Asked for'],
          ['value', 'Answer'],
          ['source', 'From'],
        ),
        rows: rows.toSorted(([a], [b]) => (a < b ? -1 : Number(a > b))),
      },
    ],
    notes: [
      ...(missing === 0 ? [] : [`${missing} answers are missing: they go into the template file`]),
      'This is of the processing in this network; what else the institution processes is not known here.',
    ],
    events: [],
  };
}

function ledgerRows({ name, others, policy, staff, custody }: ProcessingFacts): readonly Row[] {
  const roles = Object.entries(staff).map(([role, count]) => `${count} ${role}`);
  return [
    ['(a)', 'controller', name, 'ledger'],
    [
      '(a)',
      'hospitals that run the ledger with it (joint controllers: article 26)',
      others.length === 0 ? 'none' : others.join(', '),
      'ledger',
    ],
    [
      '(c)',
      'data subjects: staff with a standing credential',
      roles.length === 0 ? 'none' : roles.join(', '),
      'ledger',
    ],
    ['(d)', 'recipients', [...others, 'whom a consent of the patient names'].join(', '), 'ledger'],
    ['(d)', 'what opens where no consent speaks', policy, 'ledger'],
    [
      '(g)',
      'records spread over',
      custody === null
        ? 'nobody yet'
        : `${custody.custodians.join(', ')}: ${custody.threshold} of ${custody.custodians.length} shares open a record, fewer open nothing`,
      'ledger',
    ],
  ];
}

function softwareRows({ name }: ProcessingFacts): readonly Row[] {
  const rows: readonly (readonly [string, string, string])[] = [
    [
      '(b)',
      'purposes',
      'keeping health records so that those whom the patient permits can open them; proving who opened what',
    ],
    ['(c)', 'data subjects', 'patients, and who acts for them; clinicians and other staff'],
    [
      '(c)',
      'personal data on the ledger',
      'pseudonyms, public keys, salted commitments, keyed tags, month, confidentiality level, effects of law, consents, accesses; no content, name or identifier',
    ],
    [
      '(c)',
      'personal data off the ledger',
      `health records as ciphertext; at ${name} the register of who is behind which pseudonym`,
    ],
    ['(f)', 'time limits', 'rows of the ledger stay; ciphertext and shares until the record is erased'],
    [
      '(g)',
      'pseudonymisation and encryption',
      'a pseudonym for each institution; AES-256-GCM in pieces under a key of its own for each record, dealt in verifiable shares, each sealed by HPKE',
    ],
    [
      '(g)',
      'confidentiality, integrity',
      'each access is decided by every hospital and entered before anything opens; every answer is checked against certificates and proofs',
    ],
    [
      '(g)',
      'availability, resilience',
      'agreement bears one faulty hospital of four, two of seven; copies at every custodian, repaired in the background; backup and restore',
    ],
    ['(g)', 'regular testing', 'node verify, doctor, metrics and alarm rules, the log of what operators did'],
  ];
  return rows.map(([paragraph, item, value]) => [paragraph, item, value, 'software']);
}

function templateRows(template: ProcessingTemplate): readonly Row[] {
  return (Object.keys(FIELDS) as readonly Field[]).map((field): Row => {
    const [paragraph, item] = FIELDS[field];
    const said = template[field];
    if (said === undefined)
      return [paragraph, item, `to be said by the institution (template: ${field})`, 'missing'];
    return [paragraph, item, said.length === 0 ? 'none' : said.join('; '), 'template'];
  });
}
