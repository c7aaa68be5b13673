// Owns: `consent what-if`: how openings would be decided if a consent were granted, or one revoked: by the ledger's own code over
// proven rows. Nothing is signed or sent.
import {
  accountsIn,
  type ConsentChange,
  consentSentence,
  type Hex32,
  ledgerReferencesIn,
  termsOfPlain,
  type WhatIfAnswer,
  whatIf,
} from '@consilium/sdk';
import { type AskingOptions, questionOf } from '../asking.ts';
import { addCommand, type Register, type Result } from '../command.ts';
import { addConsentOptions, type ConsentOptions, isTyped, plainConsentOf } from '../consent-options.ts';
import type { Io } from '../io.ts';
import { wholeList } from '../listing.ts';
import { asOfLine, plural, printable } from '../print/text.ts';
import { type Acting, type ActingOptions, actingOf, addActingOptions, mustTagKey } from '../setup/acting.ts';
import { consentsInFile } from '../setup/consent-files.ts';
import { namesOf } from '../setup/names.ts';
import { addNetworkOptions, type Network, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { collect, hexIdOf, integerOf, usage } from '../usage.ts';

interface Options
  extends NetworkOptions,
    ActingOptions,
    Omit<ConsentOptions, 'purpose'>,
    Omit<AskingOptions, 'purpose'> {
  readonly file?: string;
  readonly revoke?: string;
  readonly for?: string;
  readonly purpose?: readonly string[];
  readonly ask?: string;
  readonly of?: readonly string[];
}

export const registerConsentWhatIf: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'what-if',
      summary: 'what would open, and what would not, if a consent were granted or revoked; nothing is sent',
      examples: [
        'npx consilium consent what-if --to Inselspital --exclude PSY --reader keller --as anna.json',
        'npx consilium consent what-if --revoke 0 --reader keller --as anna.json',
        'npx consilium consent what-if --deny --purpose BTG --reader keller --ask BTG --as anna.json',
      ],
    },
    (command) =>
      addNetworkOptions(
        addActingOptions(
          addConsentOptions(
            command
              .option('--revoke <consent>', 'if the consent with this number were revoked')
              .option('--file <consent.json>', 'if what a FHIR R4 Consent says were granted')
              .option('--reader <name|id>', 'who would ask: a hospital, a clinician, or an account id')
              .option('--ask <code>', 'for which purpose (default: TREAT)')
              .option('--of <record>', 'only these records (default: all of the patient)', collect)
              .option(
                '--on-behalf-of <name|id>',
                'the clinician for whom a machine of the hospital would ask',
              )
              .option('--project <code>', 'under the data-use agreement of this project or claim')
              .option('--second', 'with BTG: a second clinician signs that more is needed'),
          ),
        ),
      ),
    (_args, options) =>
      withNetwork(place.io, options, async (network) => {
        const acting = await actingOf(place.io, network, options);
        const change = await changeOf(place.io, network, acting, options);
        const asking = { ...options, purpose: options.ask ?? 'TREAT' };
        const question = await questionOf(place.io, network, acting.patient, asking);
        const questions = (await recordsOf(network, acting.patient, options)).map((record) => ({
          ...question,
          record,
        }));
        if (questions.length === 0) throw usage('this patient has no records yet');
        const wish = { patient: acting.patient, sender: acting.signer.account, change, questions };
        const { tagKey } = acting;
        const told = await whatIf(network.client, wish, { ...network.read, ...(tagKey && { tagKey }) });
        return shown(network, acting, change, told);
      }),
  );

async function changeOf(io: Io, network: Network, acting: Acting, options: Options): Promise<ConsentChange> {
  const { revoke, file } = options;
  if (revoke !== undefined) {
    if (file !== undefined || isTyped(options)) throw usage('give --revoke, or a consent, not both');
    return { type: 'revoke', index: integerOf(revoke, '--revoke') };
  }
  if (file === undefined) {
    const consent = await plainConsentOf(io, network, options);
    return { type: 'grant', terms: termsOfPlain(consent, ledgerReferencesIn, mustTagKey(acting)) };
  }
  const { consents } = await consentsInFile(io, file);
  const [only, ...others] = consents;
  if (only === undefined || others.length > 0) throw usage('--file must hold one consent that is active');
  return { type: 'grant', terms: termsOfPlain(only.consent, ledgerReferencesIn, mustTagKey(acting)) };
}

/** The newest versions, unless some are named. */
async function recordsOf(
  { client, read }: Network,
  patient: Hex32,
  { of }: Options,
): Promise<readonly Hex32[]> {
  if (of !== undefined) return of.map((id) => hexIdOf(id, '--of'));
  const { items } = await wholeList((part) => client.records(patient, part), read);
  return items.filter(({ amendedBy }) => amendedBy === null).map(({ id }) => id);
}

async function shown(
  network: Network,
  { patient, tagKey }: Acting,
  change: ConsentChange,
  { answers, consent, asOf }: Awaited<ReturnType<typeof whatIf>>,
): Promise<Result> {
  const names = await namesOf(network, change.type === 'grant' ? accountsIn(change.terms) : []);
  const what =
    change.type === 'grant'
      ? `if this were consent ${consent}: ${consentSentence(change.terms, tagKey, names)}`
      : `if consent ${change.index} were revoked:`;
  const changed = answers.filter(({ now, after }) => now.decision !== after.decision);
  return {
    data: { asOf, patient, consent, change: change.type, answers: answers.map(dataOf) },
    lines: [
      printable(what),
      ...changed.map((answer) => printable(lineOf(answer))),
      ...sameLines(answers.filter((answer) => !changed.includes(answer))),
      `${plural(changed.length, 'record')} of ${answers.length} would be decided otherwise; nothing was sent`,
      asOfLine(asOf),
    ],
  };
}

function lineOf({ now, after }: WhatIfAnswer): string {
  return `${after.record}: ${now.decision} becomes ${after.decision}. ${after.sentence}`;
}

/** One line for each reason: a patient has hundreds of records, and what changes is what was asked for. */
function sameLines(answers: readonly WhatIfAnswer[]): string[] {
  const byReason = Map.groupBy(answers, ({ after }) => `stays ${after.decision}. ${after.reason}`);
  return [...byReason].flatMap(([reason, same]) => {
    const [first] = same;
    if (first === undefined) return [];
    const which = same.length === 1 ? first.after.record : `${same.length} records`;
    return [printable(`${which}: ${reason}`)];
  });
}

function dataOf({ now, after }: WhatIfAnswer): object {
  const { asOf: _now, ...before } = now;
  const { asOf: _after, ...then } = after;
  return { record: after.record, changes: now.decision !== after.decision, now: before, after: then };
}
