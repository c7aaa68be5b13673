import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  advanceAll,
  advanceLight,
  decodeLightSteps,
  fromHex,
  genesisHash,
  lightGenesis,
  verifyEd25519,
} from '../../src/index.ts';
import type { LightClientVectors } from '../kit/vectors/light-client.ts';

const {
  genesis,
  genesisHash: hash,
  cases,
} = JSON.parse(readFileSync(new URL('light-client.json', import.meta.url), 'utf8')) as LightClientVectors;

const start = lightGenesis(genesis);

describe('the published vectors of light-client steps', () => {
  it('start at their genesis', () => {
    expect(genesisHash(genesis)).toBe(hash);
    expect(start).toMatchObject({ genesis: hash, height: 0, blockId: hash });
  });

  it.each(cases.filter(({ end }) => end !== null))('accept $name', ({ steps, end }) => {
    expect(advanceAll(start, decodeLightSteps(fromHex(steps)), verifyEd25519)).toMatchObject({ ...end });
  });

  it.each(cases.filter(({ end }) => end === null))('refuse $name as $code', ({ steps, code, rule }) => {
    const all = decodeLightSteps(fromHex(steps));
    const before = advanceAll(start, all.slice(0, -1), verifyEd25519);
    const last = all.at(-1);
    expect(() => advanceLight(before, last as NonNullable<typeof last>, verifyEd25519)).toThrow(
      expect.objectContaining({
        code,
        ...(rule === null ? {} : { data: expect.objectContaining({ rule }) }),
      }),
    );
  });
});
