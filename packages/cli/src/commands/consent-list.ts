// Owns: `consent list`: every consent of a patient, with the proof that none is left out. With the wallet the tags are
// told in words; without it they stay bytes.
import {
  accountsIn,
  type ConsentView,
  consentSentence,
  type Hex32,
  type NameOf,
  type TagKey,
} from '@consilium/sdk';
import { addCommand, type Register, type Result } from '../command.ts';
import type { Io } from '../io.ts';
import { type WholeList, wholeList } from '../listing.ts';
import { asOfLine, printable, table, time } from '../print/text.ts';
import { addSigningOption, enrolmentOf, identityOf, type SigningOptions } from '../setup/identity.ts';
import { institutionIdOf, namesOf } from '../setup/names.ts';
import { addNetworkOptions, type Network, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { hexIdOf } from '../usage.ts';

interface Options extends NetworkOptions, SigningOptions {
  readonly at?: string;
}

export const registerConsentList: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'list [patient]',
      summary: "list the consents of a patient: by account id, or those of one's own wallet",
      examples: [
        'npx consilium consent list --as anna.json',
        'npx consilium consent list PATIENT_ACCOUNT --json',
      ],
    },
    (command) =>
      addNetworkOptions(
        addSigningOption(
          command.option('--at <institution>', 'under which enrolment, when the wallet has several'),
          "the patient's wallet; nothing is signed, it explains the tags",
        ),
      ),
    ([patient], options) =>
      withNetwork(place.io, options, async (network) => {
        const subject = await listedSubjectOf(place.io, network, patient, options);
        const read = network.client.consents;
        const consents = await wholeList((part) => read(subject.account, part), network.read);
        const names = await namesOf(
          network,
          consents.items.flatMap((consent) => accountsIn(consent)),
        );
        return shown(subject, consents, names);
      }),
  );

interface ListedSubject {
  readonly account: Hex32;
  readonly tagKey: TagKey | undefined;
}

async function listedSubjectOf(
  io: Io,
  network: Network,
  patient: string | undefined,
  options: Options,
): Promise<ListedSubject> {
  if (patient !== undefined) return { account: hexIdOf(patient, 'PATIENT'), tagKey: undefined };
  const identity = await identityOf(io, options, network.devnet);
  const at = options.at === undefined ? undefined : await institutionIdOf(network, options.at);
  const enrolment = enrolmentOf(identity, network.client.genesisHash, at);
  return { account: enrolment.account, tagKey: enrolment };
}

function shown(
  { account, tagKey }: ListedSubject,
  { items, asOf }: WholeList<ConsentView>,
  names: NameOf,
): Result {
  const told = items.map((consent) => ({
    ...consent,
    sentence: consentSentence(consent, tagKey ?? null, names),
  }));
  return {
    data: { asOf, patient: account, consents: told },
    lines: [
      ...table([
        ['NR', 'STATE', 'DECISION', 'PURPOSES', 'UNTIL'],
        ...told.map(({ index, state, decision, rule, period }) => [
          String(index),
          state,
          decision,
          rule.purposes.join(' ') || 'any',
          time(period.until),
        ]),
      ]),
      ...told.map(({ index, sentence }) => printable(`${index}: ${sentence}`)),
      asOfLine(asOf),
    ],
  };
}
