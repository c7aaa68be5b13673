import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { CONSENT_REFUSALS } from '../../src/consent/index.ts';

const root = join(import.meta.dirname, '../../../..');

it('every rule by which a consent is refused is told in docs/consent.md, and no other', () => {
  const page = readFileSync(join(root, 'docs/consent.md'), 'utf8');
  const [, table = ''] = /### Refusals\n\n((?:\|.*\n)+)/.exec(page) ?? [];
  const told = table.split('\n').flatMap((row) => row.split(' | ')[0]?.match(/(?<=`)[a-z-]+(?=`)/g) ?? []);
  expect(told).toEqual([...CONSENT_REFUSALS]);
});

it('every rule by which a consent is refused is met by a test', () => {
  const tests = readdirSync(import.meta.dirname)
    .filter((name) => /^consent-(?:import|provision|periods|round-trip)/.test(name))
    .map((name) => readFileSync(join(import.meta.dirname, name), 'utf8'))
    .join();
  for (const rule of CONSENT_REFUSALS) expect(tests).toMatch(new RegExp(`['\\s/]${rule}['\\s/]`));
});
