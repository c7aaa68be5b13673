// Owns: `patient history`: all records of all the patient's enrolments, opened with the patient's own key. The one reading
// without an entry on the ledger.
import { ERRORS, type HistoryItem, isConsiliumError, readOwn } from '@consilium/sdk';
import { addCommand, type Register, type Result } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { listText, recordState } from '../print/record.ts';
import { monthText, plural, printable, table } from '../print/text.ts';
import { type WrittenContent, writeContent } from '../setup/content-files.ts';
import { makeFolder, pathOf } from '../setup/files.ts';
import { addSigningOption, identityOf, type SigningOptions } from '../setup/identity.ts';
import { addNetworkOptions, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { categoryFirst } from '../setup/subject.ts';
import { usage } from '../usage.ts';

interface Options extends NetworkOptions, SigningOptions {
  readonly out?: string;
  readonly allVersions?: boolean;
}

export const registerPatientHistory: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'history',
      summary: "a patient's own records from all hospitals, newest first, opened with the patient's own key",
      examples: [
        'npx consilium patient history --as anna.json',
        'npx consilium patient history --out my-records --all-versions --as anna.json',
      ],
    },
    (command) =>
      addNetworkOptions(
        addSigningOption(
          command
            .option('--out <folder>', 'write the content of each to a file there')
            .option('--all-versions', 'earlier, retracted and erased versions too'),
          "the patient's wallet",
        ),
      ),
    (_args, options) =>
      withNetwork(place.io, options, async (network) => {
        const identity = await identityOf(place.io, options, network.devnet);
        if (identity.type === 'key') throw usage('only a patient can do this: name the wallet with --as');
        const folder = options.out === undefined ? undefined : pathOf(place.io, options.out);
        if (folder !== undefined) await makeFolder(folder);
        place.io.err('opening your records with your own key; this is not entered anywhere\n');
        const told: Told[] = [];
        const history = readOwn(network.client, identity.wallet, {
          allVersions: options.allVersions === true,
        });
        for await (const item of history) told.push(await tell(place.io, item, folder));
        return shown(told, folder);
      }),
  );

interface Told {
  readonly item: HistoryItem;
  readonly written: WrittenContent | null;
  readonly fault: HistoryItem['fault'];
}

async function tell(io: Io, item: HistoryItem, folder: string | undefined): Promise<Told> {
  const { record, content, fault, institutionName } = item;
  if (fault !== null) io.err(`${printable(`${record.id} of ${institutionName}: ${faultText(item)}`)}\n`);
  if (content === null || folder === undefined) return { item, written: null, fault };
  try {
    return { item, written: await writeContent(folder, record.id, content), fault };
  } catch (error) {
    if (!isConsiliumError(error) || error.code === 'FILE_UNREADABLE') throw error;
    io.err(`${printable(`${record.id} of ${institutionName}: ${error.code}: ${error.message}`)}\n`);
    return { item, written: null, fault: error.code };
  }
}

function faultText({ record, fault }: HistoryItem): string {
  if (isClosed(record)) return 'closed to the patient by law (45 CFR 164.524(a)(1)(i))';
  return fault === null ? '' : `${fault}: ${ERRORS[fault]}`;
}

/** What nobody opens here, and rightly so: no failure. */
function isKeptShut(record: HistoryItem['record']): boolean {
  return isClosed(record) || record.retractedHeight !== null || record.erasedHeight !== null;
}

function isClosed({ effects }: HistoryItem['record']): boolean {
  return effects.includes('closed-to-patient');
}

function shown(told: readonly Told[], folder: string | undefined): Result {
  const failed = told.filter(({ item, fault }) => fault !== null && !isKeptShut(item.record));
  const written = told.filter((each) => each.written !== null).length;
  return {
    data: { records: told.map(dataOf) },
    lines: [
      ...table([
        ['DATE', 'INSTITUTION', 'CATEGORY', 'STATE', 'TITLE', 'RECORD'],
        ...told.map(({ item }) => [
          item.date?.slice(0, 10) ?? monthText(item.record.month),
          item.institutionName,
          listText(categoryFirst(item.words)),
          recordState(item.record),
          item.title ?? '-',
          item.record.id,
        ]),
      ]),
      plural(told.length, 'record'),
      ...(folder === undefined ? [] : [`${plural(written, 'file')} written to ${folder}`]),
    ],
    exitCode: failed.length === 0 ? EXIT.ok : EXIT.failed,
  };
}

function dataOf({ item: { content: _, fault: __, record, ...facts }, written, fault }: Told): object {
  return { ...facts, ...written, record, state: recordState(record), fault };
}
