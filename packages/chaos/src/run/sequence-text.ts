// Owns: the sequence diagram of a run as text, for a terminal. One lane for each validator.
import { type Focus, sequenceOf } from './sequence.ts';
import type { Mark, SequenceRow } from './sequence-rows.ts';
import type { RunRecord } from './verdict.ts';

const LANE_CHARS = 9;
const TIME_CHARS = 11;

const MARKS: Readonly<Record<Mark, string>> = {
  commit: '#',
  crash: 'X',
  restart: '^',
  fault: '!',
  undo: '~',
  phase: '=',
  trouble: '?',
};

export function sequenceText(record: RunRecord): string {
  const { focus, lanes, rows, left, relays } = sequenceOf(record);
  const head = [
    `${titleOf(focus)}. One lane for each validator; time in milliseconds since the run began.`,
    'o sent, < and > received; # commit, X crash, ^ started again, ! fault, ~ fault undone, ? trouble.',
    '',
    `${'ms'.padStart(TIME_CHARS)} ${lanes.map(laneTitle).join('')}`,
  ];
  const body = rows.map((row) => rowText(row, lanes));
  const none = rows.length === 0 ? ['(no message, commit or fault is on record)'] : [];
  const more =
    left > 0 ? ['', `${left} more rows of these heights had no room; timeline.jsonl has them.`] : [];
  const hidden = relays > 0 ? [`${relays} messages that only passed on what was shown are not drawn.`] : [];
  return `${[...head, ...body, ...none, ...more, ...hidden].map((line) => line.trimEnd()).join('\n')}\n`;
}

export function titleOf({ why, height }: Focus): string {
  const at = height === undefined ? '' : ` at height ${height}`;
  if (why === 'divergence') return `Around the first divergence${at}`;
  return why === 'violation' ? `Around the first violation${at}` : 'The last heights';
}

function laneTitle(name: string): string {
  const shown = name.slice(0, LANE_CHARS - 1);
  const before = Math.floor((LANE_CHARS - shown.length) / 2);
  return shown.padStart(before + shown.length).padEnd(LANE_CHARS);
}

function rowText(row: SequenceRow, lanes: readonly string[]): string {
  const time = row.atMs.toFixed(1).padStart(TIME_CHARS);
  const drawn = row.kind === 'message' ? arrows(row, lanes) : marks(row, lanes);
  // What a node was sent may hold anything, and a terminal obeys control characters.
  return `${time} ${drawn} ${row.words.replaceAll(/\p{C}/gu, '?')}`;
}

function marks(
  { mark, lanes: on }: Extract<SequenceRow, { kind: 'mark' }>,
  lanes: readonly string[],
): string {
  const everywhere = mark === 'phase';
  return lanes
    .map((lane) => cell(everywhere || on.includes(lane) ? MARKS[mark] : '|', everywhere ? '=' : ' '))
    .join('');
}

function arrows({ from, to }: Extract<SequenceRow, { kind: 'message' }>, lanes: readonly string[]): string {
  const places = [from, ...to].map((name) => lanes.indexOf(name)).filter((index) => index >= 0);
  const first = Math.min(...places);
  const last = Math.max(...places);
  const sender = lanes.indexOf(from);
  return lanes
    .map((lane, index) => {
      const sign = index === sender ? 'o' : signOf(to.includes(lane), index < sender);
      const left = index > first && index <= last ? '-' : ' ';
      const right = index >= first && index < last ? '-' : ' ';
      return cell(sign, left, right);
    })
    .join('');
}

function signOf(received: boolean, leftOfSender: boolean): string {
  if (!received) return '|';
  return leftOfSender ? '<' : '>';
}

function cell(sign: string, left: string, right: string = left): string {
  const before = Math.floor((LANE_CHARS - 1) / 2);
  return left.repeat(before) + sign + right.repeat(LANE_CHARS - 1 - before);
}
