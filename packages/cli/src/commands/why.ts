// Owns: `why`: in one sentence why there is no block, by what one's own node sees, and the facts behind it.
import { ConsiliumError } from '@consilium/core';
import type { WhyReport } from '@consilium/node/own-home';
import { createAskNode, type Fetch } from '@consilium/sdk';
import { addCommand, type Register } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { whyLines } from '../print/why.ts';
import { addDoorOptions, type DoorOptions, fetchThrough } from '../setup/client-door.ts';
import { addHomeOption, type OwnNodeOptions, openOwnNode } from '../setup/own-node.ts';
import { usage } from '../usage.ts';

const PATH = '/v1/admin/why';
const plainFetch: Fetch = (url, init) => globalThis.fetch(url, init);

type WhyOptions = OwnNodeOptions & DoorOptions;

export const registerWhy: Register = (place) =>
  addCommand<WhyOptions>(
    place,
    {
      usage: 'why',
      summary: 'why there is no block: whose votes are missing since when, links, clocks, locks, timers',
      examples: [
        'npx consilium why --home /var/lib/consilium',
        'npx consilium why --home /var/lib/consilium --json',
        'npx consilium why --node https://node.north.example --token-file operator.token',
      ],
    },
    (command) =>
      addDoorOptions(
        addHomeOption(command).option(
          '--node <url>',
          'API of the node, when not that of the home on this machine',
        ),
      ),
    async (_args, options) => {
      const { answer, url } = await askWhy(place.io, options);
      const report = whyReportOf(answer, url);
      return { data: report, lines: whyLines(report), exitCode: isWell(report) ? EXIT.ok : EXIT.unknown };
    },
  );

interface Asked {
  readonly answer: unknown;
  readonly url: string;
}

/** The node of the home; without one the node at the address, by the operator's token from the file. */
async function askWhy(io: Io, options: WhyOptions): Promise<Asked> {
  const { home, node } = options;
  if (home !== undefined) {
    const own = await openOwnNode(io, options);
    return { answer: await own.get(PATH), url: own.url };
  }
  if (node === undefined) throw usage('give --home FOLDER, or --node URL with --token-file FILE');
  const ask = createAskNode((await fetchThrough(io, options)) ?? plainFetch);
  return { answer: await ask(node, { path: PATH }), url: node };
}

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
