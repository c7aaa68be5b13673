// Owns: `consent conformance`: cases of consents, each with what must come out, decided by the ledger's own decider over a
// state in memory. Nothing is sent. Does not own: the form of a case and the decision (the SDK).
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type CaseVerdict,
  type ConsentCase,
  ConsiliumError,
  isConsiliumError,
  parseConsentCases,
  runConsentCase,
} from '@consilium/sdk';
import { addCommand, type Register, type Result } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { CASE_FILES_MAX } from '../limits.ts';
import { printable, table } from '../print/text.ts';
import { pathOf, readText } from '../setup/files.ts';

interface Options {
  readonly corpus?: string;
}

const SHIPPED = fileURLToPath(new URL('../../../../conformance/consent/', import.meta.url));

export const registerConsentConformance: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'conformance',
      summary: 'decide cases of FHIR consents as the ledger does, and compare with what must come out',
      examples: [
        'npx consilium consent conformance',
        'npx consilium consent conformance --corpus my-cases --json',
      ],
    },
    (command) => command.option('--corpus <folder>', 'your own cases, *.json (else the shipped ones)'),
    async (_args, { corpus }) => {
      const folder = corpus === undefined ? SHIPPED : pathOf(place.io, corpus);
      const cases = await casesIn(folder);
      const verdicts: CaseVerdict[] = [];
      for (const each of cases) verdicts.push(await decided(each));
      return shown(verdicts);
    },
  );

async function casesIn(folder: string): Promise<readonly ConsentCase[]> {
  const files = (await namesIn(folder)).filter((name) => name.endsWith('.json')).sort();
  if (files.length === 0 || files.length > CASE_FILES_MAX)
    throw new ConsiliumError('FILE_INVALID', { file: folder, rule: 'files', max: CASE_FILES_MAX });
  const cases: ConsentCase[] = [];
  for (const file of files) cases.push(...(await casesOf(join(folder, file))));
  return cases;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch {
    throw new ConsiliumError('FILE_UNREADABLE', { file: folder });
  }
}

async function casesOf(path: string): Promise<readonly ConsentCase[]> {
  const text = await readText(path);
  return naming(path, () => parseConsentCases(text, basename(path, '.json')));
}

function decided(given: ConsentCase): Promise<CaseVerdict> {
  return naming(given.name, () => runConsentCase(given));
}

/** A file that cannot be used says which it is. */
async function naming<T>(file: string, run: () => T | Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!isConsiliumError(error)) throw error;
    throw new ConsiliumError('FILE_INVALID', { ...error.data, file });
  }
}

function shown(verdicts: readonly CaseVerdict[]): Result {
  const failed = verdicts.filter(({ agrees }) => !agrees);
  const rows = verdicts.map(({ name, expected, got, rule, source, agrees }) => [
    agrees ? 'ok' : 'FAILED',
    name,
    expected,
    got,
    rule,
    source,
  ]);
  return {
    data: { cases: verdicts.length, agreed: verdicts.length - failed.length, verdicts },
    lines: [
      ...table([['', 'CASE', 'EXPECTED', 'GOT', 'BY', 'SOURCE'], ...rows]).map(printable),
      ...verdicts.flatMap(refusalLines),
      `${verdicts.length - failed.length} of ${verdicts.length} cases agree`,
    ],
    exitCode: failed.length === 0 ? EXIT.ok : EXIT.failed,
  };
}

/** Of a refused consent that nobody expected, since it explains the outcome. */
function refusalLines({ name, refused, agrees }: CaseVerdict): readonly string[] {
  if (agrees) return [];
  return refused.map(({ position, code, rule, path }) =>
    printable(`${name}: consent ${position} is refused: ${code} ${rule} at ${path}`),
  );
}
