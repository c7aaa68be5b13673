// Owns: small invented resources for the tests, and the sample bundle. Does not own: what is expected of them.
import { readFileSync } from 'node:fs';

export type Json = Record<string, unknown>;

const sampleFile = new URL('../../../../devnet/sample/bundle.json', import.meta.url);

export const sampleBundle = (): Json & { entry: { resource: Json }[] } =>
  JSON.parse(readFileSync(sampleFile, 'utf8'));

export const coded = (system: string, code: string, display?: string): Json => ({
  coding: [{ system, code, ...(display === undefined ? {} : { display }) }],
});

const subject = { reference: 'Patient/p1' };

export const observation = (more: Json = {}): Json => ({
  resourceType: 'Observation',
  status: 'final',
  code: coded('http://loinc.org', '2339-0', 'Glucose'),
  subject,
  effectiveDateTime: '2019-03-02T10:00:00-05:00',
  valueQuantity: { value: 88, unit: 'mg/dL', system: 'http://unitsofmeasure.org', code: 'mg/dL' },
  ...more,
});

export const condition = (more: Json = {}): Json => ({
  resourceType: 'Condition',
  clinicalStatus: coded('http://terminology.hl7.org/CodeSystem/condition-clinical', 'active'),
  code: coded('http://snomed.info/sct', '38341003', 'Hypertension'),
  subject,
  onsetDateTime: '2012-07',
  ...more,
});

export const patient = (more: Json = {}): Json => ({
  resourceType: 'Patient',
  name: [{ family: 'Testfall', given: ['Anna'] }],
  gender: 'female',
  birthDate: '1980-05-17',
  ...more,
});

export const medicationRequest = (more: Json = {}): Json => ({
  resourceType: 'MedicationRequest',
  status: 'active',
  intent: 'order',
  medicationCodeableConcept: coded('http://www.nlm.nih.gov/research/umls/rxnorm', '313782', 'Acetaminophen'),
  subject,
  authoredOn: '2020-11-30',
  ...more,
});

export const bundle = (resources: readonly Json[], more: Json = {}): Json => ({
  resourceType: 'Bundle',
  type: 'collection',
  entry: resources.map((resource) => ({ resource })),
  ...more,
});
