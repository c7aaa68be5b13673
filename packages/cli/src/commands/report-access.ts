// Owns: `report access`: who looked, when, and what was done, refused attempts and looks at the log too.
import { accessReport } from '@consilium/sdk';
import { addCommand, type Register } from '../command.ts';
import { reportResult } from '../print/report.ts';
import { addAccessLogOptions } from '../setup/access-logs.ts';
import { withNetwork } from '../setup/network.ts';
import { addReportOptions } from '../setup/report-options.ts';
import { type PatientReportOptions, reportSourceOf } from '../setup/report-source.ts';

export const registerReportAccess: Register = (place) =>
  addCommand<PatientReportOptions>(
    place,
    {
      usage: 'access',
      summary: 'who looked, when, and what came of it, refused attempts too',
      examples: [
        'npx consilium report access --as anna.json',
        'npx consilium report access --patient MRN-1 --names names.json --format csv --out access.csv --as officer.json',
      ],
    },
    (command) => addReportOptions(addAccessLogOptions(command)),
    (_args, options) =>
      withNetwork(place.io, options, async (network) => {
        const source = await reportSourceOf(place.io, network, options);
        return reportResult(place.io, accessReport(source), options);
      }),
  );
