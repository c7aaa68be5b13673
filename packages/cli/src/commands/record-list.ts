// Owns: `record list`: every record of a patient as the ledger has it, with the proof that none is left out. Tags are told
// in words as far as wallet, register or grant explain them.
import type { RecordView } from '@consilium/sdk';
import { addCommand, type Register, type Result } from '../command.ts';
import { type WholeList, wholeList } from '../listing.ts';
import { listText, recordState } from '../print/record.ts';
import { asOfLine, monthText, table } from '../print/text.ts';
import { addSigningOption } from '../setup/identity.ts';
import { addNetworkOptions, type NetworkOptions, withNetwork } from '../setup/network.ts';
import {
  addAtOption,
  addSubjectOptions,
  type Subject,
  type SubjectOptions,
  subjectOf,
  wordsOf,
} from '../setup/subject.ts';

interface Options extends NetworkOptions, SubjectOptions {}

export const registerRecordList: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'list',
      summary: "list the records of a patient: of one's own wallet, of the register, or of a grant",
      examples: [
        'npx consilium record list --as anna.json',
        'npx consilium record list --patient MRN-0815 --as inselspital',
        'npx consilium record list --grant anna-grant.json --json',
      ],
    },
    (command) =>
      addNetworkOptions(
        addSigningOption(
          addAtOption(addSubjectOptions(command)),
          "the patient's wallet, or of who reads; nothing is signed",
        ),
      ),
    (_args, options) =>
      withNetwork(place.io, options, async (network) => {
        const subject = await subjectOf(place.io, network, options);
        const { records } = network.client;
        return shown(subject, await wholeList((part) => records(subject.account, part), network.read));
      }),
  );

function shown({ account, vocabulary }: Subject, { items, asOf }: WholeList<RecordView>): Result {
  const told = items.map((record) => ({
    ...record,
    state: recordState(record),
    words: wordsOf(vocabulary, record),
  }));
  return {
    data: { asOf, patient: account, records: told },
    lines: [
      ...table([
        ['NR', 'MONTH', 'STATE', 'VERSION', 'LEVEL', 'WORDS', 'EFFECTS', 'RECORD'],
        ...told.map(({ index, month, state, version, confidentiality, words, effects, id }) => [
          String(index),
          monthText(month),
          state,
          String(version),
          confidentiality,
          listText(words),
          listText(effects),
          id,
        ]),
      ]),
      asOfLine(asOf),
    ],
  };
}
