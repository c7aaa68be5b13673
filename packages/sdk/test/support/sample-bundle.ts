// A FHIR R4 Bundle as a hospital's export has it: indented, with text in several scripts, names and identifiers.

export const PRIVATE_WORDS = [
  'Frieda',
  'Mühlestein',
  '756.1234.5678.97',
  'Spitalgasse 18',
  '1969-04-23',
  'F32.2',
];

export function sampleBundle(resources: number): string {
  const entry = Array.from({ length: resources }, (_, index) => ({
    fullUrl: `urn:uuid:00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    resource: index % 5 === 0 ? patient(index) : observation(index),
    request: { method: 'POST', url: index % 5 === 0 ? 'Patient' : 'Observation' },
  }));
  return JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry }, null, 2);
}

function patient(index: number): object {
  return {
    resourceType: 'Patient',
    id: `patient-${index}`,
    identifier: [{ system: 'urn:oid:2.16.756.5.32', value: '756.1234.5678.97' }],
    name: [{ family: 'Mühlestein', given: ['Frieda', '春'] }],
    address: [{ line: ['Spitalgasse 18'], city: 'Bern' }],
    birthDate: '1969-04-23',
  };
}

function observation(index: number): object {
  return {
    resourceType: 'Observation',
    id: `observation-${index}`,
    status: 'final',
    code: {
      coding: [{ system: 'http://hl7.org/fhir/sid/icd-10', code: 'F32.2' }],
      text: 'é "quoted" \\ \u{1F9E0}',
    },
    valueQuantity: { value: 1.5e2 + index, unit: 'mg/l' },
    contained: [{ resourceType: 'Bundle', entry: [{ resource: { resourceType: 'Basic' } }] }],
    note: [{ text: 'x'.repeat(2_000) }],
  };
}
