// Owns: `report processing`: the record of processing of GDPR article 30(1), from the ledger and a template for what only the
// hospital knows. It is about an institution, not about a patient.
import { type ProcessingTemplate, parseTemplate, processingReport } from '@consilium/sdk';
import { addCommand, type Register } from '../command.ts';
import type { Io } from '../io.ts';
import { reportResult } from '../print/report.ts';
import { pathOf, readText } from '../setup/files.ts';
import { addNetworkOptions, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { processingFactsOf } from '../setup/processing-facts.ts';
import {
  addReportOptions,
  checkReportOptions,
  namedFile,
  type ReportOptions,
} from '../setup/report-options.ts';

interface Options extends NetworkOptions, ReportOptions {
  readonly institution: string;
  readonly template?: string;
}

export const registerReportProcessing: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'processing',
      summary: "an institution's record of processing activities (GDPR article 30)",
      examples: [
        'npx consilium report processing --institution Inselspital --template template.json',
        'npx consilium report processing --institution Inselspital --format fhir --out processing.json',
      ],
    },
    (command) =>
      addReportOptions(
        addNetworkOptions(
          command
            .requiredOption('--institution <name>', 'whose record it is')
            .option(
              '--template <file>',
              'what only the hospital knows: contact, purposes, retention, transfers',
            ),
        ),
      ),
    (_args, options) =>
      withNetwork(place.io, options, async (network) => {
        await checkReportOptions(place.io, options);
        const template = await templateOf(place.io, options.template);
        const facts = await processingFactsOf(network, options.institution);
        return reportResult(place.io, processingReport(facts, template, place.io.now()), options);
      }),
  );

async function templateOf(io: Io, file: string | undefined): Promise<ProcessingTemplate> {
  if (file === undefined) return {};
  const path = pathOf(io, file);
  const text = await readText(path);
  return namedFile(path, () => parseTemplate(text));
}
