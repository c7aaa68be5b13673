// What the IHE BALP profiles demand of an AuditEvent beyond FHIR R4, read off the published profiles (1.1.4) and written
// down here a second time, so that what we claim is held against something else than what makes it.

type Any = Record<string, unknown>;

const DCM = 'http://dicom.nema.org/resources/ontology/DCM';
const PROFILE = 'https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.';

const list = (value: unknown): Any[] => (Array.isArray(value) ? (value as Any[]) : []);
const is = (coding: unknown, system: string, code: string): boolean =>
  (coding as Any | undefined)?.['system'] === system && (coding as Any)['code'] === code;

const agents = (event: Any, system: string, code: string): Any[] =>
  list(event['agent']).filter(({ type }) =>
    list((type as Any)['coding']).some((each) => is(each, system, code)),
  );

const entities = (event: Any, code: string): Any[] =>
  list(event['entity']).filter(({ type }) =>
    is(type, 'http://terminology.hl7.org/CodeSystem/audit-entity-type', code),
  );

const patientIsNamed = (event: Any): boolean => {
  const found = entities(event, '1');
  const [patient] = found;
  return (
    found.length === 1 &&
    is(patient?.['role'], 'http://terminology.hl7.org/CodeSystem/object-role', '1') &&
    (patient?.['what'] as Any | undefined)?.['type'] === 'Patient'
  );
};

const hasOne = (found: readonly Any[], ...fields: string[]): boolean =>
  found.length === 1 && fields.every((field) => found[0]?.[field] !== undefined);

const RULES: Readonly<Record<string, readonly (readonly [string, (event: Any) => boolean])[]>> = {
  PatientRead: [
    ['type', ({ type }) => is(type, 'http://terminology.hl7.org/CodeSystem/audit-event-type', 'rest')],
    [
      'subtype',
      ({ subtype }) =>
        list(subtype).some((each) => is(each, 'http://hl7.org/fhir/restful-interaction', 'read')),
    ],
    ['action', ({ action }) => action === 'R'],
    ['outcome', ({ outcome }) => outcome === '0'],
    ['client', (event) => hasOne(agents(event, DCM, '110152'), 'who', 'network')],
    ['server', (event) => hasOne(agents(event, DCM, '110153'), 'who', 'network')],
    [
      'user',
      (event) =>
        agents(event, 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', 'IRCP').every(
          ({ requestor, network }) => requestor === true && network === undefined,
        ),
    ],
    ['data', (event) => hasOne(entities(event, '2'), 'what', 'role')],
    ['patient', patientIsNamed],
  ],
  'PrivacyDisclosure.Source': [
    ['type', ({ type }) => is(type, DCM, '110106')],
    ['action', ({ action }) => action === 'R'],
    [
      'subtype',
      ({ subtype }) =>
        list(subtype).some((each) =>
          is(each, 'http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle', 'disclose'),
        ),
    ],
    ['outcome', ({ outcome }) => outcome !== undefined],
    ['source', (event) => hasOne(agents(event, DCM, '110153'), 'who', 'network')],
    ['recipient', (event) => hasOne(agents(event, DCM, '110152'), 'who', 'network')],
    [
      'val-audit-source',
      (event) =>
        JSON.stringify(agents(event, DCM, '110153')[0]?.['who']) ===
        JSON.stringify((event['source'] as Any)['observer']),
    ],
    ['patient', patientIsNamed],
    ['entities', ({ entity }) => list(entity).length >= 2],
  ],
};

/** Names of the rules that an event breaks of the profiles that it claims. A profile that is not known here is one. */
export function balpFaults(event: Any): readonly string[] {
  const claimed = (event['meta'] as Any | undefined)?.['profile'];
  return list(claimed).flatMap((url) => {
    const name = String(url).slice(PROFILE.length);
    const rules = RULES[name];
    if (rules === undefined) return [`unknown profile ${name}`];
    return rules.filter(([, holds]) => !holds(event)).map(([rule]) => `${name}: ${rule}`);
  });
}
