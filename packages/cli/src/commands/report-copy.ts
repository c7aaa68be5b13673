// Owns: `report copy`: the copy of GDPR article 15: every record of the patient opened with the own key, and the information
// on the processing. Nothing of it is entered.
import { copyReport, readOwn } from '@consilium/sdk';
import { addCommand, type Register } from '../command.ts';
import { reportResult } from '../print/report.ts';
import { copiedRecords } from '../setup/copied-records.ts';
import { makeFolder, pathOf } from '../setup/files.ts';
import { addSigningOption, identityOf } from '../setup/identity.ts';
import { addNetworkOptions, withNetwork } from '../setup/network.ts';
import { addReportOptions, formatOf } from '../setup/report-options.ts';
import { type PatientReportOptions, reportSourceOf } from '../setup/report-source.ts';
import { usage } from '../usage.ts';

interface Options extends PatientReportOptions {
  readonly records?: string;
}

export const registerReportCopy: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'copy',
      summary: "a copy of the patient's own data, with recipients, purposes and periods (GDPR article 15)",
      examples: [
        'npx consilium report copy --as anna.json',
        'npx consilium report copy --records my-records --format json --out copy.json --as anna.json',
        'npx consilium report copy --format fhir --out copy.json --as anna.json',
      ],
    },
    (command) =>
      addReportOptions(
        addNetworkOptions(
          addSigningOption(
            command
              .option('--at <institution>', 'of this enrolment only (default: of all)')
              .option('--records <folder>', 'write the content of each record to a file there'),
            "the patient's wallet; nothing is signed",
          ),
        ),
      ),
    (_args, options) =>
      withNetwork(place.io, options, async (network) => {
        const identity = await identityOf(place.io, options, network.devnet);
        if (identity.type === 'key') throw usage('only a patient can do this: name the wallet with --as');
        const source = await reportSourceOf(place.io, network, options);
        const folder = options.records === undefined ? null : pathOf(place.io, options.records);
        if (folder !== null) await makeFolder(folder);
        const pseudonyms = source.subjects.map(({ patient }) => patient);
        const wallet = {
          ...identity.wallet,
          enrolments: identity.wallet.enrolments.filter(({ account }) => pseudonyms.includes(account)),
        };
        const history = readOwn(network.client, wallet, { allVersions: true });
        const { records, attachments } = await copiedRecords(history, folder, formatOf(options) === 'fhir');
        const { value: epoch } = await network.client.custodyEpoch(undefined, network.read);
        const custodians = (epoch?.custodians ?? []).map(({ name }) => name).toSorted();
        return reportResult(place.io, copyReport(source, { records, custodians }), options, attachments);
      }),
  );
