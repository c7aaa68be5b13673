// Owns: `chaos report`: the page of a kept run.
import { addCommand, type Register } from '../command.ts';
import { pathOf } from '../setup/files.ts';
import { usage } from '../usage.ts';

interface Options {
  readonly html?: boolean;
  readonly file?: string;
}

export const registerChaosReport: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'report <folder>',
      summary:
        'one page that shows a kept run: faults, heights, messages, the first divergence, the logs around it',
      examples: ['npx consilium chaos report chaos-runs/seed-42-sim-42 --html'],
    },
    (command) =>
      command
        .option('--html', 'as one offline HTML page')
        .option('--file <file>', 'where to (default: report.html in the folder)'),
    async ([folder = ''], { html, file }) => {
      if (html !== true) throw usage('the form of the report is needed: --html');
      const { writeReport } = await import('@consilium/chaos');
      return writeReport(pathOf(place.io, folder), file === undefined ? undefined : pathOf(place.io, file));
    },
  );
