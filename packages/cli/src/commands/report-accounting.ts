// Owns: `report accounting`: the accounting of disclosures of 45 CFR 164.528, with what the paragraph leaves out and why.
import { accountingReport } from '@consilium/sdk';
import { addCommand, type Register } from '../command.ts';
import { reportResult } from '../print/report.ts';
import { addAccessLogOptions } from '../setup/access-logs.ts';
import { institutionIdOf } from '../setup/names.ts';
import { withNetwork } from '../setup/network.ts';
import { addReportOptions } from '../setup/report-options.ts';
import { type PatientReportOptions, reportSourceOf } from '../setup/report-source.ts';

interface Options extends PatientReportOptions {
  readonly withTpo?: boolean;
  readonly by?: string;
}

export const registerReportAccounting: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'accounting',
      summary: 'the accounting of disclosures (45 CFR 164.528)',
      examples: [
        'npx consilium report accounting --as anna.json',
        'npx consilium report accounting --patient MRN-1 --by Inselspital --names names.json --as officer.json',
        'npx consilium report accounting --with-tpo --format fhir --out accounting.json --as anna.json',
      ],
    },
    (command) =>
      addReportOptions(addAccessLogOptions(command))
        .option('--with-tpo', 'treatment, payment and operations too, of three years (HITECH 13405(c))')
        .option('--by <institution>', 'only what this institution wrote and disclosed (default: all)'),
    (_args, options) =>
      withNetwork(place.io, options, async (network) => {
        const { by, withTpo = false } = options;
        const discloser = by === undefined ? {} : { discloser: await institutionIdOf(network, by) };
        const source = await reportSourceOf(place.io, network, options);
        return reportResult(place.io, accountingReport(source, { withTpo, ...discloser }), options);
      }),
  );
