import { readFileSync } from 'node:fs';
import { documentsOfBundle } from '@consilium/sdk';
import { describe, expect, it } from 'vitest';
import { sampleBundle } from '../../src/sample/bundle.ts';

const SHIPPED = [
  ['bundle.json', { resources: 60, seed: 'sample' }],
  ['castle-hill.json', { resources: 24, seed: 'castle-hill' }],
] as const;

describe('the sample bundle', () => {
  it.each(SHIPPED)('%s is what the command in its README makes', (name, options) => {
    const shipped = new URL(`../../../../devnet/sample/${name}`, import.meta.url);
    expect(readFileSync(shipped, 'utf8')).toBe(sampleBundle(options));
  });

  it('is a FHIR bundle whose resources all speak of its one patient', () => {
    const resources = documentsOfBundle(sampleBundle({ resources: 200, seed: 'any' })).map(
      (bytes) => JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>,
    );
    expect(resources).toHaveLength(200);
    const [patient, ...others] = resources;
    expect(patient?.['resourceType']).toBe('Patient');
    for (const resource of others) {
      const subject = (resource['subject'] ?? resource['patient']) as { reference: string };
      expect(subject.reference).toBe(`urn:uuid:${String(patient?.['id'])}`);
    }
    expect(new Set(resources.map((resource) => resource['id'])).size).toBe(200);
  });

  it('differs with the seed, and grows without changing what was there', () => {
    expect(sampleBundle({ resources: 5, seed: 'a' })).not.toBe(sampleBundle({ resources: 5, seed: 'b' }));
    const first = documentsOfBundle(sampleBundle({ resources: 5, seed: 'a' }));
    const grown = documentsOfBundle(sampleBundle({ resources: 9, seed: 'a' }));
    expect(grown.slice(0, 5)).toEqual(first);
  });
});
