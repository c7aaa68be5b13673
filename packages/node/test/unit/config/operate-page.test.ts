import { readFileSync } from 'node:fs';
import { ERRORS } from '@consilium/core';
import { describe, expect, test } from 'vitest';
import { SETTING_NAMES } from '../../../src/config/settings.ts';

const page = readFileSync(new URL('../../../../../docs/operate.md', import.meta.url), 'utf8');

describe('docs/operate.md', () => {
  test('names every setting in its table, in the order of the file', () => {
    const [, section = ''] = page.split('\n## Settings\n');
    const [table = ''] = section.split('\n## ');
    const named = [...table.matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name);
    expect(named).toEqual(SETTING_NAMES);
  });

  test('says what to do about codes that exist', () => {
    const readiness = [
      'CLOCK_OFF',
      'DISK_LOW',
      'DIVERGED',
      'NOT_SIGNING',
      'NOT_SYNCED',
      'QUORUM_UNREACHABLE',
    ];
    const [, table = ''] = page.split('\n## What to do when\n');
    const codes = [...table.matchAll(/`([A-Z][A-Z0-9]*_[A-Z0-9_]+|DIVERGED)`/g)].map(
      ([, code]) => code ?? '',
    );
    expect(codes.length).toBeGreaterThan(15);
    expect(codes.filter((code) => !readiness.includes(code) && !Object.hasOwn(ERRORS, code))).toEqual([]);
  });
});
