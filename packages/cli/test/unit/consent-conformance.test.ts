import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CASES_PER_FILE_MAX } from '../../../sdk/src/limits.ts';
import { createDesk, type Desk } from '../support/desk.ts';

const shipped = join(import.meta.dirname, '../../../../conformance/consent');

// biome-ignore lint/suspicious/noExplicitAny: a file of cases is looked at as it is
type Json = any;

const files: readonly Json[] = readdirSync(shipped).map((name) =>
  JSON.parse(readFileSync(join(shipped, name), 'utf8')),
);

const consent = {
  resourceType: 'Consent',
  status: 'active',
  scope: {
    coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }],
  },
  category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
  patient: { reference: 'Patient/p' },
  policy: [{ uri: 'http://example.org/policy' }],
  provision: {
    type: 'permit',
    purpose: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'TREAT' }],
  },
};
const one = (wish: Json = {}): Json => ({
  consents: [consent],
  policy: 'Policy-deny',
  request: {
    actor: 'Practitioner/x',
    role: 'doctor',
    groups: [],
    purpose: 'TREAT',
    time: '2026-06-01T00:00:00Z',
  },
  resource: {
    category: 'laboratory',
    labels: [],
    confidentiality: 'N',
    month: '2026-05',
    author: 'Organization/b',
    id: 'Observation/1',
  },
  expect: 'permit',
  source: 'FHIR R4 Consent.provision.purpose',
  ...wish,
});

let desk: Desk;
const put = (content: unknown): string =>
  desk.write('case.json', typeof content === 'string' ? content : JSON.stringify(content));
const run = (...more: string[]) => desk.run('consent', 'conformance', '--corpus', '.', ...more);

beforeEach(() => {
  desk = createDesk();
});
afterEach(() => desk[Symbol.dispose]());

describe('consent conformance', () => {
  test('decides every shipped case as its paragraph says', async () => {
    const { stdout, exitCode } = await desk.run('consent', 'conformance', '--json');
    const { cases, agreed, verdicts } = JSON.parse(stdout);
    expect(verdicts.filter(({ agrees }: Json) => !agrees)).toEqual([]);
    expect([cases, agreed, exitCode]).toEqual([files.length, files.length, 0]);
  });

  test('prints expected and got of each case', async () => {
    put(one());
    const { stdout, exitCode } = await run();
    expect(stdout).toMatch(/^ok +case +permit +permit +consent +FHIR R4 Consent\.provision\.purpose$/m);
    expect(stdout).toMatch(/^1 of 1 cases agree$/m);
    expect(exitCode).toBe(0);
  });

  test('ends with 1 when one case comes out otherwise, and says which', async () => {
    put([one(), one({ expect: 'deny' })]);
    const { stdout, exitCode } = await run();
    expect(stdout).toMatch(/^FAILED +case\[1\] +deny +permit +consent /m);
    expect(stdout).toMatch(/^1 of 2 cases agree$/m);
    expect(exitCode).toBe(1);
  });

  test('a consent that cannot be held permits nothing, and the case may say that it must be refused', async () => {
    const unheld = { ...consent, provision: { ...consent.provision, code: [{ text: 'whatever' }] } };
    put(one({ consents: [unheld], expect: 'deny', refused: ['0 code'] }));
    expect((await run()).exitCode).toBe(0);
    put(one({ consents: [unheld], expect: 'deny', refused: [] }));
    const { stdout, exitCode } = await run();
    expect(stdout).toMatch(
      /^case: consent 0 is refused: CONSENT_NOT_EXPRESSIBLE code at Consent\.provision\.code\[0\]$/m,
    );
    expect(exitCode).toBe(1);
    put(one({ consents: [{ ...consent, provision: { typ: 'permit' } }], expect: 'permit' }));
    expect((await run()).stdout).toMatch(
      /^case: consent 0 is refused: RESOURCE_INVALID unknown-property at /m,
    );
  });

  test.each<[string, unknown]>([
    ['json', '{'],
    ['whole', [7]],
    ['cases', []],
    ['cases', Array.from({ length: CASES_PER_FILE_MAX + 1 }, () => one())],
    ['source', one({ source: undefined })],
    ['consents', one({ consents: consent })],
    ['consents', one({ consents: Array.from({ length: 65 }, () => consent) })],
    ['policy', one({ policy: 'Policy-maybe' })],
    ['request', one({ request: 'x' })],
    ['actor', one({ request: { purpose: 'TREAT', time: 0 } })],
    ['request.purpose', one({ request: { actor: 'x', purpose: 'FUN', time: 0 } })],
    ['request.time', one({ request: { actor: 'x', purpose: 'TREAT', time: 'noon' } })],
    ['role', one({ request: { actor: 'x', purpose: 'TREAT', time: 0, role: 'wizard' } })],
    ['groups', one({ request: { actor: 'x', purpose: 'TREAT', time: 0, groups: 'Group/a' } })],
    [
      'request: one name is unknown',
      one({ request: { actor: 'x', purpose: 'TREAT', time: 0, reason: 'y' } }),
    ],
    ['resource: one name is unknown', one({ resource: { level: 'N' } })],
    ['resource.labels', one({ resource: { labels: ['UNHEARD'] } })],
    ['confidentiality', one({ resource: { confidentiality: 'secret' } })],
    ['resource.month', one({ resource: { month: '2026-13' } })],
    ['expect', one({ expect: 'maybe' })],
    ['refused', one({ refused: 'all' })],
  ])('ends with 78 for a file that cannot be used: %s', async (rule, content) => {
    put(content);
    const { stderr, exitCode } = await run('--json');
    expect(stderr).toMatch(/^FILE_INVALID: /);
    expect(stderr).toContain(rule);
    expect(exitCode).toBe(78);
  });

  test('ends with 78 for a folder that is none, and for one without cases', async () => {
    expect((await desk.run('consent', 'conformance', '--corpus', 'nowhere')).stderr).toMatch(
      /^FILE_UNREADABLE/,
    );
    expect(await run()).toMatchObject({ exitCode: 78, stderr: expect.stringMatching(/^FILE_INVALID/) });
  });

  test('takes PCF’s own names of policies, a request from a group, and a month as a number', async () => {
    const given = one({ policy: 'https://profiles.ihe.net/ITI/PCF/Policy-basic-normal', consents: [] });
    put({ ...given, resource: { ...given.resource, month: 24_317 } });
    expect((await run()).exitCode).toBe(0);
  });

  test.each<[string, Json, string]>([
    ['the patient', { actor: 'anna', role: 'patient', purpose: 'PATRQT' }, 'own'],
    ['the patient', { actor: 'Patient/p', purpose: 'PATRQT' }, 'own'],
    ['another patient', { actor: 'Patient/q', purpose: 'PATRQT' }, 'no-consent'],
    ['a relative', { actor: 'RelatedPerson/r', purpose: 'PATRQT' }, 'no-consent'],
    ['a clinician', { actor: 'keller', role: 'clinician', purpose: 'TREAT' }, 'consent'],
    ['an institution', { actor: 'Organization/b', purpose: 'TREAT' }, 'author'],
    ['an institution', { actor: { reference: 'Organization/c' }, purpose: 'TREAT' }, 'consent'],
    ['an institution', { actor: 'inselspital', role: 'institution', purpose: 'BTG' }, 'emergency-privilege'],
  ])('asks as %s: %j', async (_who, request, rule) => {
    put(one({ request: { time: 1_780_000_000_000, ...request } }));
    const { stdout } = await run('--json');
    expect(JSON.parse(stdout).verdicts[0].rule).toBe(rule);
  });
});

describe('the shipped cases', () => {
  test('are at least sixty, twelve of them nested, each with the paragraph that it comes from', () => {
    expect(files.length).toBeGreaterThanOrEqual(60);
    const nested = files.filter(({ consents }) => consents.some((each: Json) => each.provision?.provision));
    expect(nested.length).toBeGreaterThanOrEqual(12);
    for (const { source } of files) expect(source).toMatch(/^(?:IHE PCF |HL7 |FHIR R4 |45 CFR |42 CFR )/);
  });

  test('hold all of HL7’s R4 examples, and all four implicit policies, both ways', () => {
    const ids = new Set(files.flatMap(({ consents }) => consents.map((each: Json) => each.id ?? '')));
    const examples =
      'Emergency Out basic grantor notAuthor notOrg notThem notThis notTime pkb signature smartonfhir';
    for (const name of examples.split(' ')) expect(ids).toContain(`consent-example-${name}`);
    const outcomes = new Set(files.map(({ policy, expect: outcome }) => `${policy} ${outcome}`));
    for (const policy of ['all-normal', 'basic-normal', 'break-glass-only', 'deny'])
      for (const outcome of ['permit', 'deny']) expect(outcomes).toContain(`Policy-${policy} ${outcome}`);
  });
});
