// Owns: the one word under which a resource is filed. Does not own: tags; which words a consent may name.
import { at, textOf } from '../json.ts';
import type { ResourceType } from '../validate/resource-types.ts';
import { codingsIn } from './codings.ts';

/** FHIR's observation-category, the kinds of records that hospitals exchange, and `other` for what is neither. Sorted. */
export const CATEGORIES = [
  'activity',
  'allergies',
  'billing',
  'care-plans',
  'demographics',
  'devices',
  'documents',
  'encounters',
  'exam',
  'family-history',
  'imaging',
  'immunizations',
  'laboratory',
  'medication',
  'other',
  'problems',
  'procedure',
  'social-history',
  'survey',
  'therapy',
  'vital-signs',
] as const;

export type Category = (typeof CATEGORIES)[number];

/** Where no coding of the resource says better. */
const OF_TYPE: Readonly<Record<ResourceType, Category>> = {
  Account: 'billing',
  AdverseEvent: 'problems',
  AllergyIntolerance: 'allergies',
  Appointment: 'encounters',
  AuditEvent: 'other',
  Basic: 'other',
  Binary: 'documents',
  BodyStructure: 'exam',
  Bundle: 'documents',
  CarePlan: 'care-plans',
  CareTeam: 'care-plans',
  Claim: 'billing',
  ClaimResponse: 'billing',
  ClinicalImpression: 'exam',
  Communication: 'other',
  CommunicationRequest: 'other',
  Composition: 'documents',
  Condition: 'problems',
  Consent: 'documents',
  Coverage: 'billing',
  DetectedIssue: 'problems',
  Device: 'devices',
  DeviceRequest: 'devices',
  DeviceUseStatement: 'devices',
  DiagnosticReport: 'other',
  DocumentReference: 'documents',
  Encounter: 'encounters',
  EpisodeOfCare: 'encounters',
  ExplanationOfBenefit: 'billing',
  FamilyMemberHistory: 'family-history',
  Flag: 'problems',
  Goal: 'care-plans',
  Group: 'other',
  HealthcareService: 'other',
  ImagingStudy: 'imaging',
  Immunization: 'immunizations',
  ImmunizationEvaluation: 'immunizations',
  ImmunizationRecommendation: 'immunizations',
  List: 'other',
  Location: 'other',
  Media: 'imaging',
  Medication: 'medication',
  MedicationAdministration: 'medication',
  MedicationDispense: 'medication',
  MedicationRequest: 'medication',
  MedicationStatement: 'medication',
  NutritionOrder: 'care-plans',
  Observation: 'other',
  OperationOutcome: 'other',
  Organization: 'other',
  Patient: 'demographics',
  Person: 'demographics',
  Practitioner: 'other',
  PractitionerRole: 'other',
  Procedure: 'procedure',
  Provenance: 'other',
  Questionnaire: 'survey',
  QuestionnaireResponse: 'survey',
  RelatedPerson: 'demographics',
  RequestGroup: 'care-plans',
  RiskAssessment: 'problems',
  ServiceRequest: 'procedure',
  Specimen: 'laboratory',
  Substance: 'other',
  SupplyDelivery: 'devices',
  SupplyRequest: 'devices',
  Task: 'other',
  VisionPrescription: 'devices',
};

/** FHIR R4 observation-category, and one spelling of older Synthea. */
const OBSERVATION: Readonly<Record<string, Category>> = {
  activity: 'activity',
  exam: 'exam',
  imaging: 'imaging',
  laboratory: 'laboratory',
  procedure: 'procedure',
  'social-history': 'social-history',
  survey: 'survey',
  therapy: 'therapy',
  'vital-sign': 'vital-signs',
  'vital-signs': 'vital-signs',
};

const words = (text: string, category: Category): readonly (readonly [string, Category])[] =>
  text.split(' ').map((code) => [code, category] as const);

/** HL7 v2 table 0074, diagnostic service section. */
const SECTION: Readonly<Record<string, Category>> = Object.fromEntries([
  ...words('BG BLB CG CH CP GE HM IMM LAB MB MCB MYC OSL SP SR TX URN VR', 'laboratory'),
  ...words('CT CUS NMR NMS OUS RAD RUS RX VUS XRC', 'imaging'),
  ...words('AU CTH EC EN PF', 'procedure'),
  ...words('OT PT RC RT', 'therapy'),
  ...words('PHR', 'medication'),
]);

/** LOINC parts and SNOMED CT concepts that name a kind of service: US Core reports, R4's examples of orders. */
const SERVICE: Readonly<Record<string, Category>> = {
  'LP29684-5': 'imaging',
  'LP7839-6': 'laboratory',
  'LP29708-2': 'procedure',
  '108252007': 'laboratory',
  '363679005': 'imaging',
};

const BY_CODING: Readonly<Partial<Record<string, Readonly<Record<string, Category>>>>> = {
  DiagnosticReport: { ...SECTION, ...SERVICE },
  Observation: OBSERVATION,
  ServiceRequest: SERVICE,
};

export function categoryOf(resource: unknown): Category {
  const type = textOf(at(resource, 'resourceType')) ?? '';
  const table = Object.hasOwn(BY_CODING, type) ? BY_CODING[type] : undefined;
  for (const { code } of table === undefined ? [] : codingsIn(at(resource, 'category'))) {
    const category = table !== undefined && Object.hasOwn(table, code) ? table[code] : undefined;
    if (category !== undefined) return category;
  }
  return Object.hasOwn(OF_TYPE, type) ? OF_TYPE[type as ResourceType] : 'other';
}

/** Of every resource of the type; undefined where its codings may say otherwise, and for an unknown type. */
export function categoryOfType(type: string): Category | undefined {
  if (Object.hasOwn(BY_CODING, type) || !Object.hasOwn(OF_TYPE, type)) return undefined;
  return OF_TYPE[type as ResourceType];
}
