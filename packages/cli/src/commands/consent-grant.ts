// Owns: `consent grant`: a patient permits a hospital or a clinician to see records. Words become tags here, under the
// patient's own secret; none leaves this machine.
import {
  COMMON_CATEGORIES,
  COMMON_LABELS,
  type ConsentInWords,
  consentSentence,
  consentTerms,
  type Enrolment,
  formatGrant,
  grantConsent,
  grantOf,
  isConsiliumError,
  type ProvenTx,
  PURPOSES,
} from '@consilium/sdk';
import { addCommand, type Register, type Result } from '../command.ts';
import type { Io } from '../io.ts';
import { fields } from '../print/text.ts';
import { discard, pathOf, SECRET_MODE, writeNew } from '../setup/files.ts';
import {
  addSigningOption,
  enrolmentOf,
  identityOf,
  patientSignerOf,
  type SigningOptions,
} from '../setup/identity.ts';
import { accountIdNamed, institutionIdOf, namesOf } from '../setup/names.ts';
import { addNetworkOptions, type Network, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { addTimeoutOption, committedLine, type SubmitTimeout, submitted, summaryOf } from '../submitting.ts';
import { asUsage, collect, knownWords, listOf, monthsOf, oneOf, timeOf, usage } from '../usage.ts';

interface Options extends NetworkOptions, SigningOptions, SubmitTimeout {
  readonly to: string;
  readonly at?: string;
  readonly purpose?: readonly string[];
  readonly category?: readonly string[];
  readonly permit?: readonly string[];
  readonly exclude?: readonly string[];
  readonly from?: string;
  readonly until: string;
  readonly dataFrom?: string;
  readonly dataTo?: string;
  readonly grantOut?: string;
}

export const registerConsentGrant: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'grant',
      summary: 'grant a hospital or a clinician access to records, for a purpose and a time',
      examples: [
        'npx consilium consent grant --to Inselspital --as anna.json',
        'npx consilium consent grant --to keller --category laboratory --exclude PSY --until 2027-05-31 --as anna.json',
        'npx consilium consent grant --to keller --data-from 2024-01 --data-to 2026-12 --grant-out for-keller.json --as anna.json',
      ],
    },
    (command) =>
      addTimeoutOption(
        addNetworkOptions(
          addSigningOption(
            command
              .requiredOption(
                '--to <name|id>',
                'who may see: a hospital, a clinician by key name, or an account id',
              )
              .option('--at <institution>', 'under which enrolment, when the wallet has several')
              .option('--purpose <code>', `${PURPOSES.join(', ')} (default: TREAT)`, collect)
              .option('--category <name>', 'only these categories of records (default: all)', collect)
              .option('--permit <label>', 'sensitivity labels that may be seen although sensitive', collect)
              .option('--exclude <label>', 'sensitivity labels that may not be seen', collect)
              .option('--from <time>', 'from when on (default: now)')
              .option('--until <time>', 'until when: 2027-05-31, a time, or 90d', '365d')
              .option('--data-from <yyyy-mm>', 'only records of this month or later; with --data-to')
              .option('--data-to <yyyy-mm>', 'only records of this month or earlier')
              .option(
                '--grant-out <file>',
                'where to write what the grantee needs to ask by category, in secret',
              ),
            "the patient's wallet",
          ),
        ),
      ),
    (_args, options) =>
      withNetwork(place.io, options, async (network) => {
        const identity = await identityOf(place.io, options, network.devnet);
        const at = options.at === undefined ? undefined : await institutionIdOf(network, options.at);
        const enrolment = enrolmentOf(identity, network.client.genesisHash, at);
        const words = await wordsOf(place.io, network, options);
        const action = asUsage('consent', () => grantConsent(words, enrolment));
        const signer = patientSignerOf(identity, enrolment);
        const grantFile = await writeGrant(place.io, words, enrolment, options);
        const tx = await sent(grantFile, () => submitted(place.io, network, [action], signer, options));
        return shown(network, enrolment, words, grantFile, tx);
      }),
  );

async function wordsOf(io: Io, network: Network, options: Options): Promise<ConsentInWords> {
  const now = io.now();
  const purposes = options.purpose === undefined ? ['TREAT'] : listOf(options.purpose);
  const from = options.from === undefined ? now : timeOf(options.from, '--from', now);
  const until = timeOf(options.until, '--until', now);
  if (until <= from) throw usage('--until must lie after --from');
  return {
    grantee: await accountIdNamed(io, network, options.to),
    categories: knownWords(COMMON_CATEGORIES, options.category, '--category'),
    permittedLabels: knownWords(COMMON_LABELS, options.permit, '--permit'),
    excludedLabels: knownWords(COMMON_LABELS, options.exclude, '--exclude'),
    purposes: purposes.map((purpose) => oneOf(PURPOSES, purpose, '--purpose')),
    from,
    until,
    dataPeriod: monthsOf(options.dataFrom, options.dataTo, ['--data-from', '--data-to']),
  };
}

/** Before anything is sent: a consent that cannot be handed over would have to be revoked again. */
async function writeGrant(
  io: Io,
  words: ConsentInWords,
  enrolment: Enrolment,
  { grantOut }: Options,
): Promise<string | undefined> {
  if (grantOut === undefined) return undefined;
  const path = pathOf(io, grantOut);
  await writeNew(path, formatGrant(grantOf(words, enrolment)), SECRET_MODE);
  return path;
}

/** A grant of a consent that was refused is worth nothing; of one that may still come it is kept. */
async function sent(grantFile: string | undefined, send: () => Promise<ProvenTx>): Promise<ProvenTx> {
  try {
    return await send();
  } catch (error) {
    if (grantFile !== undefined && isConsiliumError(error) && error.code !== 'TX_STATE_UNKNOWN')
      await discard(grantFile);
    throw error;
  }
}

async function shown(
  network: Network,
  enrolment: Enrolment,
  words: ConsentInWords,
  grantFile: string | undefined,
  tx: ProvenTx,
): Promise<Result> {
  const index = tx.outcomes[0]?.index ?? null;
  const names = await namesOf(network, [words.grantee]);
  const sentence = consentSentence(consentTerms(words, enrolment), enrolment, names);
  const { account } = enrolment;
  return {
    data: { ...summaryOf(tx), consent: index, patient: account, sentence, grant: grantFile ?? null },
    lines: [
      sentence,
      ...fields([
        ['consent', index ?? ''],
        ['patient', account],
        ['grantee', words.grantee],
        ...(grantFile === undefined ? [] : [['grant (secret)', grantFile] as const]),
      ]),
      committedLine(tx),
    ],
  };
}
