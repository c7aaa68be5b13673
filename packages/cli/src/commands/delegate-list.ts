// Owns: `delegate list`: whoever acts, or acted, for a patient, with the proof that none is left out.
import type { DelegationView, NameOf } from '@consilium/sdk';
import { addCommand, type Register, type Result } from '../command.ts';
import { type WholeList, wholeList } from '../listing.ts';
import { delegationSentence } from '../print/delegations.ts';
import { asOfLine, printable } from '../print/text.ts';
import { addSigningOption } from '../setup/identity.ts';
import { namesOf } from '../setup/names.ts';
import { addNetworkOptions, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { addRegisterOption } from '../setup/register.ts';
import { addAtOption, type SubjectOptions, subjectOf } from '../setup/subject.ts';

interface Options extends NetworkOptions, SubjectOptions {}

export const registerDelegateList: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'list [patient]',
      summary: "who acts for a patient: by account id or name in the register, or of one's own wallet",
      examples: [
        'npx consilium delegate list --as anna.json',
        'npx consilium delegate list MRN-1 --as inselspital',
      ],
    },
    (command) =>
      addNetworkOptions(
        addSigningOption(addRegisterOption(addAtOption(command)), "the patient's wallet; nothing is signed"),
      ),
    ([patient], options) =>
      withNetwork(place.io, options, async (network) => {
        const named = patient === undefined ? options : { ...options, patient };
        const { account } = await subjectOf(place.io, network, named);
        const { delegations } = network.client;
        const list = await wholeList((part) => delegations(account, part), network.read);
        const names = await namesOf(
          network,
          list.items.map(({ delegate }) => delegate),
        );
        return shown(account, list, names);
      }),
  );

function shown(patient: string, { items, asOf }: WholeList<DelegationView>, names: NameOf): Result {
  const told = items.map((each) => ({ ...each, sentence: delegationSentence(each, names) }));
  return {
    data: { asOf, patient, delegations: told },
    lines: [
      ...(told.length === 0 ? ['nobody acts for this patient, or did'] : []),
      ...told.map(({ index, state, sentence }) => printable(`${index} (${state}): ${sentence}`)),
      asOfLine(asOf),
    ],
  };
}
