import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { GENERATED, toJson } from '../kit/vectors/index.ts';

describe('the generated vectors', () => {
  it.each(Object.keys(GENERATED))('in %s are what scripts/make-vectors.ts writes', (file) => {
    const written = readFileSync(new URL(file, import.meta.url), 'utf8');
    expect(written === toJson(GENERATED[file]?.())).toBe(true);
  });
});
