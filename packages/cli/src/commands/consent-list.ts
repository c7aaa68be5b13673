// Owns: `consent list`: every consent of a patient, with the proof that none is left out. With the wallet or the
// register the tags are told in words; without them they stay bytes.
import { accountsIn, type ConsentView, consentSentence, type NameOf } from '@consilium/sdk';
import { addCommand, type Register, type Result } from '../command.ts';
import type { Io } from '../io.ts';
import { type WholeList, wholeList } from '../listing.ts';
import { asOfLine, printable, table, time } from '../print/text.ts';
import { type Acting, type ActingOptions, addForOption, lookedAt } from '../setup/acting.ts';
import { addSigningOption } from '../setup/identity.ts';
import { namesOf } from '../setup/names.ts';
import { addNetworkOptions, type Network, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { addRegisterOption, type RegisterOption } from '../setup/register.ts';
import { subjectOf } from '../setup/subject.ts';

interface Options extends NetworkOptions, ActingOptions, RegisterOption {}

export const registerConsentList: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'list [patient]',
      summary:
        "list the consents of a patient: by the name in the register, by account id, or those of one's own wallet",
      examples: [
        'npx consilium consent list --as anna.json',
        'npx consilium consent list MRN-4711 --as inselspital',
        'npx consilium consent list PATIENT_ACCOUNT --json',
      ],
    },
    (command) =>
      addNetworkOptions(
        addSigningOption(
          addRegisterOption(
            addForOption(
              command.option('--at <institution>', 'under which enrolment, when the wallet has several'),
            ),
          ),
          "the patient's wallet, or the institution of the register; nothing is signed, they explain the tags",
        ),
      ),
    ([patient], options) =>
      withNetwork(place.io, options, async (network) => {
        const subject = await listedSubjectOf(place.io, network, patient, options);
        const read = network.client.consents;
        const consents = await wholeList((part) => read(subject.patient, part), network.read);
        const names = await namesOf(
          network,
          consents.items.flatMap((consent) => accountsIn(consent)),
        );
        return shown(subject, consents, names);
      }),
  );

type ListedSubject = Pick<Acting, 'patient' | 'tagKey'>;

async function listedSubjectOf(
  io: Io,
  network: Network,
  patient: string | undefined,
  options: Options,
): Promise<ListedSubject> {
  if (patient === undefined) return lookedAt(io, network, options);
  const { account, vocabulary } = await subjectOf(io, network, { ...options, patient });
  return { patient: account, tagKey: vocabulary.type === 'key' ? vocabulary.key : null };
}

function shown(
  { patient, tagKey }: ListedSubject,
  { items, asOf }: WholeList<ConsentView>,
  names: NameOf,
): Result {
  const told = items.map((consent) => ({
    ...consent,
    sentence: consentSentence(consent, tagKey, names),
  }));
  return {
    data: { asOf, patient, consents: told },
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
