// Owns: an entry of the access log as FHIR R4 AuditEvents after IHE BALP, every outcome of it: what opened inside its
// author's house as a read, what left it as a disclosure, what was refused as a decision with its reason. A pure function
// of the verified log. Does not own: the parts (agents.ts, entities.ts), the file (bundle.ts).
import type { Hex32 } from '@consilium/core';
import { RULE_WORDS } from '../../records/words.ts';
import type { AccessLogEntry, LoggedItem } from '../log-entries.ts';
import type { VerifiedAccessLog } from '../verify-log.ts';
import {
  agentOf,
  ledgerOf,
  networkOf,
  organizationOf,
  requestorOf,
  secondOf,
  senderOf,
  whoOf,
} from './agents.ts';
import { type CodeName, codingOf, type Json, ledgerCoding, PROFILE_OF } from './codes.ts';
import { consentEntities, entryEntities, logEntity, patientEntity, recordEntity } from './entities.ts';

/** What an event is made from beside its entry. */
type Around = Pick<VerifiedAccessLog, 'genesis' | 'records' | 'institutions'>;

/** What differs between the kinds of events; the rest is alike in all. */
interface Kind {
  readonly profile?: string;
  readonly type: CodeName;
  readonly subtype: readonly CodeName[];
  readonly action: 'R' | 'E';
  /** HL7 audit-event-outcome: 0 success, 4 nothing there to give, 8 refused. */
  readonly outcome: '0' | '4' | '8';
  readonly outcomeDesc?: string;
  readonly contained?: Json;
  /** Default: the ledger. */
  readonly observer?: Json;
  readonly agent: readonly Json[];
  readonly entity: readonly Json[];
}

/** In the order of the decisions; never none. */
export function eventsOf(entry: AccessLogEntry, around: Around): readonly Json[] {
  return kindsOf(entry, around).map((kind, nr) => eventOf(entry, around, kind, nr));
}

function kindsOf(entry: AccessLogEntry, around: Around): readonly Kind[] {
  if (entry.kind === 'log') return [logUsed(entry, around)];
  if (entry.items.length === 0) return [nothingFound(entry, around)];
  const kinds: Kind[] = [];
  for (const items of alike(entry, around)) {
    const [first] = items;
    if (first.decision === 'deny') kinds.push(refused(entry, around, items));
    else if (leavesAuthor(entry, around, first)) kinds.push(disclosed(entry, around, items));
    else kinds.push(...items.map((item) => readInside(entry, around, item)));
  }
  return kinds;
}

type Items = readonly [LoggedItem, ...LoggedItem[]];

/** Records of one decision and one author, in the order in which each group begins. */
function alike({ items }: AccessLogEntry, { records }: Around): readonly Items[] {
  const groups = new Map<string, [LoggedItem, ...LoggedItem[]]>();
  for (const item of items) {
    const { decision, rule, consent, provision, tag, record } = item;
    const author = decision === 'permit' ? records.get(record)?.author : null;
    const key = JSON.stringify([rule, consent, provision, tag, author]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return [...groups.values()];
}

/** The patient and who acts for the patient are nobody to whom a record is disclosed (45 CFR 164.528(a)(1)(ii)). */
function leavesAuthor(entry: AccessLogEntry, { records }: Around, { rule, record }: LoggedItem): boolean {
  return rule !== 'own' && rule !== 'delegate' && authorOf(records, record) !== entry.institution;
}

function authorOf(records: Around['records'], record: Hex32): Hex32 {
  const author = records.get(record)?.author;
  if (author === undefined) throw new Error('invariant: a permitted record stands in the log');
  return author;
}

/** BALP PatientRead: one record, which stays with who wrote it or with the patient. */
function readInside(entry: AccessLogEntry, { genesis, records }: Around, item: LoggedItem): Kind {
  const server = agentOf('source', ledgerOf(genesis), { network: networkOf('network', genesis) });
  return {
    profile: PROFILE_OF.read,
    type: 'rest',
    subtype: ['read'],
    action: 'R',
    outcome: '0',
    outcomeDesc: `permitted ${RULE_WORDS[item.rule]}`,
    agent: [requestorOf(entry), senderOf('destination', entry), server],
    entity: [
      recordEntity(item.record, records.get(item.record)),
      ...consentEntities(entry.patient, item),
      ...entryEntities(entry),
    ],
  };
}

/** BALP PrivacyDisclosure.Source: records of one author that another institution was permitted to open. */
function disclosed(entry: AccessLogEntry, { records, institutions }: Around, items: Items): Kind {
  const [first] = items;
  const author = authorOf(records, first.record);
  const source = organizationOf(author, institutions);
  return {
    profile: PROFILE_OF.disclosure,
    type: 'exported',
    subtype: ['disclose'],
    action: 'R',
    outcome: '0',
    outcomeDesc: `permitted ${RULE_WORDS[first.rule]}`,
    // BALP: who discloses is who records it; each hospital's node entered the event itself.
    observer: source,
    agent: [
      requestorOf(entry),
      agentOf('source', source, { network: networkOf('account', author) }),
      agentOf('destination', organizationOf(entry.institution, institutions), {
        network: networkOf('account', entry.institution),
      }),
      ...(entry.machine ? [senderOf('application', entry)] : []),
      ...(first.rule === 'consent' ? [agentOf('patientAdvocate', whoOf(entry.patient, 'Patient'))] : []),
    ],
    entity: [
      ...items.map(({ record }) => recordEntity(record, records.get(record))),
      ...consentEntities(entry.patient, first),
      ...entryEntities(entry),
    ],
  };
}

/**
 * After BALP AuthZconsent, which it does not claim: that profile closes its list of entities, and what was refused must
 * stand here too.
 */
function refused(entry: AccessLogEntry, { genesis, records, institutions }: Around, items: Items): Kind {
  const [first] = items;
  const gone = first.rule.startsWith('record-');
  const reason = `denied ${RULE_WORDS[first.rule]}`;
  return {
    type: 'securityAlert',
    subtype: [first.consent === null ? 'decidedByRole' : 'decidedByConsent'],
    action: 'E',
    outcome: gone ? '4' : '8',
    outcomeDesc: reason,
    contained: outcomeResource(first, reason, gone),
    agent: [
      requestorOf(entry),
      senderOf('application', entry),
      agentOf('provider', organizationOf(entry.institution, institutions)),
      agentOf('authorizer', ledgerOf(genesis)),
    ],
    entity: [
      ...items.map(({ record }) => recordEntity(record, records.get(record))),
      ...consentEntities(entry.patient, first),
      ...entryEntities(entry),
      { what: { reference: '#outcome' }, type: codingOf('operationOutcome') },
    ],
  };
}

/** The rule, and the legal reason where a law refused: as codes. */
function outcomeResource({ rule, law }: LoggedItem, text: string, gone: boolean): Json {
  const legal = law === null ? [] : [{ ...ledgerCoding('law', law.law), display: law.citation }];
  return {
    resourceType: 'OperationOutcome',
    id: 'outcome',
    issue: [
      {
        severity: 'error',
        code: gone ? 'not-found' : 'forbidden',
        details: { coding: [ledgerCoding('rule', rule), ...legal], text },
      },
    ],
  };
}

function nothingFound(entry: AccessLogEntry, { genesis }: Around): Kind {
  return {
    type: 'rest',
    subtype: ['search'],
    action: 'E',
    outcome: '0',
    outcomeDesc: 'no record fitted what was asked for',
    agent: [requestorOf(entry), senderOf('source', entry), agentOf('destination', ledgerOf(genesis))],
    entity: entryEntities(entry),
  };
}

/** DICOM's own event for it: BALP has no profile of a look at a log. */
function logUsed(entry: AccessLogEntry, { genesis }: Around): Kind {
  return {
    type: 'logUsed',
    subtype: ['read'],
    action: 'R',
    outcome: '0',
    agent: [requestorOf(entry), senderOf('application', entry), agentOf('source', ledgerOf(genesis))],
    entity: [logEntity(entry.patient), ...entryEntities(entry)],
  };
}

/** Characters of a pseudonym in an id, which FHIR cuts at 64: 128 bits. */
const ID_DIGITS = 32;

function eventOf(entry: AccessLogEntry, { genesis }: Around, kind: Kind, nr: number): Json {
  const { patient, index, time, purpose, emergency } = entry;
  const purposes = [ledgerCoding('purpose', purpose)];
  const reasons = emergency === null ? [] : [ledgerCoding('emergencyReason', emergency.reason)];
  return {
    resourceType: 'AuditEvent',
    id: `${patient.slice(0, ID_DIGITS)}-${index}-${nr}`,
    ...(kind.profile !== undefined && { meta: { profile: [kind.profile] } }),
    ...(kind.contained !== undefined && { contained: [kind.contained] }),
    type: codingOf(kind.type),
    subtype: kind.subtype.map(codingOf),
    action: kind.action,
    recorded: new Date(time).toISOString(),
    outcome: kind.outcome,
    ...(kind.outcomeDesc !== undefined && { outcomeDesc: kind.outcomeDesc }),
    purposeOfEvent: [...purposes, ...reasons].map((coding) => ({ coding: [coding] })),
    agent: [...kind.agent, ...secondOf(entry)],
    source: {
      site: genesis,
      observer: kind.observer ?? ledgerOf(genesis),
      type: [codingOf('securityServer')],
    },
    entity: [patientEntity(patient), ...kind.entity],
  };
}
