import { readFileSync } from 'node:fs';
import { ERRORS } from '@consilium/core';
import { describe, expect, test } from 'vitest';
import { SETTING_NAMES } from '../../../src/config/settings.ts';

const read = (name: string): string =>
  readFileSync(new URL(`../../../../../docs/${name}`, import.meta.url), 'utf8');

describe('docs/operate.md and its pages', () => {
  test('names every setting in its table, in the order of the file', () => {
    const [, section = ''] = read('operate/node.md').split('\n## Settings\n');
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
    const [, table = ''] = read('operate.md').split('\n## What it says, and what to do\n');
    const codes = [...table.matchAll(/`([A-Z][A-Z0-9]*_[A-Z0-9_]+|DIVERGED)`/g)].map(
      ([, code]) => code ?? '',
    );
    expect(codes.length).toBeGreaterThan(15);
    expect(codes.filter((code) => !readiness.includes(code) && !Object.hasOwn(ERRORS, code))).toEqual([]);
  });
});
