// Owns: the codes and identifiers of the audit events, HL7's, DICOM's and IHE's and the few of our own. Does not own:
// which event uses which (events.ts).
import { type Hex32, hashHex, utf8 } from '@consilium/core';

/** A value of JSON in a resource. */
export interface Json {
  readonly [key: string]: unknown;
}

const THO = 'http://terminology.hl7.org/CodeSystem/';

export type CodeName =
  | 'rest'
  | 'read'
  | 'search'
  | 'exported'
  | 'disclose'
  | 'securityAlert'
  | 'decidedByConsent'
  | 'decidedByRole'
  | 'logUsed'
  | 'application'
  | 'destination'
  | 'source'
  | 'recipient'
  | 'verifier'
  | 'provider'
  | 'authorizer'
  | 'patientAdvocate'
  | 'person'
  | 'systemObject'
  | 'consent'
  | 'operationOutcome'
  | 'patientRole'
  | 'domainResource'
  | 'securityResource'
  | 'securityServer'
  | 'machine'
  | 'second'
  | 'ledgerEntry'
  | 'agreement';

type Code = readonly [system: string, code: string, display?: string];

const CODES: Readonly<Record<CodeName, Code>> = {
  // What happened (AuditEvent.type and .subtype).
  rest: [`${THO}audit-event-type`, 'rest', 'Restful Operation'],
  read: ['http://hl7.org/fhir/restful-interaction', 'read', 'read'],
  search: ['http://hl7.org/fhir/restful-interaction', 'search-type', 'search-type'],
  exported: ['http://dicom.nema.org/resources/ontology/DCM', '110106', 'Export'],
  disclose: [`${THO}iso-21089-lifecycle`, 'disclose', 'Disclose Record Lifecycle Event'],
  securityAlert: ['http://dicom.nema.org/resources/ontology/DCM', '110113', 'Security Alert'],
  decidedByConsent: ['https://profiles.ihe.net/ITI/BALP/CodeSystem/AuthZsubType', 'AuthZ-Consent'],
  decidedByRole: ['https://profiles.ihe.net/ITI/BALP/CodeSystem/AuthZsubType', 'AuthZ-Role'],
  logUsed: ['http://dicom.nema.org/resources/ontology/DCM', '110101', 'Audit Log Used'],
  // Who took part (agent.type).
  application: ['http://dicom.nema.org/resources/ontology/DCM', '110150', 'Application'],
  destination: ['http://dicom.nema.org/resources/ontology/DCM', '110152', 'Destination Role ID'],
  source: ['http://dicom.nema.org/resources/ontology/DCM', '110153', 'Source Role ID'],
  recipient: [`${THO}v3-ParticipationType`, 'IRCP', 'information recipient'],
  verifier: [`${THO}v3-ParticipationType`, 'VRF', 'verifier'],
  provider: [`${THO}v3-RoleClass`, 'PROV', 'healthcare provider'],
  authorizer: [`${THO}extra-security-role-type`, 'authserver', 'authorization server'],
  patientAdvocate: ['http://snomed.info/sct', '429577009', 'Patient Advocate'],
  // What it was about (entity.type and .role).
  person: [`${THO}audit-entity-type`, '1', 'Person'],
  systemObject: [`${THO}audit-entity-type`, '2', 'System Object'],
  consent: ['http://hl7.org/fhir/resource-types', 'Consent', 'Consent'],
  operationOutcome: ['http://hl7.org/fhir/resource-types', 'OperationOutcome', 'OperationOutcome'],
  patientRole: [`${THO}object-role`, '1', 'Patient'],
  domainResource: [`${THO}object-role`, '4', 'Domain Resource'],
  securityResource: [`${THO}object-role`, '13', 'Security Resource'],
  securityServer: [`${THO}security-source-type`, '6', 'Security Server'],
  // Ours: HL7 has no code for these.
  machine: ['urn:consilium:agent-role', 'machine', 'systems of an institution, not a person'],
  second: ['urn:consilium:agent-role', 'emergency-second', 'second clinician of an emergency'],
  ledgerEntry: ['urn:consilium:entity-type', 'ledger-entry', 'entry of the ledger'],
  agreement: ['urn:consilium:entity-type', 'data-use-agreement', 'data-use agreement'],
};

export function codingOf(name: CodeName): Json {
  const [system, code, display] = CODES[name];
  return { system, code, ...(display !== undefined && { display }) };
}

export function conceptOf(name: CodeName): Json {
  return { coding: [codingOf(name)] };
}

type LedgerSystem = 'purpose' | 'confidentiality' | 'law' | 'rule' | 'emergencyReason';

/** A code that the ledger holds: of HL7, or of ours where HL7 has none. */
const LEDGER_SYSTEMS: Readonly<Record<LedgerSystem, string>> = {
  purpose: `${THO}v3-ActReason`,
  confidentiality: `${THO}v3-Confidentiality`,
  law: `${THO}v3-ActCode`,
  rule: 'urn:consilium:access-rule',
  emergencyReason: 'urn:consilium:emergency-reason',
};

export function ledgerCoding(system: LedgerSystem, code: string): Json {
  return { system: LEDGER_SYSTEMS[system], code };
}

export type IdKind = 'network' | 'account' | 'record' | 'consent' | 'access' | 'accessLog' | 'project';

/** What the ledger names by its own ids has no address: it is referred to by identifier. */
const IDENTIFIERS: Readonly<Record<IdKind, string>> = {
  network: 'urn:consilium:network',
  account: 'urn:consilium:account',
  record: 'urn:consilium:record',
  consent: 'urn:consilium:consent',
  access: 'urn:consilium:access',
  accessLog: 'urn:consilium:access-log',
  project: 'urn:consilium:data-use-project',
};

export function identifierOf(kind: IdKind, value: string): Json {
  return { system: IDENTIFIERS[kind], value };
}

/** One thing of a patient's gapless list. */
export function placeOf(patient: Hex32, index: number): string {
  return `${patient}/${index}`;
}

const PROFILES = 'https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.';

export const PROFILE_OF: Readonly<Record<'read' | 'disclosure', string>> = {
  read: `${PROFILES}PatientRead`,
  disclosure: `${PROFILES}PrivacyDisclosure.Source`,
};

/** A UUID of version 8 (RFC 9562): by hash, so that it is the same in every export. */
export function uuidUrl(name: string): string {
  const hex = hashHex(utf8(name));
  const variant = '89ab'[Number.parseInt(hex.slice(16, 17), 16) % 4];
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return `urn:uuid:${parts.join('-')}`;
}
