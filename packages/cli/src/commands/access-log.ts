// Owns: `access log`: who asked to open a patient's records, permitted or not, with the proof that nothing is left out.
import { type AccessLogEntry, auditBundle, groupEntries, type VerifiedAccessLog } from '@consilium/sdk';
import { addCommand, type Register, type Result } from '../command.ts';
import { completeLine, entryCount } from '../print/access.ts';
import { printable } from '../print/text.ts';
import { type AccessLogOptions, accessLogsOf, addAccessLogOptions } from '../setup/access-logs.ts';
import { withNetwork } from '../setup/network.ts';
import { usage } from '../usage.ts';

interface Options extends AccessLogOptions {
  readonly all?: boolean;
  readonly fhir?: boolean;
}

export const registerAccessLog: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'log',
      summary: 'who asked to open records, permitted or not, and who read this log; newest last',
      examples: [
        'npx consilium access log --as anna.json',
        'npx consilium access log --at Inselspital --all --as anna.json',
        'npx consilium access log --patient MRN-1 --as officer.json',
        'npx consilium access log --fhir --at Inselspital --as anna.json',
      ],
    },
    (command) =>
      addAccessLogOptions(command)
        .option('--all', "each request by itself: those of a hospital's systems are else shown together")
        .option('--fhir', 'print a FHIR R4 Bundle of AuditEvents (IHE BALP)'),
    (_args, options) =>
      withNetwork(place.io, options, async (network) => {
        const found = await accessLogsOf(place.io, network, options, true);
        const logs = found.map(({ log }) => log);
        return options.fhir === true ? asFhir(logs) : shown(logs, options.all === true);
      }),
  );

function asFhir(logs: readonly VerifiedAccessLog[]): Result {
  const [log, ...others] = logs;
  if (log === undefined || others.length > 0)
    throw usage(
      'a bundle is of one log: say which with --at, or write all into one with access export --fhir',
    );
  const text = auditBundle(log);
  return { data: JSON.parse(text), lines: text.trimEnd().split('\n') };
}

function shown(logs: readonly VerifiedAccessLog[], all: boolean): Result {
  const entries = logs.flatMap((log) => log.entries).sort((a, b) => a.time - b.time || a.height - b.height);
  const completeAsOf = logs
    .map((log) => log.completeAsOf)
    .reduce((oldest, each) => (each.height < oldest.height ? each : oldest));
  const groups = groupEntries(entries);
  const sentences = all ? entries : groups;
  return {
    data: {
      completeAsOf,
      entries: entries.map(dataOf),
      groups: groups
        .filter(({ grouped }) => grouped)
        .map(({ entries: of, sentence }) => ({
          patient: of[0]?.patient,
          indexes: of.map(({ index }) => index),
          sentence,
        })),
    },
    lines: [
      ...sentences.map(({ sentence }) => printable(sentence)),
      entryCount(entries.length),
      completeLine(completeAsOf),
    ],
  };
}

/** The line is one of a file that nobody has. */
function dataOf({ line: _, ...entry }: AccessLogEntry): object {
  return entry;
}
