import { describe, expect, it } from 'vitest';
import { FOREVER_MS } from '../../src/consent/index.ts';
import { only, permit, refused } from '../support/consents.ts';
import type { Json } from '../support/resources.ts';

const month = (year: number, ofYear: number): number => year * 12 + ofYear - 1;

describe('when', () => {
  const during = (period: Json) => only(permit({ period })).consent?.period;

  it.each<[string, Json, number, number]>([
    ['days', { start: '2026-02-01', end: '2026-02-28' }, Date.UTC(2026, 1, 1), Date.UTC(2026, 2, 1)],
    ['a month', { start: '2026-02', end: '2026-02' }, Date.UTC(2026, 1, 1), Date.UTC(2026, 2, 1)],
    ['a year', { start: '2026', end: '2026' }, Date.UTC(2026, 0, 1), Date.UTC(2027, 0, 1)],
    ['an open beginning', { end: '2026-12-31' }, 0, Date.UTC(2027, 0, 1)],
    ['an open end', { start: '2026-12-31' }, Date.UTC(2026, 11, 31), FOREVER_MS],
    [
      'a time zone',
      { start: '2016-06-23T17:02:33+10:00', end: '2016-06-23T17:32:33+10:00' },
      Date.UTC(2016, 5, 23, 7, 2, 33),
      Date.UTC(2016, 5, 23, 7, 32, 34),
    ],
    [
      'milliseconds',
      { start: '2026-01-01T00:00:00.250Z', end: '2026-01-01T00:00:00.999Z' },
      Date.UTC(2026, 0, 1, 0, 0, 0, 250),
      Date.UTC(2026, 0, 1, 0, 0, 1),
    ],
  ])('may be %s: the end is included', (_what, period, from, until) => {
    expect(during(period)).toEqual({ from, until });
  });

  it('holds for ever where nothing is said', () => {
    expect(only(permit()).consent?.period).toEqual({ from: 0, until: FOREVER_MS });
  });

  it.each<Json>([{ start: '2026-03-01', end: '2026-02-01' }, { start: 'yesterday' }, {}])(
    'is refused for %j',
    (period) => {
      expect(refused(permit({ period }))).toMatch(/^CONSENT_NOT_EXPRESSIBLE period /);
    },
  );

  const about = (type: string, dataPeriod: Json) => {
    const { rule, notes } = only({ type, dataPeriod });
    return [rule?.dataPeriod?.from, rule?.dataPeriod?.until, notes[0]?.effect];
  };

  it.each<[Json, number, number, number, number, string | undefined]>([
    [
      { start: '2022-01', end: '2022-12' },
      month(2022, 1),
      month(2022, 12),
      month(2022, 1),
      month(2022, 12),
      undefined,
    ],
    [
      { start: '2022-01-01', end: '2022-12-31' },
      month(2022, 1),
      month(2022, 12),
      month(2022, 1),
      month(2022, 12),
      undefined,
    ],
    [
      { start: '2022', end: '2022' },
      month(2022, 1),
      month(2022, 12),
      month(2022, 1),
      month(2022, 12),
      undefined,
    ],
    [
      { start: '2022-01-15', end: '2022-03-10' },
      month(2022, 2),
      month(2022, 2),
      month(2022, 1),
      month(2022, 3),
      'x',
    ],
    [
      { start: '2022-01-01', end: '2022-12-30' },
      month(2022, 1),
      month(2022, 11),
      month(2022, 1),
      month(2022, 12),
      'x',
    ],
    [
      { start: '2022-01-31T23:30:00-11:00', end: '2022-03-31T23:59:59Z' },
      month(2022, 2),
      month(2022, 3),
      month(2022, 1),
      month(2022, 3),
      'x',
    ],
    [{ start: '2022-05' }, month(2022, 5), 119_999, month(2022, 5), 119_999, undefined],
    [{ end: '2022-05' }, 0, month(2022, 5), 0, month(2022, 5), undefined],
  ])(
    'data was made, %j, permits months wholly inside and denies those touched',
    (period, first, last, from, until, noted) => {
      expect(about('permit', period)).toEqual([first, last, noted === undefined ? undefined : 'narrowed']);
      expect(about('deny', period)).toEqual([from, until, noted === undefined ? undefined : 'widened']);
    },
  );

  it('data was made inside one month permits nothing, and says so', () => {
    expect(refused(permit({ dataPeriod: { start: '2022-03-05', end: '2022-03-20' } }))).toBe(
      'CONSENT_NOT_EXPRESSIBLE data-period Consent.provision.dataPeriod',
    );
    expect(about('deny', { start: '2022-03-05', end: '2022-03-20' })).toEqual([
      month(2022, 3),
      month(2022, 3),
      'widened',
    ]);
  });
});
