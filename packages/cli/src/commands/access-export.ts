// Owns: `access export`: the access log as one file that anybody can check offline, and as a FHIR bundle that is made from
// it. Of all enrolments it names pseudonyms of one patient together, so it is for its owner only, to be handed on at will.

import { ConsiliumError } from '@consilium/core';
import { auditBundle, auditEvents } from '@consilium/sdk';
import { addCommand, type Register, type Result } from '../command.ts';
import type { Io } from '../io.ts';
import { completeLine } from '../print/access.ts';
import { fields } from '../print/text.ts';
import {
  type AccessLogOptions,
  accessLogsOf,
  addAccessLogOptions,
  type LogAtHand,
} from '../setup/access-logs.ts';
import { isThere, pathOf, SECRET_MODE, writeNew } from '../setup/files.ts';
import { withNetwork } from '../setup/network.ts';
import { usage } from '../usage.ts';

interface Options extends AccessLogOptions {
  readonly out?: string;
  readonly fhir?: string;
}

export const registerAccessExport: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'export',
      summary: 'write who asked to open the records to one file, which proves itself offline',
      examples: [
        'npx consilium access export --out access.log --as anna.json',
        'npx consilium access export --out access.log --fhir events.json --as anna.json',
        'npx consilium access export --out access.log --patient MRN-1 --as officer.json',
      ],
    },
    (command) =>
      addAccessLogOptions(command)
        .option('--out <file>', 'where the log is written')
        .option('--fhir <file>', 'where the same is written as a FHIR R4 Bundle of AuditEvents (IHE BALP)'),
    (_args, options) =>
      withNetwork(place.io, options, async (network) => {
        const places = await placesOf(place.io, options);
        const [found] = await accessLogsOf(place.io, network, options, false);
        if (found === undefined) throw new Error('invariant: one log of all enrolments');
        return written(found, places);
      }),
  );

interface Places {
  readonly file: string | null;
  readonly bundle: string | null;
}

/** A look at another's log is entered before the files are written: a path that is taken must cost none. */
async function placesOf(io: Io, { out, fhir }: Options): Promise<Places> {
  if (out === undefined && fhir === undefined) throw usage('say where to: --out FILE, --fhir FILE, or both');
  const file = out === undefined ? null : pathOf(io, out);
  const bundle = fhir === undefined ? null : pathOf(io, fhir);
  for (const path of [file, bundle])
    if (path !== null && (await isThere(path))) throw new ConsiliumError('FILE_EXISTS', { file: path });
  return { file, bundle };
}

async function written({ text, log }: LogAtHand, { file, bundle }: Places): Promise<Result> {
  if (file !== null) await writeNew(file, text, SECRET_MODE);
  if (bundle !== null) await writeNew(bundle, auditBundle(log), SECRET_MODE);
  const { completeAsOf, entries, patients } = log;
  const events = auditEvents(log).length;
  const named: (readonly [string, string | number])[] = [];
  if (file !== null) named.push(['file', file]);
  if (bundle !== null) named.push(['bundle', bundle], ['events', events]);
  return {
    data: { file, bundle, patients, entries: entries.length, events, completeAsOf },
    lines: [...fields([...named, ['entries', entries.length]]), completeLine(completeAsOf)],
  };
}
