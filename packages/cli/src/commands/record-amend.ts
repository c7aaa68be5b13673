// Owns: `record amend`: a new version of a record, linked to the old one, which stays. What a file cannot say of itself is
// carried over from the old version, and a resource is protected at least as the old one was: no label is lost on the way.
import {
  COMMON_CATEGORIES,
  COMMON_LABELS,
  ConsiliumError,
  type Hex32,
  type RecordSource,
  type RecordView,
  type RegisteredPatient,
} from '@consilium/sdk';
import { type FileMarks, recordSourcesAt } from '@consilium/sdk/node';
import { addCommand, type Register } from '../command.ts';
import { ingested } from '../ingesting.ts';
import type { Io } from '../io.ts';
import { fields } from '../print/text.ts';
import { addFileMarkOptions, type FileMarkOptions, fileMarksOf } from '../setup/file-marks.ts';
import { pathOf } from '../setup/files.ts';
import { addSigningOption, type SigningOptions } from '../setup/identity.ts';
import { addNetworkOptions, type Network, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { addPatienceOption, type PatienceOption } from '../setup/patience.ts';
import { addRegisterOption, type RegisterOption, registeredPatient } from '../setup/register.ts';
import { wordsOf } from '../setup/subject.ts';
import { writerOf } from '../setup/writer.ts';
import { hexIdOf, usage } from '../usage.ts';

interface Options extends NetworkOptions, SigningOptions, RegisterOption, FileMarkOptions, PatienceOption {}

export const registerRecordAmend: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'amend <id> <file>',
      summary: 'register a new version of a record; the old one stays, linked to it',
      examples: ['npx consilium record amend ID corrected.json --as inselspital'],
    },
    (command) =>
      addPatienceOption(
        addNetworkOptions(
          addSigningOption(
            addRegisterOption(addFileMarkOptions(command)),
            'the authoring institution, or of one of its clinicians',
          ),
        ),
      ),
    ([id = '', file = ''], options) =>
      withNetwork(place.io, options, async (network) => {
        const amends = hexIdOf(id, 'ID');
        const { signer, institution } = await writerOf(place.io, network, options);
        const before = await recordOf(network, amends);
        const patient = await registeredPatient(place.io, network, institution, before.patient, options);
        const marks = { ...marksBefore(before, patient, options), ...fileMarksOf(options) };
        const source = await onlySourceAt(place.io, file, { patient, amends, marks });
        const { records } = await ingested(place.io, network, {
          signer,
          sources: () => streamOne(source),
          skipInvalid: false,
          ...(options.timeout !== undefined && { timeout: options.timeout }),
        });
        const [made] = records;
        return {
          data: { patient: patient.account, amends, ...made },
          lines: fields([
            ['record', made?.record ?? ''],
            ['amends', amends],
          ]),
        };
      }),
  );

async function recordOf({ client, read }: Network, id: Hex32): Promise<RecordView> {
  const { value } = await client.record(id, read);
  if (value === null) throw new ConsiliumError('RECORD_NOT_FOUND', { record: id });
  return value;
}

/** Of another generation the tags cannot be told any more: then category and labels must be said anew. */
function marksBefore(
  before: RecordView,
  patient: RegisteredPatient,
  { category, label }: FileMarkOptions,
): FileMarks {
  const { month, confidentiality, effects, emergency } = before;
  const known = wordsOf({ type: 'key', key: patient }, before);
  const carried = known.find((word) => COMMON_CATEGORIES.includes(word));
  if (carried === undefined && (category === undefined || label === undefined))
    throw usage('the tags of this record cannot be told any more: say --category and --label');
  return {
    month,
    confidentiality,
    effects,
    emergency,
    ...(carried !== undefined && { category: carried }),
    labels: known.filter((word) => COMMON_LABELS.includes(word)),
  };
}

async function onlySourceAt(
  io: Io,
  file: string,
  options: Parameters<typeof recordSourcesAt>[1],
): Promise<RecordSource> {
  const sources: RecordSource[] = [];
  for await (const source of recordSourcesAt(pathOf(io, file), { ...options, shown: file })) {
    sources.push(source);
    if (sources.length > 1) break;
  }
  const [only, more] = sources;
  if (only === undefined || more !== undefined)
    throw usage('a new version is one file with one resource, or one other file');
  return only;
}

async function* streamOne(source: RecordSource): AsyncGenerator<RecordSource, void, void> {
  yield source;
}
