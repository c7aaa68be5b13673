import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkResource, requireValid } from '../../src/index.ts';
import {
  bundle,
  coded,
  condition,
  type Json,
  medicationRequest,
  observation,
  patient,
  sampleBundle,
} from '../support/resources.ts';

const extension = { url: 'http://example.org/x', valueString: 'y' };

const composition: Json = {
  resourceType: 'Composition',
  status: 'final',
  type: coded('http://loinc.org', '11503-0'),
  date: '2020-01-01',
  author: [{ reference: 'Practitioner/1' }],
  title: 'Summary',
};

function nested(levels: number): Json {
  let inner: Json = extension;
  for (let level = 0; level < levels; level++) inner = { url: 'http://example.org/x', extension: [inner] };
  return inner;
}

describe('a valid resource', () => {
  it('has no findings, whatever in the sample bundle it is', async () => {
    const sample = sampleBundle();
    for (const { resource } of sample.entry) expect(await checkResource(resource)).toEqual([]);
    expect(await checkResource(sample)).toEqual([]);
    await requireValid(sample);
  });

  it.each<[string, Json]>([
    ['a code left out for a reason', patient({ gender: undefined, _gender: { extension: [extension] } })],
    [
      'a reference to a contained resource',
      observation({ contained: [patient({ id: 'a' })], subject: { reference: '#a' } }),
    ],
    ['a reference by identifier alone', observation({ subject: { identifier: { value: '7' } } })],
    [
      'a range in two units',
      observation({
        valueQuantity: undefined,
        valueRange: { low: { value: 2, unit: 'h' }, high: { value: 1, unit: 'd' } },
      }),
    ],
    [
      'a document that begins with its composition',
      bundle([composition, patient()], {
        type: 'document',
        identifier: { system: 'http://example.org', value: '1' },
        timestamp: '2020-01-01T00:00:00Z',
      }),
    ],
    ['white space in base64', { resourceType: 'Binary', contentType: 'text/plain', data: 'aGVs\n bG8=' }],
    [
      'a nested provision',
      {
        resourceType: 'Consent',
        status: 'active',
        scope: { text: 'privacy' },
        category: [{ text: 'privacy' }],
        policyRule: { text: 'opt-in' },
        provision: { type: 'permit', provision: [{ type: 'deny', provision: [{ type: 'permit' }] }] },
      },
    ],
  ])('has none with %s', async (_, resource) => {
    expect(await checkResource(JSON.parse(JSON.stringify(resource)))).toEqual([]);
  });
});

describe('a resource that is not valid', () => {
  it.each<[string, Json, string, string]>([
    ['lacks what it must have', observation({ code: undefined }), 'required', 'Observation.code'],
    ['has one value for a list', patient({ name: { family: 'X' } }), 'array', 'Patient.name'],
    ['has a list for one value', patient({ gender: ['male'] }), 'single', 'Patient.gender'],
    ['has a number for a text', patient({ birthDate: 1980 }), 'json-type', 'Patient.birthDate'],
    [
      'has an object for a text',
      patient({ gender: { extension: [extension] } }),
      'json-type',
      'Patient.gender',
    ],
    ['has a day that is none', patient({ birthDate: '1980-02-30' }), 'format', 'Patient.birthDate'],
    ['has an id with a blank', patient({ id: 'a b' }), 'format', 'Patient.id'],
    ['has an empty list', patient({ name: [] }), 'empty', 'Patient.name'],
    ['has an empty text', patient({ name: [{ family: '' }] }), 'empty', 'Patient.name[0].family'],
    ['has a null', patient({ gender: null }), 'empty', 'Patient.gender'],
    ['has two values of one choice', observation({ valueString: 'x' }), 'choice', 'Observation'],
    [
      'has bad base64',
      { resourceType: 'Binary', contentType: 'text/plain', data: 'abc' },
      'format',
      'Binary.data',
    ],
    ['breaks an invariant', observation({ dataAbsentReason: { text: 'x' } }), 'obs-6', 'Observation'],
    ['breaks one of an element', patient({ contact: [{ gender: 'male' }] }), 'pat-1', 'Patient.contact[0]'],
    [
      'ends before it starts',
      {
        resourceType: 'Encounter',
        status: 'finished',
        class: { code: 'AMB' },
        period: { start: '2020-02-02', end: '2020-02-01' },
      },
      'per-1',
      'Encounter.period',
    ],
    [
      'points to a contained resource that is not there',
      observation({ subject: { reference: '#gone' } }),
      'ref-1',
      'Observation.subject',
    ],
    [
      'contains one that breaks its own invariant',
      observation({
        contained: [{ resourceType: 'Organization', id: 'a' }],
        performer: [{ reference: '#a' }],
      }),
      'org-1',
      'Observation.contained[0]',
    ],
    ['has a code of no list', observation({ status: 'done' }), 'required-binding', 'Observation.status'],
    [
      'has a code of no list, deep inside',
      patient({ name: [{ use: 'pet', family: 'X' }] }),
      'required-binding',
      'Patient.name[0].use',
    ],
    [
      'has a concept of another system',
      condition({ clinicalStatus: coded('http://example.org', 'active') }),
      'required-binding',
      'Condition.clinicalStatus',
    ],
    [
      'has a concept in words where a code is required',
      condition({ clinicalStatus: { text: 'active' } }),
      'required-binding',
      'Condition.clinicalStatus',
    ],
    [
      'orders without an intent of the list',
      medicationRequest({ intent: 'wish' }),
      'required-binding',
      'MedicationRequest.intent',
    ],
  ])('%s', async (_, resource, rule, path) => {
    expect(await checkResource(JSON.parse(JSON.stringify(resource)))).toContainEqual({ path, rule });
  });

  it('is found in a bundle by its position', async () => {
    const findings = await checkResource(bundle([patient(), observation({ status: 'done' })]));
    expect(findings).toEqual([{ path: 'Bundle.entry[1].resource.status', rule: 'required-binding' }]);
  });

  it('is a bundle when the bundle breaks an invariant that looks into its entries', async () => {
    const same = { fullUrl: 'http://example.org/Patient/1', resource: patient() };
    const document = bundle([], {
      type: 'document',
      identifier: { system: 'http://example.org', value: '1' },
      timestamp: '2020-01-01T00:00:00Z',
      entry: [same, same],
    });
    const rules = (await checkResource(document)).map(({ rule }) => rule);
    expect(rules).toContain('bdl-7');
    expect(rules).toContain('bdl-11');
  });

  it('keeps contained resources of one entry from another', async () => {
    const owner = observation({ contained: [patient({ id: 'a' })], subject: { reference: '#a' } });
    const other = observation({ subject: { reference: '#a' } });
    expect(await checkResource(bundle([owner, other]))).toEqual([
      { path: 'Bundle.entry[1].resource.subject', rule: 'ref-1' },
    ]);
  });

  it('is told of once, whoever saw it', async () => {
    for (const [resource, finding] of [
      [patient({ name: [] }), { path: 'Patient.name', rule: 'empty' }],
      [patient({ Meier: 1, Schulz: 2 }), { path: 'Patient', rule: 'unknown-property' }],
      [patient({ gender: 5 }), { path: 'Patient.gender', rule: 'json-type' }],
      [
        patient({ extension: [{ url: 'http://example.org/x' }] }),
        { path: 'Patient.extension[0]', rule: 'ext-1' },
      ],
    ]) {
      expect(await checkResource(resource)).toEqual([finding]);
    }
  });

  it('is refused with the first finding', async () => {
    await expect(requireValid(observation({ status: 'done' }))).rejects.toMatchObject({
      code: 'RESOURCE_INVALID',
      data: { path: 'Observation.status', rule: 'required-binding', findings: 1 },
    });
  });

  it('is refused with a code of its own when its type is not taken, at any depth', async () => {
    for (const resource of [
      { resourceType: 'Smoke' },
      bundle([{ resourceType: 'CapabilityStatement' }]),
      observation({ contained: [{ resourceType: 'Chart' }] }),
    ]) {
      await expect(requireValid(resource)).rejects.toMatchObject({ code: 'RESOURCE_TYPE_UNKNOWN' });
    }
  });
});

describe('what is told of a resource', () => {
  it('never has a text of it, not even the name of a property', async () => {
    const secret = 'Meier';
    const resource = {
      ...patient({
        gender: secret,
        birthDate: secret,
        [secret]: { [secret]: null },
        name: [{ [secret]: [secret, null] }],
      }),
      contact: [{ [`_${secret}`]: secret }],
    };
    const findings = await checkResource(resource);
    expect(findings.length).toBeGreaterThan(3);
    expect(JSON.stringify(findings)).not.toContain(secret);
    expect(findings).toContainEqual({ path: 'Patient', rule: 'unknown-property' });
  });

  it('is told of 100 places at most', async () => {
    const name = Array.from({ length: 300 }, () => ({ use: 'pet', family: 'X' }));
    expect(await checkResource(patient({ name }))).toHaveLength(100);
  });
});

describe('whatever is no resource', () => {
  it('is refused without a stack overflow when it is nested deeply', async () => {
    expect(await checkResource(patient({ extension: [nested(10_000)] }))).toEqual([
      { path: 'Patient', rule: 'depth' },
    ]);
  });

  it('is refused when it bears names of the language', async () => {
    for (const name of ['constructor', 'valueOf', '__proto__', 'toString']) {
      const resource = JSON.parse(JSON.stringify(patient()).replace('{', `{"${name}":{"a":1},`));
      expect(await checkResource(resource)).toEqual([{ path: 'Patient', rule: 'unknown-property' }]);
    }
  });

  it('is a resource where FHIR has none', async () => {
    const resource = observation({ subject: { resourceType: 'Patient', reference: 'Patient/1' } });
    expect(await checkResource(resource)).toEqual([{ path: 'Observation', rule: 'unknown-property' }]);
  });

  it('gets findings and never an exception', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        expect((await checkResource(value)).length).toBeGreaterThan(0);
      }),
    );
  });

  it('gets no exception either when a part of a valid resource is replaced', async () => {
    const resources = [observation(), condition(), patient(), medicationRequest(), bundle([patient()])];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...resources),
        fc.nat(),
        fc.jsonValue(),
        async (resource, position, value) => {
          const keys = Object.keys(resource);
          const key = keys[position % keys.length] ?? '';
          expect(Array.isArray(await checkResource({ ...resource, [key]: value }))).toBe(true);
        },
      ),
    );
  });
});
