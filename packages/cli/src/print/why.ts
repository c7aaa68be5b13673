// Owns: how a node's own account of itself looks to a person: the answer first, then the facts. Does not own: the facts.
import type { NamedValidator, WhyReport } from '@consilium/node/own-home';
import { plural, printable, table, time } from './text.ts';

/** Hash prefixes are enough to compare by eye. */
const ID_LENGTH = 12;

export function whyLines(report: WhyReport): string[] {
  return [
    printable(report.answer),
    '',
    ...table(whyFields(report)),
    '',
    ...table([
      ['VALIDATOR', 'LINK', 'LAST HEARD', 'PREVOTE', 'PRECOMMIT', 'CLOCK'],
      ...report.running.validators.map((each) => validatorRow(each, report.running.awake)),
    ]),
  ];
}

/** `name  value` pairs, the most important first. */
export function whyFields(report: WhyReport): string[][] {
  const { running, readiness, skips } = report;
  const { height, round, step, roundForMs, timer } = running;
  return [
    ['node', `${report.name}, ${readiness.ready ? 'ready' : 'NOT READY'}, ${signingWords(report)}`],
    ...readiness.reasons.map(({ code, text }) => [code, text]),
    ['last block', blockWords(report)],
    ['reached', `${running.reached} of ${running.validators.length}, a block needs ${running.quorum}`],
    ['work', workWords(report)],
    ['running', `height ${height}, round ${round}, ${step}, ${since(roundForMs)}`],
    ['proposer', proposerWords(report)],
    ['clock', clockWords(report)],
    ['disk', report.diskFreeBytes === null ? 'unknown' : `${size(report.diskFreeBytes)} free`],
    ['next timer', timer === null ? 'none' : `${timer.kind}, in ${span(timer.inMs)}`],
    ['lock', `${valueWords(running.locked)}; valid value ${valueWords(running.valid)}`],
    ...skips.map(({ name, blocks, txs }) => [
      'skips',
      `${name} left out ${txs} in ${plural(blocks, 'block')}`,
    ]),
  ];
}

/** Of an idle height no vote is missing. */
export function validatorRow(validator: NamedValidator, isAwake: boolean): string[] {
  const { name, connected, linkForMs, heard, prevote, precommit, clockOffsetMs } = validator;
  const link = linkForMs === null ? 'this node' : `${connected ? 'up' : 'DOWN'} ${since(linkForMs)}`;
  return [
    name,
    link,
    heard === null ? 'never' : `height ${heard.height}, ${span(heard.agoMs)} ago`,
    isAwake ? prevote : '-',
    isAwake ? precommit : '-',
    clockOffsetMs === null ? '?' : `${clockOffsetMs > 0 ? '+' : ''}${clockOffsetMs} ms`,
  ];
}

function signingWords({ signing, synced, claimedTip, diverged }: WhyReport): string {
  if (diverged) return 'DIVERGED: votes no more';
  return synced ? signing : `${signing}, catching up to ${claimedTip}`;
}

function blockWords({ height, blockTimeMs, nowMs }: WhyReport): string {
  if (height === 0) return 'none yet';
  return `height ${height}, ${time(blockTimeMs)}, ${span(Math.max(0, nowMs - blockTimeMs))} ago`;
}

function workWords({ mempool, running }: WhyReport): string {
  if (mempool.txs === 0) return running.hasWork ? 'evidence waits' : 'none';
  const oldest = mempool.oldestMs === null ? '' : `, the oldest ${since(mempool.oldestMs)}`;
  const bound = `; stuck after ${span(running.stuckAfterMs)}`;
  return `${plural(mempool.txs, 'transaction')}, ${size(mempool.bytes)}${oldest}${bound}`;
}

function proposerWords({ running }: WhyReport): string {
  const { proposer, proposed, validators } = running;
  const name = validators.find(({ institution }) => institution === proposer)?.name ?? 'nobody';
  return `${name}, its proposal is ${proposed ? 'here' : 'not here'}`;
}

function valueWords(value: { readonly blockId: string; readonly round: number } | null): string {
  return value === null ? 'none' : `${value.blockId.slice(0, ID_LENGTH)} of round ${value.round}`;
}

function clockWords({ clockOffsetMs, clockPrecisionMs }: WhyReport): string {
  const allowed = `${clockPrecisionMs} ms allowed`;
  if (clockOffsetMs === null) return `too few peers heard; ${allowed}`;
  if (clockOffsetMs === 0) return `with its peers; ${allowed}`;
  return `${Math.abs(clockOffsetMs)} ms ${clockOffsetMs > 0 ? 'behind' : 'ahead of'} its peers; ${allowed}`;
}

const since = (ms: number): string => `for ${span(ms)}`;

/** As the node words it (packages/node/src/observe/words.ts). */
function span(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

function size(bytes: number): string {
  if (bytes < 10_240) return `${bytes} bytes`;
  return bytes < 1_073_741_824
    ? `${(bytes / 1_048_576).toFixed(1)} MB`
    : `${(bytes / 1_073_741_824).toFixed(1)} GB`;
}
