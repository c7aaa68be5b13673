// Owns: `report ehds`: the information of Regulation (EU) 2025/327, article 9: who accessed which data when.
import { ehdsReport } from '@consilium/sdk';
import { addCommand, type Register } from '../command.ts';
import { reportResult } from '../print/report.ts';
import { addAccessLogOptions } from '../setup/access-logs.ts';
import { withNetwork } from '../setup/network.ts';
import { addReportOptions } from '../setup/report-options.ts';
import { type PatientReportOptions, reportSourceOf } from '../setup/report-source.ts';

export const registerReportEhds: Register = (place) =>
  addCommand<PatientReportOptions>(
    place,
    {
      usage: 'ehds',
      summary: 'who accessed which data when (Regulation (EU) 2025/327, article 9)',
      examples: [
        'npx consilium report ehds --as anna.json',
        'npx consilium report ehds --patient MRN-1 --names names.json --format csv --out ehds.csv --as officer.json',
      ],
    },
    (command) => addReportOptions(addAccessLogOptions(command)),
    (_args, options) =>
      withNetwork(place.io, options, async (network) => {
        const source = await reportSourceOf(place.io, network, options);
        return reportResult(place.io, ehdsReport(source), options);
      }),
  );
