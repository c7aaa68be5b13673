// Owns: `consent explain`: what a consent says, in a sentence, and what would be decided now of one record and one reader,
// and why: by the ledger's own deciding code over proven rows. Nothing is entered.
import {
  accountsIn,
  type ConsentView,
  ConsiliumError,
  consentSentence,
  explainAccess,
  POLICY_WORDS,
  type TagKey,
} from '@consilium/sdk';
import { type AskingOptions, addAskingOptions, questionOf } from '../asking.ts';
import { addCommand, type Register, type Result } from '../command.ts';
import type { Io } from '../io.ts';
import { wholeList } from '../listing.ts';
import { asOfLine, printable } from '../print/text.ts';
import { addForOption, lookedAt } from '../setup/acting.ts';
import { addSigningOption } from '../setup/identity.ts';
import { namesOf } from '../setup/names.ts';
import { addNetworkOptions, type Network, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { addRegisterOption } from '../setup/register.ts';
import { addAtOption, type Subject, type SubjectOptions, subjectOf } from '../setup/subject.ts';
import { hexIdOf, integerOf, usage } from '../usage.ts';

interface Options extends NetworkOptions, SubjectOptions, AskingOptions {
  readonly for?: string;
  readonly record?: string;
}

export const registerConsentExplain: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'explain [consent]',
      summary:
        'what a consent says in a plain sentence, or whether somebody could open a record now, and why',
      examples: [
        'npx consilium consent explain 0 --as anna.json',
        'npx consilium consent explain --record ID --reader keller --purpose TREAT --as anna.json',
        'npx consilium consent explain --record ID --reader inselspital --on-behalf-of keller --as anna.json',
        'npx consilium consent explain --record ID --reader keller --purpose HRESCH --project P-17 --as anna.json',
      ],
    },
    (command) =>
      addNetworkOptions(
        addSigningOption(
          addRegisterOption(
            addAtOption(
              addAskingOptions(
                addForOption(command.option('--record <id>', 'of which record; with --reader')),
              ).option('--patient <name|account>', 'whose record, when there is no wallet'),
            ),
          ),
          "the patient's wallet; nothing is signed, it explains the tags",
        ),
      ),
    ([consent], options) =>
      withNetwork(place.io, options, (network) =>
        options.record === undefined && options.reader === undefined
          ? explainConsents(place.io, network, consent, options)
          : explainOne(place.io, network, consent, options),
      ),
  );

async function explainConsents(
  io: Io,
  network: Network,
  consent: string | undefined,
  options: Options,
): Promise<Result> {
  const index = consent === undefined ? undefined : integerOf(consent, 'CONSENT');
  const { patient, tagKey } = await lookedAt(io, network, options);
  const { consents } = network.client;
  const list = await wholeList((part) => consents(patient, part), network.read);
  const meant = list.items.filter((each) => index === undefined || each.index === index);
  if (index !== undefined && meant.length === 0) throw new ConsiliumError('CONSENT_NOT_FOUND');
  const told = await inSentences(network, tagKey, meant);
  const { value: policy } = await network.client.policy(network.read);
  return {
    data: { asOf: list.asOf, patient, policy, consents: told },
    lines: [
      ...told.map((each) => printable(`${each.index} (${each.state}): ${each.sentence}`)),
      ...(index === undefined ? [`where no consent speaks: ${POLICY_WORDS[policy]} (${policy})`] : []),
      asOfLine(list.asOf),
    ],
  };
}

interface ToldConsent extends Pick<ConsentView, 'index' | 'state'> {
  readonly sentence: string;
}

async function inSentences(
  network: Network,
  tagKey: TagKey | null,
  consents: readonly ConsentView[],
): Promise<readonly ToldConsent[]> {
  const names = await namesOf(
    network,
    consents.flatMap((consent) => accountsIn(consent)),
  );
  return consents.map((consent) => ({
    index: consent.index,
    state: consent.state,
    sentence: consentSentence(consent, tagKey, names),
  }));
}

async function explainOne(
  io: Io,
  network: Network,
  consent: string | undefined,
  options: Options,
): Promise<Result> {
  if (options.record === undefined || options.reader === undefined || consent !== undefined)
    throw usage('give --record and --reader together, or the number of a consent');
  const record = hexIdOf(options.record, '--record');
  const { account, vocabulary } = await explainedSubject(io, network, record, options);
  const question = await questionOf(io, network, account, options);
  const explained = await explainAccess(
    network.client,
    { ...question, record },
    { ...network.read, ...(vocabulary.type === 'key' && { tagKey: vocabulary.key }) },
  );
  const { asOf, ...answer } = explained;
  const { wide, ...asked } = question;
  const legal = answer.legal === null ? [] : [`law: ${answer.legal.citation} (${answer.legal.code})`];
  return {
    data: { asOf, ...asked, second: wide === true, ...answer },
    lines: [printable(explained.sentence), ...legal, asOfLine(asOf)],
  };
}

/** The record says whose it is, unless somebody is named. */
async function explainedSubject(
  io: Io,
  network: Network,
  record: string,
  options: Options,
): Promise<Subject> {
  if (options.for !== undefined) {
    const { patient, tagKey } = await lookedAt(io, network, options);
    return {
      account: patient,
      vocabulary: tagKey === null ? { type: 'none' } : { type: 'key', key: tagKey },
    };
  }
  if (options.patient !== undefined) return subjectOf(io, network, options);
  const { value } = await network.client.record(record, network.read);
  if (value === null) throw new ConsiliumError('RECORD_NOT_FOUND', { record });
  return subjectOf(io, network, { ...options, patient: value.patient });
}
