// Owns: a FHIR R4 bundle of an invented lifetime, a pure function of a seed and a size: the shipped sample, and larger
// ones for tests. Does not own: reading bundles (the SDK).
import { sha256, toHex, utf8 } from '@consilium/core';
import {
  ALLERGIES,
  CONDITIONS,
  type Coded,
  MEDICATIONS,
  NOTES,
  OBSERVATIONS,
  PERSON,
  PSYCHIATRIC_CONDITIONS,
  THERAPY_NOTES,
  VACCINES,
} from './person.ts';

export interface SampleOptions {
  /** How many resources, the patient included; at least 1. */
  readonly resources: number;
  readonly seed: string;
}

type Resource = Readonly<Record<string, unknown>>;

/** Draws that depend on the seed and the place alone. */
interface Draw {
  below(bound: number): number;
  pick<T>(items: readonly T[]): T;
  id(): string;
}

/** The bundle as JSON text with two spaces of indent, the same bytes for the same options. */
export function sampleBundle({ resources, seed }: SampleOptions): string {
  const patient = patientOf(drawFor(seed, 0));
  const others = Array.from({ length: Math.max(0, resources - 1) }, (_, index) =>
    resourceAt(index, drawFor(seed, index + 1), `urn:uuid:${patient['id']}`),
  );
  const entry = [patient, ...others].map((resource) => ({ fullUrl: `urn:uuid:${resource['id']}`, resource }));
  return `${JSON.stringify({ resourceType: 'Bundle', type: 'collection', entry }, null, 2)}\n`;
}

function drawFor(seed: string, place: number): Draw {
  let counter = 0;
  const bytes = (): Uint8Array => {
    counter += 1;
    return sha256(utf8(`consilium sample ${seed} ${place} ${counter}`));
  };
  const below = (bound: number): number => new DataView(bytes().buffer).getUint32(0) % bound;
  return {
    below,
    pick: (items) => items[below(items.length)] as (typeof items)[number],
    id: () => toHex(bytes()).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5'),
  };
}

function patientOf(draw: Draw): Resource {
  const { family, given, birthDate, line, city, postalCode, phone, identifier, identifierSystem } = PERSON;
  return {
    resourceType: 'Patient',
    id: draw.id(),
    identifier: [{ system: identifierSystem, value: identifier }],
    name: [{ use: 'official', family, given }],
    telecom: [{ system: 'phone', value: phone }],
    gender: 'female',
    birthDate,
    address: [{ line: [line], city, postalCode }],
  };
}

type Maker = (draw: Draw, subject: string) => Resource;

const MAKERS: readonly Maker[] = [
  encounter,
  observation,
  observation,
  observation,
  condition,
  observation,
  medicationRequest,
  observation,
  immunization,
  observation,
  documentReference,
  allergy,
  psychiatricCondition,
  psychotherapyNote,
];

function resourceAt(index: number, draw: Draw, subject: string): Resource {
  return (MAKERS[index % MAKERS.length] as Maker)(draw, subject);
}

function momentOf(draw: Draw): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = `${2005 + draw.below(20)}-${two(1 + draw.below(12))}-${two(1 + draw.below(28))}`;
  return `${date}T${two(7 + draw.below(11))}:${two(draw.below(60))}:${two(draw.below(60))}Z`;
}

function coded(system: string, { code, display }: Coded): Resource {
  return { coding: [{ system, code, display }], text: display };
}

const SNOMED = 'http://snomed.info/sct';
const LOINC = 'http://loinc.org';

function encounter(draw: Draw, subject: string): Resource {
  const start = momentOf(draw);
  return {
    resourceType: 'Encounter',
    id: draw.id(),
    status: 'finished',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
    subject: { reference: subject },
    period: { start, end: start.replace(/T.*/, 'T18:00:00Z') },
  };
}

function observation(draw: Draw, subject: string): Resource {
  const kind = draw.pick(OBSERVATIONS);
  const steps = 10 * (kind.high - kind.low);
  const value = Number((kind.low + draw.below(Math.floor(steps) + 1) / 10).toFixed(1));
  return {
    resourceType: 'Observation',
    id: draw.id(),
    status: 'final',
    category: [
      {
        coding: [
          { system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'laboratory' },
        ],
      },
    ],
    code: coded(LOINC, kind),
    subject: { reference: subject },
    effectiveDateTime: momentOf(draw),
    valueQuantity: { value, unit: kind.unit, system: 'http://unitsofmeasure.org', code: kind.unit },
  };
}

function condition(draw: Draw, subject: string): Resource {
  return {
    resourceType: 'Condition',
    id: draw.id(),
    clinicalStatus: {
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'active' }],
    },
    code: coded(SNOMED, draw.pick(CONDITIONS)),
    subject: { reference: subject },
    onsetDateTime: momentOf(draw),
  };
}

/** Sensitive by its code. */
function psychiatricCondition(draw: Draw, subject: string): Resource {
  return { ...condition(draw, subject), code: coded(SNOMED, draw.pick(PSYCHIATRIC_CONDITIONS)) };
}

/** Sensitive by its label: nobody but its author may read it without an authorization of its own. */
function psychotherapyNote(draw: Draw, subject: string): Resource {
  const security = [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'PSYTHPN' }];
  return {
    ...documentReference(draw, subject),
    meta: { security },
    type: coded(LOINC, { code: '68609-7', display: 'Hospital Psychology Note' }),
    description: draw.pick(THERAPY_NOTES),
  };
}

function medicationRequest(draw: Draw, subject: string): Resource {
  return {
    resourceType: 'MedicationRequest',
    id: draw.id(),
    status: 'active',
    intent: 'order',
    medicationCodeableConcept: coded('http://www.nlm.nih.gov/research/umls/rxnorm', draw.pick(MEDICATIONS)),
    subject: { reference: subject },
    authoredOn: momentOf(draw),
    dosageInstruction: [{ text: `${1 + draw.below(2)} in the morning with water` }],
  };
}

function immunization(draw: Draw, subject: string): Resource {
  return {
    resourceType: 'Immunization',
    id: draw.id(),
    status: 'completed',
    vaccineCode: coded('http://hl7.org/fhir/sid/cvx', draw.pick(VACCINES)),
    patient: { reference: subject },
    occurrenceDateTime: momentOf(draw),
  };
}

function documentReference(draw: Draw, subject: string): Resource {
  const note = draw.pick(NOTES);
  return {
    resourceType: 'DocumentReference',
    id: draw.id(),
    status: 'current',
    type: coded(LOINC, { code: '34117-2', display: 'History and physical note' }),
    subject: { reference: subject },
    date: momentOf(draw),
    description: note,
    content: [{ attachment: { contentType: 'text/plain', title: `Visit note ${draw.below(9000) + 1000}` } }],
  };
}

function allergy(draw: Draw, subject: string): Resource {
  return {
    resourceType: 'AllergyIntolerance',
    id: draw.id(),
    clinicalStatus: {
      coding: [
        { system: 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical', code: 'active' },
      ],
    },
    code: coded(SNOMED, draw.pick(ALLERGIES)),
    patient: { reference: subject },
    recordedDate: momentOf(draw),
  };
}
