// Owns: `why`: in one sentence why there is no block, by what one's own node sees, and the facts behind it.
import { ConsiliumError } from '@consilium/core';
import type { WhyReport } from '@consilium/node/own-home';
import { addCommand, type Register } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { whyLines } from '../print/why.ts';
import { addHomeOption, addNodeOption, type OwnNodeOptions, openOwnNode } from '../setup/own-node.ts';

export const registerWhy: Register = (place) =>
  addCommand<OwnNodeOptions>(
    place,
    {
      usage: 'why',
      summary: 'why there is no block: whose votes are missing since when, links, clocks, locks, timers',
      examples: [
        'npx consilium why --home /var/lib/consilium',
        'npx consilium why --home /var/lib/consilium --json',
      ],
    },
    (command) => addNodeOption(addHomeOption(command)),
    async (_args, options) => {
      const node = await openOwnNode(place.io, options);
      const report = whyReportOf(await node.get('/v1/admin/why'), node.url);
      return { data: report, lines: whyLines(report), exitCode: isWell(report) ? EXIT.ok : EXIT.unknown };
    },
  );

/** Nothing to do, or a block on its way. */
function isWell({ code, readiness }: WhyReport): boolean {
  return readiness.ready && (code === 'IDLE' || code === 'DECIDING');
}

/** Throws `NODE_ANSWER_INVALID` {node}: a node of another version says it otherwise. */
export function whyReportOf(answer: unknown, node: string): WhyReport {
  const report = answer as Partial<WhyReport> | null;
  const isReport = typeof report?.answer === 'string' && Array.isArray(report.running?.validators);
  if (!isReport) throw new ConsiliumError('NODE_ANSWER_INVALID', { node });
  return answer as WhyReport;
}
