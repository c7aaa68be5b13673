// Owns: the sequence diagram as a picture, one lane for each validator. Its text form is beside it for who cannot see it.
import type { Sequence } from '../run/sequence.ts';
import { isCrash, type Mark, type SequenceRow } from '../run/sequence-rows.ts';
import type { Band } from './curves.ts';
import { cut, type Html, html, px, seconds } from './html.ts';

const TIME_PX = 84;
const LANE_PX = 92;
const ROW_PX = 20;
const TOP_PX = 34;
const WORDS_PX = 470;
const WORDS_CHARS = 72;

interface Place {
  readonly laneX: (name: string) => number | undefined;
  readonly wordsX: number;
}

export function sequencePicture(sequence: Sequence, bands: readonly Band[]): Html {
  const { lanes, rows } = sequence;
  const laneX = (name: string): number | undefined => {
    const index = lanes.indexOf(name);
    return index < 0 ? undefined : TIME_PX + LANE_PX * (index + 0.5);
  };
  const wordsX = TIME_PX + LANE_PX * lanes.length + 8;
  const bottom = TOP_PX + Math.max(rows.length, 1) * ROW_PX + 8;
  return html`<div class="picture" data-zoomable>
<svg role="img" aria-labelledby="sequence-title sequence-desc" viewBox="0 0 ${wordsX + WORDS_PX} ${bottom}" class="sequence">
<title id="sequence-title">Sequence diagram, one lane for each validator</title>
<desc id="sequence-desc">Proposals, prevotes, precommits and commits, faults, crashes and restarts in the order in which they happened. The text below tells the same.</desc>
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto-start-reverse"><path d="M0 0L8 4L0 8z"/></marker></defs>
${lanes.map((lane) => lanePicture(lane, laneX(lane) ?? 0, rows, bands))}
${rows.map((row, index) => rowPicture(row, TOP_PX + (index + 0.5) * ROW_PX, { laneX, wordsX }))}
</svg></div>`;
}

/** Broken while the node is down. */
function lanePicture(lane: string, x: number, rows: readonly SequenceRow[], bands: readonly Band[]): Html {
  const crashes = bands.filter(({ fault, targets }) => isCrash(fault) && targets.includes(lane));
  const isDown = (atMs: number): boolean => crashes.some(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs);
  const pieces: { down: boolean; from: number; to: number }[] = [];
  for (const [index, { atMs }] of rows.entries()) {
    const down = isDown(atMs);
    const last = pieces.at(-1);
    if (last?.down === down) last.to = index + 1;
    else pieces.push({ down, from: index, to: index + 1 });
  }
  const shown = pieces.length === 0 ? [{ down: false, from: 0, to: 1 }] : pieces;
  return html`<g class="lane" data-lane="${lane}"><text x="${px(x)}" y="18" text-anchor="middle">${cut(lane, 12)}</text>${shown.map(
    ({ down, from, to }) =>
      html`<line class="${down ? 'down' : 'up'}" x1="${px(x)}" x2="${px(x)}" y1="${TOP_PX + from * ROW_PX}" y2="${TOP_PX + to * ROW_PX}"/>`,
  )}</g>
`;
}

function rowPicture(row: SequenceRow, y: number, place: Place): Html {
  const drawn = row.kind === 'message' ? messagePicture(row, y, place) : markPicture(row, y, place);
  const kind = row.kind === 'message' ? row.form : row.mark;
  return html`<g class="row ${kind}"><title>${seconds(row.atMs)}: ${cut(row.words, 400)}</title><text class="time" x="${TIME_PX - 14}" y="${y + 4}" text-anchor="end">${seconds(row.atMs)}</text>${drawn}<text x="${place.wordsX}" y="${y + 4}">${cut(row.words, WORDS_CHARS)}</text></g>
`;
}

function messagePicture(row: Extract<SequenceRow, { kind: 'message' }>, y: number, { laneX }: Place): Html {
  const from = laneX(row.from);
  if (from === undefined) return html``;
  const ends = row.to.flatMap((name) => laneX(name) ?? []);
  return html`<circle cx="${px(from)}" cy="${y}" r="3.5"/>${ends.map((to) => {
    const near = to > from ? -2 : 2;
    return html`<line x1="${px(from)}" x2="${px(to + near)}" y1="${y}" y2="${y}" marker-end="url(#head)"/>`;
  })}`;
}

/** Each kind has a form of its own, so that no colour is needed to tell them apart. */
const FORMS: Readonly<Record<Mark, string>> = {
  commit: 'M-6 -6H6V6H-6z',
  crash: 'M-6 -6L6 6M6 -6L-6 6',
  restart: 'M0 -7L7 6H-7z',
  fault: 'M0 -7L7 0L0 7L-7 0z',
  undo: 'M-5 0A5 5 0 1 1 5 0A5 5 0 1 1 -5 0',
  phase: 'M0 -7V7',
  trouble: 'M0 7L7 -6H-7z',
};

function markPicture(row: Extract<SequenceRow, { kind: 'mark' }>, y: number, { laneX, wordsX }: Place): Html {
  const whole = row.mark === 'phase' || (row.mark === 'trouble' && row.lanes.length === 0);
  const line = html`<line class="whole" x1="${TIME_PX}" x2="${wordsX - 12}" y1="${y}" y2="${y}"/>`;
  const places = row.lanes.flatMap((name) => laneX(name) ?? []);
  return html`${whole ? line : html``}${places.map(
    (x) => html`<path class="mark" transform="translate(${px(x)} ${y})" d="${FORMS[row.mark]}"/>`,
  )}`;
}
