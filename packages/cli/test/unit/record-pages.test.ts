// The pages for clerks, patients and privacy officers: every command on them exists as it is written.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { commandsIn } from '../support/page-commands.ts';

test.each(['audit.md', 'compliance.md', 'consent.md', 'records.md'])(
  'docs/%s names no command and no option that does not exist',
  (name) => {
    const page = readFileSync(fileURLToPath(new URL(`../../../../docs/${name}`, import.meta.url)), 'utf8');
    const commands = commandsIn(page);
    expect(commands.length).toBeGreaterThan(1);
    expect(commands.flatMap(({ wrong }) => wrong)).toEqual([]);
  },
);
