// Owns: `consent grant`: a patient permits a hospital or a clinician to see records. Words become tags here, under the
// patient's own secret; none leaves this machine.
import { type ConsentInWords, type Enrolment, grantConsent, PURPOSES, type Purpose } from '@consilium/sdk';
import { addCommand, type Register } from '../command.ts';
import type { Io } from '../io.ts';
import { fields, time } from '../print/text.ts';
import {
  addSigningOption,
  enrolmentOf,
  identityOf,
  patientSignerOf,
  type SigningOptions,
} from '../setup/identity.ts';
import { accountIdNamed, institutionIdOf } from '../setup/names.ts';
import { addNetworkOptions, type Network, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { addTimeoutOption, committedLine, type SubmitTimeout, submitted, summaryOf } from '../submitting.ts';
import { asUsage, collect, listOf, timeOf, usage } from '../usage.ts';

interface Options extends NetworkOptions, SigningOptions, SubmitTimeout {
  readonly to: string;
  readonly at?: string;
  readonly purpose?: readonly string[];
  readonly category?: readonly string[];
  readonly permit?: readonly string[];
  readonly exclude?: readonly string[];
  readonly from?: string;
  readonly until: string;
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
              .option('--until <time>', 'until when: 2027-05-31, a time, or 90d', '365d'),
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
        const tx = await submitted(place.io, network, [action], signer, options);
        return {
          data: { ...summaryOf(tx), consent: tx.outcomes[0]?.index ?? null, patient: enrolment.account },
          lines: [...granted(tx.outcomes[0]?.index ?? null, enrolment, words), committedLine(tx)],
        };
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
    categories: listOf(options.category),
    permittedLabels: listOf(options.permit),
    excludedLabels: listOf(options.exclude),
    purposes: purposes.map(purposeOf),
    from,
    until,
  };
}

function purposeOf(text: string): Purpose {
  const purpose = PURPOSES.find((known) => known === text);
  if (purpose === undefined) throw usage(`--purpose is one of ${PURPOSES.join(', ')}`);
  return purpose;
}

function granted(index: number | null, { account }: Enrolment, words: ConsentInWords): string[] {
  return fields([
    ['consent', index ?? ''],
    ['patient', account],
    ['grantee', words.grantee],
    ['period', `${time(words.from)} to ${time(words.until)}`],
  ]);
}
