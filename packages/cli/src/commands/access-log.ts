// Owns: `access log`: who asked to open a patient's records, permitted or not, with the proof that nothing is left out.
import {
  type AccessLogEntry,
  exportAccessLog,
  type VerifiedAccessLog,
  verifyAccessLog,
} from '@consilium/sdk';
import { addCommand, type Register, type Result } from '../command.ts';
import { completeLine, entryCount } from '../print/access.ts';
import { printable } from '../print/text.ts';
import { enrolmentsOf } from '../setup/enrolments.ts';
import { addSigningOption, type SigningOptions } from '../setup/identity.ts';
import { addNetworkOptions, type NetworkOptions, withNetwork } from '../setup/network.ts';

interface Options extends NetworkOptions, SigningOptions {
  readonly at?: string;
}

export const registerAccessLog: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'log',
      summary: "who asked to open one's own records, permitted or not; newest last",
      examples: [
        'npx consilium access log --as anna.json',
        'npx consilium access log --at Inselspital --as anna.json',
      ],
    },
    (command) =>
      addNetworkOptions(
        addSigningOption(
          command.option('--at <institution>', 'of this enrolment only (default: of all)'),
          "the patient's wallet; nothing is signed",
        ),
      ),
    (_args, options) =>
      withNetwork(place.io, options, async (network) => {
        const { client, genesis, read } = network;
        const logs: VerifiedAccessLog[] = [];
        // One at a time: no request tells a node that two pseudonyms are of one person.
        for (const enrolment of await enrolmentsOf(place.io, network, options))
          logs.push(verifyAccessLog(await exportAccessLog(client, [enrolment], read), genesis));
        return shown(logs);
      }),
  );

function shown(logs: readonly VerifiedAccessLog[]): Result {
  const entries = logs.flatMap((log) => log.entries).sort((a, b) => a.time - b.time || a.height - b.height);
  const completeAsOf = logs
    .map((log) => log.completeAsOf)
    .reduce((oldest, each) => (each.height < oldest.height ? each : oldest));
  return {
    data: { completeAsOf, entries: entries.map(dataOf) },
    lines: [
      ...entries.map(({ sentence }) => printable(sentence)),
      entryCount(entries.length),
      completeLine(completeAsOf),
    ],
  };
}

/** The line is one of a file that nobody has. */
function dataOf({ line: _, ...entry }: AccessLogEntry): object {
  return entry;
}
