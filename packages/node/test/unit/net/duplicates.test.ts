import { describe, expect, it } from 'vitest';
import { DUPLICATE_LINK_MS } from '../../../src/limits.ts';
import { replaces } from '../../../src/net/duplicates.ts';

type Dialler = 'lower' | 'higher';

/** What stays at one end when connections come up in this order, `gapMs` apart. */
function kept(order: readonly Dialler[], gapMs: number): { dialler: Dialler; number: number } | undefined {
  let current: { dialler: Dialler; number: number } | undefined;
  for (const [number, dialler] of order.entries()) {
    const next = { dialler, number };
    if (current === undefined || replaces(dialler === 'lower', current.dialler === 'lower', gapMs))
      current = next;
  }
  return current;
}

describe('of two connections to one peer', () => {
  it('dialled from both ends at once, both ends keep that of the lower id in whatever order they see them', () => {
    expect(kept(['lower', 'higher'], 1)?.dialler).toBe('lower');
    expect(kept(['higher', 'lower'], 1)?.dialler).toBe('lower');
  });

  it('dialled by the same end, the newer stays', () => {
    for (const gapMs of [1, DUPLICATE_LINK_MS * 10]) {
      expect(kept(['lower', 'lower'], gapMs)?.number).toBe(1);
      expect(kept(['higher', 'higher'], gapMs)?.number).toBe(1);
    }
  });

  it('the newer stays when the other end dials long after: it has lost the older', () => {
    expect(kept(['lower', 'higher'], DUPLICATE_LINK_MS + 1)?.dialler).toBe('higher');
    expect(kept(['higher', 'lower'], DUPLICATE_LINK_MS + 1)?.dialler).toBe('lower');
  });
});
