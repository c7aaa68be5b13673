// Owns: `record open`: asks the ledger, which enters the access whatever it decides, then the custodians, and gives what
// opens. Each record's decision is told; custodians that lied are named.
import { type DataPeriod, RECORDS_PER_ACCESS_MAX, TAGS_PER_RECORD } from '@consilium/core';
import {
  type AccessSelection,
  COMMON_CATEGORIES,
  COMMON_LABELS,
  ConsiliumError,
  type Hex32,
  type OpenedAccess,
  openRecords,
} from '@consilium/sdk';
import { addCommand, type Register, type Result } from '../command.ts';
import { createDelivery, type DeliveryOptions } from '../delivering.ts';
import type { Io } from '../io.ts';
import { addSigningOption, identityOf } from '../setup/identity.ts';
import { addNetworkOptions, type Network, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { addOpenerOptions, type OpenerOptions, openerOf } from '../setup/opener.ts';
import { addPatienceOption, type PatienceOption, withPatience } from '../setup/patience.ts';
import {
  addSubjectOptions,
  grantedCategories,
  type Subject,
  type SubjectOptions,
  subjectOf,
  tagsOf,
} from '../setup/subject.ts';
import { openedExitCode, openedLines, recordsData, type Told, tellAll, tellRest } from '../telling.ts';
import { collect, hexIdOf, integerOf, knownWords, monthsOf, usage } from '../usage.ts';

interface Options extends NetworkOptions, SubjectOptions, PatienceOption, DeliveryOptions, OpenerOptions {
  readonly category?: readonly string[];
  readonly label?: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly fromIndex?: string;
}

export const registerRecordOpen: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'open [id...]',
      summary: 'open records, by id or by what they are; the access is entered first, permitted or not',
      examples: [
        'npx consilium record open ID --as keller',
        'npx consilium record open ID --on-behalf-of keller --as inselspital',
        'npx consilium record open --patient ACCOUNT --as mother.json',
        'npx consilium record open --grant for-keller.json --category laboratory --from 2026-01 --to 2026-06 --out opened --as keller',
      ],
    },
    (command) =>
      addPatienceOption(
        addNetworkOptions(
          addSigningOption(
            addOpenerOptions(addSubjectOptions(command))
              .option('--category <word>', 'without ids: records of any of these categories', collect)
              .option('--label <code>', 'or with any of these sensitivity labels', collect)
              .option('--from <yyyy-mm>', 'only of this month or later; with --to')
              .option('--to <yyyy-mm>', 'only of this month or earlier')
              .option('--from-index <nr>', "where in the patient's list to begin (default: 0)")
              .option(
                '--out <folder>',
                'write each to a file there, exact and of any size (default: text to stdout, the rest to ./opened)',
              ),
            'who opens: a clinician, an institution, a patient or who acts for one',
          ),
        ),
      ),
    (ids, options) =>
      withNetwork(place.io, options, async (network) => {
        const identity = await identityOf(place.io, options, network.devnet);
        const records = ids.map((id) => hexIdOf(id, 'ID'));
        const subject = await openedSubject(place.io, network, records, options);
        const selection = selectionOf(subject, records, options);
        const opener = await openerOf(place.io, network, identity, subject.account, options);
        const deliver = await createDelivery(place.io, options);
        place.io.err('entering the access, waiting until it is committed\n');
        const opened = await withPatience(options, (patience) =>
          openRecords(network.client, {
            patient: subject.account,
            selection,
            ...opener,
            ...patience,
          }),
        );
        const told = await tellAll(place.io, subject, opened, deliver);
        await tellRest(place.io, network, subject.account, selection, opened);
        return shown(subject, opened, told, options);
      }),
  );

/** An id alone says whose record it is. */
async function openedSubject(
  io: Io,
  network: Network,
  records: readonly Hex32[],
  options: Options,
): Promise<Subject> {
  const [first] = records;
  if (options.patient !== undefined || options.grant !== undefined || first === undefined)
    return subjectOf(io, network, options);
  const { value } = await network.client.record(first, network.read);
  if (value === null) throw new ConsiliumError('RECORD_NOT_FOUND', { record: first });
  return subjectOf(io, network, { ...options, patient: value.patient });
}

function selectionOf(subject: Subject, records: readonly Hex32[], options: Options): AccessSelection {
  const months = monthsOf(options.from, options.to, ['--from', '--to']);
  if (records.length === 0) return queryOf(subject, months, options);
  const asks = [options.category, options.label, months ?? undefined, options.fromIndex];
  if (asks.some((asked) => asked !== undefined)) throw usage('give ids, or what the records are, not both');
  if (records.length > RECORDS_PER_ACCESS_MAX)
    throw usage(`one access opens at most ${RECORDS_PER_ACCESS_MAX} records`);
  return { type: 'records', records: [...new Set(records)] };
}

/** Without words of its own a grant asks for the categories that it is of, so that nothing else is entered as denied. */
function queryOf({ vocabulary }: Subject, months: DataPeriod | null, options: Options): AccessSelection {
  const categories = knownWords(COMMON_CATEGORIES, options.category, '--category');
  const labels = knownWords(COMMON_LABELS, options.label, '--label');
  const asked = tagsOf(vocabulary, categories, labels);
  const granted = grantedCategories(vocabulary);
  const tags = [...new Set(asked.length > 0 || granted.length > TAGS_PER_RECORD ? asked : granted)].sort();
  if (tags.length > TAGS_PER_RECORD) throw usage(`ask for at most ${TAGS_PER_RECORD} words at once`);
  const fromIndex = options.fromIndex === undefined ? 0 : integerOf(options.fromIndex, '--from-index');
  return { type: 'query', tags, months, fromIndex };
}

function shown(
  { account }: Subject,
  { access, liars }: OpenedAccess,
  told: readonly Told[],
  { out }: Options,
): Result {
  const { index, height, purpose, expires, time } = access;
  return {
    data: {
      patient: account,
      access: { index, height, time, purpose, expires },
      records: recordsData(told),
      liars,
    },
    lines: out === undefined ? [] : openedLines(told, time),
    exitCode: openedExitCode(told),
  };
}
