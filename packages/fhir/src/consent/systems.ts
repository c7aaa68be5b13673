// Owns: the names of the code systems that a consent may use, HL7's and the few of our own. Does not own: their codes.

const THO = 'http://terminology.hl7.org/CodeSystem/';

/** HL7's systems by name, with the form that STU3 left in many systems of hospitals. */
const v3 = (name: string): readonly [string, string] => [
  `${THO}v3-${name}`,
  `http://hl7.org/fhir/v3/${name}`,
];

export type SystemName =
  | 'actCode'
  | 'actReason'
  | 'action'
  | 'category'
  | 'confidentiality'
  | 'loinc'
  | 'observationCategory'
  | 'participation'
  | 'practitionerRole'
  | 'recordCategory'
  | 'resourceTypes'
  | 'roleClass'
  | 'roleCode'
  | 'scope'
  | 'staffRole';

/** The first is the one that is written. */
const SYSTEMS: Readonly<Record<SystemName, readonly [string, ...string[]]>> = {
  actCode: v3('ActCode'),
  actReason: v3('ActReason'),
  action: [`${THO}consentaction`, 'http://hl7.org/fhir/consentaction'],
  category: [`${THO}consentcategorycodes`, 'http://hl7.org/fhir/consentcategorycodes'],
  confidentiality: v3('Confidentiality'),
  loinc: ['http://loinc.org'],
  observationCategory: [`${THO}observation-category`],
  participation: v3('ParticipationType'),
  practitionerRole: [`${THO}practitioner-role`, 'http://hl7.org/fhir/practitioner-role'],
  // Ours: the words under which records are filed (CATEGORIES).
  recordCategory: ['urn:consilium:record-category'],
  resourceTypes: ['http://hl7.org/fhir/resource-types'],
  roleClass: v3('RoleClass'),
  roleCode: v3('RoleCode'),
  scope: [`${THO}consentscope`, 'http://hl7.org/fhir/consentscope'],
  // Ours: roles of a credential for which HL7 publishes no code.
  staffRole: ['urn:consilium:staff-role'],
};

export const systemOf = (name: SystemName): string => SYSTEMS[name][0];

export const isOf = (name: SystemName, system: string | undefined): boolean =>
  system !== undefined && SYSTEMS[name].includes(system);

/** Identifier of a data-use agreement: the project or claim. */
export const PROJECT_SYSTEM = 'urn:consilium:data-use-project';
/** Before the SHA-256 of an accepted term, in `policy.uri`. */
export const TERM_URI = 'urn:consilium:data-use-term:sha256:';
/** Before the name of an implicit policy. */
export const PCF_URI = 'https://profiles.ihe.net/ITI/PCF/';
