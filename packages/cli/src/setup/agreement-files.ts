// Owns: the terms of a data-use agreement: read from a file, accepted by the patient one by one, kept in a secret file with
// their salts. Does not own: their digests (the SDK), the consent that bears them.
import { AGREEMENT_TERMS_MAX, CODE_LENGTH_MAX, isCode } from '@consilium/core';
import { type AgreementFile, createAgreement, formatAgreement, type Hex32 } from '@consilium/sdk';
import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { printable } from '../print/text.ts';
import { asUsage, integerOf, usage } from '../usage.ts';
import { pathOf, readText, SECRET_MODE, writeNew } from './files.ts';

export interface AgreementOptions {
  readonly agreement?: string;
  readonly terms?: string;
  readonly accept?: string;
  readonly agreementOut?: string;
}

export function addAgreementOptions(command: Command): Command {
  return command
    .option('--agreement <project>', 'under a data-use agreement for this project or claim; with --terms')
    .option('--terms <file>', 'its terms, with an empty line between them; each is accepted by itself')
    .option('--accept <numbers>', 'which of them, as 1,2,4 or all (default: asks for each)')
    .option(
      '--agreement-out <file>',
      'where to keep the accepted terms, in secret (default: agreement-PROJECT.json)',
    );
}

export interface KeptAgreement {
  readonly file: AgreementFile;
  readonly path: string;
}

/** Written before anything is sent: without the salts nobody could say what was accepted. */
export async function keptAgreement(
  io: Io,
  owner: { readonly genesis: Hex32; readonly patient: Hex32 },
  options: AgreementOptions,
): Promise<KeptAgreement | undefined> {
  const { agreement: project, terms } = options;
  if (project === undefined && terms === undefined) return undefined;
  if (project === undefined || terms === undefined) throw usage('--agreement and --terms go together');
  if (!isCode(project))
    throw usage(
      `--agreement is a code of at most ${CODE_LENGTH_MAX} letters and digits, joined by dots or hyphens`,
    );
  const texts = termsIn(await readText(pathOf(io, terms)));
  const accepted = await acceptedOf(io, texts, options.accept);
  const file = asUsage('terms', () => createAgreement({ ...owner, project }, accepted));
  const path = pathOf(io, options.agreementOut ?? `agreement-${project}.json`);
  await writeNew(path, formatAgreement(file), SECRET_MODE);
  return { file, path };
}

function termsIn(text: string): readonly string[] {
  const terms = text
    .split(/\n[ \t\r]*\n/)
    .map((part) => part.trim().replaceAll(/\s+/g, ' '))
    .filter((part) => part !== '');
  if (terms.length === 0 || terms.length > AGREEMENT_TERMS_MAX)
    throw usage(`--terms holds 1 to ${AGREEMENT_TERMS_MAX} terms, with an empty line between them`);
  return terms;
}

async function acceptedOf(
  io: Io,
  texts: readonly string[],
  accept: string | undefined,
): Promise<readonly string[]> {
  const accepted = accept === undefined ? await asked(io, texts) : chosen(texts, accept);
  if (accepted.length === 0) throw usage('no term was accepted: there is no agreement');
  return accepted;
}

function chosen(texts: readonly string[], accept: string): readonly string[] {
  if (accept === 'all') return texts;
  const numbers = accept.split(',').map((part) => integerOf(part.trim(), '--accept', 1));
  if (numbers.some((number) => number > texts.length))
    throw usage(`--accept: there are ${texts.length} terms`);
  return texts.filter((_, at) => numbers.includes(at + 1));
}

async function asked(io: Io, texts: readonly string[]): Promise<readonly string[]> {
  if (io.ask === undefined)
    throw usage('nobody is there to be asked: say which terms with --accept 1,2 or all');
  const accepted: string[] = [];
  for (const [at, text] of texts.entries()) {
    const answer = await io.ask(
      `${at + 1} of ${texts.length}: ${printable(text)}\naccept this term? yes or no: `,
    );
    if (/^y(?:es)?$/i.test(answer.trim())) accepted.push(text);
  }
  return accepted;
}
