// The reference evaluator on trial: the shipped cases, each of which names its paragraph, decided by it as they must be.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { consentFromFhir } from '@consilium/fhir/consent';
import { expect, test } from 'vitest';
import { caseOf } from '../../../core/test/kit/reference-case.ts';
import { referenceVerdict } from '../../../core/test/kit/reference-decision.ts';
import { type ConsentCase, parseConsentCases } from '../../src/consents/conformance/case-file.ts';
import {
  CASE_TAG_KEY,
  type CaseConsent,
  createCaseWorld,
  createReferences,
} from '../../src/consents/conformance/case-world.ts';
import { runConsentCase } from '../../src/consents/conformance/run-case.ts';
import { termsOfPlain } from '../../src/consents/plain-terms.ts';

const FOLDER = join(import.meta.dirname, '../../../../conformance/consent');
const cases = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .flatMap((name) => parseConsentCases(readFileSync(join(FOLDER, name), 'utf8'), name));

test('The reference evaluator decides every shipped case as its paragraph says, by the rule by which the ledger does.', async () => {
  const verdicts = await Promise.all(cases.map(verdictOf));
  const expected = await Promise.all(cases.map(runConsentCase));
  expect(cases.length).toBeGreaterThan(60);
  expect(verdicts).toEqual(expected.map(({ name, expected: decision, rule }) => ({ name, decision, rule })));
});

async function verdictOf(given: ConsentCase): Promise<object> {
  const references = createReferences();
  const consents: CaseConsent[] = [];
  for (const resource of given.consents) {
    const read = await consentFromFhir(resource).catch(() => undefined);
    for (const each of read?.consents ?? [])
      consents.push({ patient: read?.patient ?? '', terms: termsOfPlain(each, references, CASE_TAG_KEY) });
  }
  const first = given.consents[0] as { readonly patient?: { readonly reference?: string } } | undefined;
  const patient = first?.patient?.reference ?? 'Patient/of-no-consent';
  const world = createCaseWorld(given, patient, consents, references.groups);
  const { purpose, project, time } = given.request;
  const emergency =
    purpose === 'BTG' ? ({ reason: 'unconscious', second: null, worklist: null } as const) : null;
  const asked = { reader: world.reader, onBehalfOf: null, purpose, project, emergency };
  const { decision, rule } = referenceVerdict(caseOf(world.state, world.patient, asked, world.record, time));
  return { name: given.name, decision, rule };
}
