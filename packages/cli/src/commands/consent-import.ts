// Owns: `consent import`: FHIR R4 Consents of a file granted as they are written. All of the file or nothing of it.
import {
  accountsIn,
  type ConsentTerms,
  consentSentence,
  grantTerms,
  ledgerReferencesIn,
  termsOfPlain,
} from '@consilium/sdk';
import { addCommand, type Register, type Result } from '../command.ts';
import { printable } from '../print/text.ts';
import { type Acting, type ActingOptions, actingOf, addActingOptions, mustTagKey } from '../setup/acting.ts';
import { consentsInFile, type FiledConsents } from '../setup/consent-files.ts';
import { namesOf } from '../setup/names.ts';
import { addNetworkOptions, type Network, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { addTimeoutOption, committedLine, type SubmitTimeout, submitted, summaryOf } from '../submitting.ts';
import { usage } from '../usage.ts';

interface Options extends NetworkOptions, ActingOptions, SubmitTimeout {
  readonly dryRun?: boolean;
}

export const registerConsentImport: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'import <file>',
      summary: 'grant what FHIR R4 Consents say: one, or a Bundle of them; all or nothing',
      examples: [
        'npx consilium consent import consent.json --dry-run --as anna.json',
        'npx consilium consent import consents.json --as anna.json',
      ],
    },
    (command) =>
      addTimeoutOption(
        addNetworkOptions(
          addActingOptions(command.option('--dry-run', 'print what they say, and send nothing')),
        ),
      ),
    ([file = ''], options) =>
      withNetwork(place.io, options, async (network) => {
        const acting = await actingOf(place.io, network, options);
        const filed = await consentsInFile(place.io, file);
        if (filed.consents.length === 0) throw usage('no consent in this file is active');
        const terms = filed.consents.map(({ consent }) =>
          termsOfPlain(consent, ledgerReferencesIn, mustTagKey(acting)),
        );
        const told = await toldOf(network, acting, filed, terms);
        if (options.dryRun === true) return { data: told.data, lines: told.lines };
        const actions = terms.map((each) => grantTerms(acting.patient, each));
        const tx = await submitted(place.io, network, actions, acting.signer, options);
        const indexes = tx.outcomes.map(({ index }) => index);
        const consents = told.data.consents.map((each, at) => ({ ...each, consent: indexes[at] ?? null }));
        return {
          data: { ...summaryOf(tx), ...told.data, consents },
          lines: [...told.lines, `consents ${indexes.join(', ')}`, committedLine(tx)],
        };
      }),
  );

interface Told extends Result {
  readonly data: {
    readonly patient: string;
    readonly consents: readonly { readonly position: number; readonly sentence: string }[];
    readonly notes: FiledConsents['notes'];
    readonly inactive: readonly number[];
  };
}

async function toldOf(
  network: Network,
  { patient, tagKey }: Acting,
  { consents, notes, inactive }: FiledConsents,
  terms: readonly ConsentTerms[],
): Promise<Told> {
  const names = await namesOf(network, terms.flatMap(accountsIn));
  const sentences = terms.map((each) => consentSentence(each, tagKey, names));
  return {
    data: {
      patient,
      consents: consents.map(({ position }, at) => ({ position, sentence: sentences[at] ?? '' })),
      notes,
      inactive,
    },
    lines: [
      ...sentences.map(printable),
      ...notes.map(({ position, path, effect }) => printable(`${effect} at ${path} of consent ${position}`)),
      ...inactive.map((position) => `consent ${position} is not active and counts for nothing`),
    ],
  };
}
