import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { EVENTS, type EventCode, type EventEntry } from '../../../src/observe/events.ts';

const SOURCES = fileURLToPath(new URL('../../../src', import.meta.url));
const PAGE = fileURLToPath(new URL('../../../../../docs/events.md', import.meta.url));
const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

const HEAD = `# The events of a node's log

Each line of the log is one JSON object with \`level\`, \`time\` (milliseconds since the epoch), \`code\`, and the facts of the
event: heights, rounds, ids of institutions, counts, codes of errors. No line holds a payload, a secret, or the name or the
number of a patient or clinician. Codes stay; new ones may come. \`consilium_events_total{level, code}\` counts them, logged
or not. The level below is the most severe one that a code is written with.

This page shows the table of \`packages/node/src/observe/events.ts\`; \`npx vitest run
packages/node/test/unit/observe/events.test.ts --update\` writes it anew.
`;

function pageOf(events: Readonly<Record<string, EventEntry>>): string {
  const rows = Object.entries(events).sort(([a], [b]) => (a < b ? -1 : 1));
  const lines = rows.map(
    ([code, { level, meaning, action }]) => `| \`${code}\` | ${level} | ${meaning} | ${action ?? ''} |`,
  );
  const heading = '| code | level | meaning | what to do |\n| --- | --- | --- | --- |';
  return `${HEAD}\n${heading}\n${lines.join('\n')}\n`;
}

function sources(): string {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' });
  const read = (file: string): string => readFileSync(join(SOURCES, file), 'utf8');
  return files
    .filter((file) => file.endsWith('.ts') && file !== join('observe', 'events.ts'))
    .map(read)
    .join('\n');
}

describe('the table of events', () => {
  test('is what docs/events.md shows', async () => {
    await expect(pageOf(EVENTS)).toMatchFileSnapshot(PAGE);
  });

  test('holds no code that nothing reports', () => {
    const text = sources().replaceAll(
      /`(signing\.record\.|custody\.dealer-)\$\{\w+\}`/g,
      (_, prefix: string) => (prefix === 'signing.record.' ? RECORD_CODES : DEALER_CODES),
    );
    const silent = Object.keys(EVENTS).filter((code) => !text.includes(`'${code}'`));
    expect(silent).toEqual([]);
  });

  test('names the most severe level that each code is reported with', () => {
    const reported = [...sources().matchAll(/level: '(\w+)',\s*code: '([^']+)'/g)];
    expect(reported.length).toBeGreaterThan(30);
    const wrong = reported.filter(([, level = '', code = '']) => {
      const most = LEVELS.indexOf(EVENTS[code as EventCode]?.level);
      return LEVELS.indexOf(level as (typeof LEVELS)[number]) > most;
    });
    expect(wrong.map(([text]) => text)).toEqual([]);
  });

  test('says of every warning and error what it means in one sentence', () => {
    for (const { meaning, action } of Object.values<EventEntry>(EVENTS)) {
      expect(meaning).toMatch(/^[^a-z].*\.$/);
      if (action !== undefined) expect(action).toMatch(/^\S.*\.$/);
    }
  });
});

const RECORD_CODES = "'signing.record.missing' 'signing.record.damaged' 'signing.record.imported'";
const DEALER_CODES = "'custody.dealer-false' 'custody.dealer-silent'";
