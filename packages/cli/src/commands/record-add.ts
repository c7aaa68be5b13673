// Owns: `record add`: files and folders made records of one patient: validated, sealed here, deposited with the custodians,
// registered. Nothing of what they say leaves this machine in clear.
import type { RecordSource, RegisteredPatient } from '@consilium/sdk';
import { recordSourcesAt } from '@consilium/sdk/node';
import { addCommand, type Register, type Result } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { type Ingested, ingested, type OnRefused } from '../ingesting.ts';
import type { Io } from '../io.ts';
import { REGISTERED_SHOWN_MAX } from '../limits.ts';
import { plural, table } from '../print/text.ts';
import { addFileMarkOptions, type FileMarkOptions, fileMarksOf } from '../setup/file-marks.ts';
import { pathOf } from '../setup/files.ts';
import { addSigningOption, type SigningOptions } from '../setup/identity.ts';
import { addNetworkOptions, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { addPatienceOption, type PatienceOption } from '../setup/patience.ts';
import { addRegisterOption, type RegisterOption, registeredPatient } from '../setup/register.ts';
import { writerOf } from '../setup/writer.ts';

interface Options extends NetworkOptions, SigningOptions, RegisterOption, FileMarkOptions, PatienceOption {
  readonly patient: string;
  readonly skipInvalid?: boolean;
}

export const registerRecordAdd: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'add <path...>',
      summary: 'seal and register records: a FHIR bundle (each resource one), a resource, or any other file',
      examples: [
        'npx consilium record add bundle.json --patient MRN-0815 --as inselspital',
        'npx consilium record add letter.pdf --patient MRN-0815 --category documents --label PSY --month 2026-05 --as keller',
      ],
    },
    (command) =>
      addPatienceOption(
        addNetworkOptions(
          addSigningOption(
            addRegisterOption(
              addFileMarkOptions(
                command.requiredOption(
                  '--patient <name|account>',
                  'by the name in the register, or the account id',
                ),
              ).option('--skip-invalid', 'leave out what is no valid FHIR, and say so, instead of ending'),
            ),
            'the institution, or of one of its clinicians',
          ),
        ),
      ),
    (paths, options) =>
      withNetwork(place.io, options, async (network) => {
        const { signer, institution } = await writerOf(place.io, network, options);
        const patient = await registeredPatient(place.io, network, institution, options.patient, options);
        const result = await ingested(place.io, network, {
          signer,
          sources: (onRefused) => sourcesAt(place.io, paths, patient, options, onRefused),
          skipInvalid: options.skipInvalid === true,
          ...(options.timeout !== undefined && { timeout: options.timeout }),
        });
        return shown(patient, result);
      }),
  );

async function* sourcesAt(
  io: Io,
  paths: readonly string[],
  patient: RegisteredPatient,
  options: Options,
  onRefused: OnRefused | undefined,
): AsyncGenerator<RecordSource, void, void> {
  const marks = fileMarksOf(options);
  const refused = onRefused === undefined ? {} : { onRefused };
  for (const path of paths) {
    yield* recordSourcesAt(pathOf(io, path), { patient, shown: path, marks, ...refused });
  }
}

function shown({ account }: RegisteredPatient, { records, leftOut }: Ingested): Result {
  const batches = new Set(records.map(({ batch }) => batch)).size;
  const rows = records.slice(0, REGISTERED_SHOWN_MAX).map(({ record, source }) => [record, source]);
  return {
    data: { patient: account, records, leftOut },
    lines: [
      ...(rows.length === 0 ? [] : table([['RECORD', 'SOURCE'], ...rows])),
      ...(records.length > REGISTERED_SHOWN_MAX
        ? [`and ${records.length - REGISTERED_SHOWN_MAX} more (--json shows all)`]
        : []),
      `${plural(records.length, 'record')} registered in ${plural(batches, 'batch', 'batches')}`,
      ...(leftOut.length === 0 ? [] : [`${plural(leftOut.length, 'source')} left out`]),
    ],
    exitCode: records.length === 0 ? EXIT.failed : EXIT.ok,
  };
}
