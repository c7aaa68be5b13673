// Owns: `erasure list`: what a patient asked to be erased, with the answers, proven.
import { type ErasureRequestView, readErasureRequests } from '@consilium/sdk';
import { addCommand, type Register } from '../command.ts';
import { wholeList } from '../listing.ts';
import { asOfLine, table, time } from '../print/text.ts';
import { addSigningOption } from '../setup/identity.ts';
import { addNetworkOptions, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { addAtOption, addSubjectOptions, type SubjectOptions, subjectOf } from '../setup/subject.ts';

interface Options extends NetworkOptions, SubjectOptions {}

export const registerErasureList: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'list',
      summary: 'list what a patient asked to be erased, with the answers',
      examples: [
        'npx consilium erasure list --as anna.json',
        'npx consilium erasure list --patient MRN-0815 --as inselspital',
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
        const { account } = await subjectOf(place.io, network, options);
        const { items, asOf } = await wholeList(
          (part) => network.client.read((state) => readErasureRequests(state, account, part), part),
          network.read,
        );
        return {
          data: { asOf, patient: account, requests: items },
          lines: [
            ...table([
              ['NR', 'ASKED', 'REASON', 'RECORDS', 'STATE'],
              ...items.map((item) => [
                String(item.index),
                time(item.time),
                item.reason,
                String(item.records.length),
                stateText(item),
              ]),
            ]),
            ...items.map(({ index, records }) => `${index}: ${records.join(' ')}`),
            asOfLine(asOf),
          ],
        };
      }),
  );

function stateText({ state, refused }: ErasureRequestView): string {
  return refused === null || state !== 'refused'
    ? state
    : `refused: ${refused.ground}, ${time(refused.time)}`;
}
