// Owns: one's own node on one screen of 80 by 24: the answer, the essentials, and of the validators those that need a look.
import type { WhyReport } from '@consilium/node/own-home';
import type { NodeStatus } from '@consilium/sdk';
import { clipped, plural, printable, table } from './text.ts';
import { validatorRow, whyFields } from './why.ts';

export const SCREEN_COLUMNS = 80;
export const SCREEN_LINES = 24;
/** Beside the answer, the fields, two empty lines and the heading. */
const VALIDATORS_SHOWN_MAX = 7;

export function ownStatusLines(status: NodeStatus, report: WhyReport): string[] {
  const { validators } = report.running;
  const notable = [...validators].sort((a, b) => Number(a.connected) - Number(b.connected));
  const shown = notable.slice(0, VALIDATORS_SHOWN_MAX);
  const others = validators.length - shown.length;
  const lines = [
    printable(report.answer),
    '',
    ...table([
      ['network', `${status.chainId}, genesis ${status.genesis.slice(0, 12)}`],
      ...whyFields(report).slice(0, SCREEN_LINES - VALIDATORS_SHOWN_MAX - 6),
    ]),
    '',
    ...table([
      ['VALIDATOR', 'LINK', 'LAST HEARD'],
      ...shown.map((each) => validatorRow(each, true).slice(0, 3)),
    ]),
    ...(others > 0 ? [`and ${plural(others, 'other')}: npx consilium why`] : []),
  ];
  return lines.map((line) => clipped(line, SCREEN_COLUMNS));
}
