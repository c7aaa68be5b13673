// Owns: which date of a resource is the one of its data, and its month. Does not own: clocks and time zones: a date
// counts as it is written.
import { at, atPath, isObject, textOf } from '../json.ts';
import type { ResourceType } from '../validate/resource-types.ts';

/** Elements in the order in which they are asked. An element that may be a Period counts by its start, else its end. */
const ELEMENTS: Readonly<Partial<Record<ResourceType, string>>> = {
  Account: 'servicePeriod',
  AdverseEvent: 'date detected recordedDate',
  AllergyIntolerance: 'onsetDateTime onsetPeriod recordedDate lastOccurrence',
  Appointment: 'start requestedPeriod created',
  AuditEvent: 'period recorded',
  Basic: 'created',
  Bundle: 'timestamp',
  CarePlan: 'period created',
  CareTeam: 'period',
  Claim: 'billablePeriod created',
  ClaimResponse: 'created',
  ClinicalImpression: 'effectiveDateTime effectivePeriod date',
  Communication: 'sent received',
  CommunicationRequest: 'occurrenceDateTime occurrencePeriod authoredOn',
  Composition: 'date',
  Condition: 'onsetDateTime onsetPeriod recordedDate abatementDateTime abatementPeriod',
  Consent: 'dateTime',
  Coverage: 'period',
  DetectedIssue: 'identifiedDateTime identifiedPeriod',
  DeviceRequest: 'occurrenceDateTime occurrencePeriod occurrenceTiming authoredOn',
  DeviceUseStatement: 'timingDateTime timingPeriod timingTiming recordedOn',
  DiagnosticReport: 'effectiveDateTime effectivePeriod issued',
  DocumentReference: 'context.period date',
  Encounter: 'period',
  EpisodeOfCare: 'period',
  ExplanationOfBenefit: 'billablePeriod created',
  FamilyMemberHistory: 'date',
  Flag: 'period',
  Goal: 'startDate statusDate',
  ImagingStudy: 'started',
  Immunization: 'occurrenceDateTime recorded',
  ImmunizationEvaluation: 'date',
  ImmunizationRecommendation: 'date',
  List: 'date',
  Media: 'createdDateTime createdPeriod issued',
  MedicationAdministration: 'effectiveDateTime effectivePeriod',
  MedicationDispense: 'whenHandedOver whenPrepared',
  MedicationRequest: 'authoredOn',
  MedicationStatement: 'effectiveDateTime effectivePeriod dateAsserted',
  NutritionOrder: 'dateTime',
  Observation: 'effectiveDateTime effectivePeriod effectiveInstant effectiveTiming issued',
  Procedure: 'performedDateTime performedPeriod',
  Provenance: 'occurredDateTime occurredPeriod recorded',
  Questionnaire: 'date',
  QuestionnaireResponse: 'authored',
  RequestGroup: 'authoredOn',
  RiskAssessment: 'occurrenceDateTime occurrencePeriod',
  ServiceRequest: 'occurrenceDateTime occurrencePeriod occurrenceTiming authoredOn',
  Specimen: 'collection.collectedDateTime collection.collectedPeriod receivedTime',
  SupplyDelivery: 'occurrenceDateTime occurrencePeriod occurrenceTiming',
  SupplyRequest: 'occurrenceDateTime occurrencePeriod occurrenceTiming authoredOn',
  Task: 'executionPeriod authoredOn lastModified',
  VisionPrescription: 'dateWritten created',
};

/** date, dateTime and instant of FHIR. */
const DATE = /^(?!0000)(\d{4})(?:-(0[1-9]|1[0-2])(?:-\d{2}(?:T[\d:.]{5,18}(?:Z|[+-]\d{2}:\d{2})?)?)?)?$/;

const asDate = (value: unknown): string | undefined =>
  DATE.test(textOf(value) ?? '') ? textOf(value) : undefined;

/** A date as it is; of a Period its start, else its end; of a Timing its first event, else its bounds. */
function dateIn(value: unknown): string | undefined {
  if (!isObject(value)) return asDate(value);
  const parts = ['start', 'end', 'event', 'repeat.boundsPeriod.start', 'repeat.boundsPeriod.end'];
  for (const part of parts) {
    const inner = atPath(value, part);
    const date = asDate(Array.isArray(inner) ? inner[0] : inner);
    if (date !== undefined) return date;
  }
  return undefined;
}

/** As written in the resource. */
export function dateOf(resource: unknown): string | null {
  const type = textOf(at(resource, 'resourceType')) ?? '';
  const elements = Object.hasOwn(ELEMENTS, type) ? ELEMENTS[type as ResourceType] : undefined;
  for (const element of elements?.split(' ') ?? []) {
    const date = dateIn(atPath(resource, element));
    if (date !== undefined) return date;
  }
  return null;
}

/** Months since the year 0; null without a month (a year alone has none). */
export function monthOf(date: string | null): number | null {
  const [, year, month] = DATE.exec(date ?? '') ?? [];
  return year === undefined || month === undefined ? null : Number(year) * 12 + Number(month) - 1;
}
