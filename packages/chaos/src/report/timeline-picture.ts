// Owns: the picture of a run over time: faults as bands over the heights of each node and the throughput.
import { REPORT_BAND_ROWS_MAX, REPORT_BANDS_MAX } from '../limits.ts';
import { lanesOf } from '../run/sequence.ts';
import type { RunRecord } from '../run/verdict.ts';
import {
  type Band,
  type Bar,
  bandsOf,
  curveOf,
  endMsOf,
  type Point,
  throughputOf,
  ticksOf,
} from './curves.ts';
import { cut, type Html, html, NOTHING, px, seconds } from './html.ts';

const WIDTH = 1_000;
const LEFT = 64;
const RIGHT = 16;
const BAND_PX = 20;
const HEIGHTS_PX = 190;
const THROUGHPUT_PX = 90;
const GAP_PX = 34;
const LABEL_CHAR_PX = 6.6;
/** From here on the shades of bands lie over each other, and would hide the curves. */
const MANY_BANDS = 12;

interface Frame {
  readonly endMs: number;
  readonly bandsTop: number;
  readonly heightsTop: number;
  readonly throughputTop: number;
  readonly bottom: number;
}

interface PlacedBand extends Band {
  readonly row: number;
  readonly x: number;
  readonly width: number;
  readonly label: string;
  /** The label ends where the band ends, for bands near the right edge. */
  readonly labelAtEnd: boolean;
}

export function timelinePicture(record: RunRecord): Html {
  const endMs = endMsOf(record);
  const { placed, rows, left } = placeBands(bandsOf(record.timeline, endMs), endMs);
  const frame = frameOf(endMs, rows);
  const nodes = lanesOf(record);
  const curves = nodes.map((node) => curveOf(record.timeline, node));
  const bars = throughputOf(record.timeline, endMs);
  const more = left > 0 ? html`<p>${left} more faults had no room in the picture.</p>` : NOTHING;
  return html`<div class="picture" data-zoomable>
<svg role="img" aria-labelledby="timeline-title timeline-desc" class="${placed.length > MANY_BANDS ? 'many' : 'few'}" viewBox="0 0 ${WIDTH} ${frame.bottom + 26}">
<title id="timeline-title">Timeline of the run</title>
<desc id="timeline-desc">Each fault as a band from when it began until it was undone, over the height of each node and the transactions a second. The tables below tell the same in words.</desc>
${placed.map((band) => bandPicture(band, frame))}
${axes(frame, curves, bars)}
${bars.map((bar) => barPicture(bar, bars, frame))}
${curves.map((points, index) => curvePicture(points, index, nodes[index] ?? '', topOf(curves), frame))}
${phaseLines(record, frame)}
</svg></div>
${legend(nodes, curves)}${more}`;
}

function frameOf(endMs: number, rows: number): Frame {
  const bandsTop = 6;
  const heightsTop = bandsTop + rows * BAND_PX + GAP_PX - 8;
  const throughputTop = heightsTop + HEIGHTS_PX + GAP_PX;
  return { endMs, bandsTop, heightsTop, throughputTop, bottom: throughputTop + THROUGHPUT_PX };
}

function xOf(atMs: number, endMs: number): number {
  return LEFT + (atMs / endMs) * (WIDTH - LEFT - RIGHT);
}

/** Each band in the first row where neither it nor its label meets another. */
function placeBands(
  bands: readonly Band[],
  endMs: number,
): { placed: PlacedBand[]; rows: number; left: number } {
  const freeFrom: number[] = [];
  const placed: PlacedBand[] = [];
  for (const band of bands.slice(0, REPORT_BANDS_MAX)) {
    const x = xOf(band.fromMs, endMs);
    const width = Math.max(2, xOf(band.toMs, endMs) - x);
    const label = cut(`${band.fault} ${band.targets.join(' ')}`, 40);
    const labelPx = label.length * LABEL_CHAR_PX + 8;
    const labelAtEnd = x + labelPx > WIDTH - RIGHT;
    const from = labelAtEnd ? Math.min(x, x + width - labelPx) : x;
    const until = labelAtEnd ? x + width : Math.max(x + width, x + labelPx);
    const found = freeFrom.findIndex((free) => free <= from);
    const row = found < 0 ? freeFrom.length : found;
    if (row >= REPORT_BAND_ROWS_MAX) continue;
    freeFrom[row] = until + 3;
    placed.push({ ...band, row, x, width, label, labelAtEnd });
  }
  return { placed, rows: freeFrom.length, left: bands.length - placed.length };
}

function bandPicture(band: PlacedBand, frame: Frame): Html {
  const y = frame.bandsTop + band.row * BAND_PX;
  const labelX = band.labelAtEnd ? band.x + band.width - 4 : band.x + 4;
  return html`<g class="band class-${band.faultClass}" data-fault="${band.id}"><title>${bandWords(band)}</title>
<rect class="shade" x="${px(band.x)}" y="${frame.heightsTop}" width="${px(band.width)}" height="${frame.bottom - frame.heightsTop}"/>
<rect class="bar" x="${px(band.x)}" y="${y}" width="${px(band.width)}" height="${BAND_PX - 3}" rx="2"/>
<text x="${px(labelX)}" y="${y + 12.5}" text-anchor="${band.labelAtEnd ? 'end' : 'start'}">${band.label}</text></g>
`;
}

function bandWords({ fault, targets, fromMs, toMs, undo, params }: Band): string {
  const on = targets.length === 0 ? '' : ` on ${targets.join(', ')}`;
  const end = undo === undefined ? 'stood until the end' : `undone at ${seconds(toMs)}: ${undo}`;
  return `${fault}${on} from ${seconds(fromMs)}, ${end}${params === '' ? '' : ` (${params})`}`;
}

function topOf(curves: readonly (readonly Point[])[]): number {
  return curves.flat().reduce((top, { height }) => Math.max(top, height), 1);
}

function axes(frame: Frame, curves: readonly (readonly Point[])[], bars: readonly Bar[]): Html {
  const { endMs, heightsTop, throughputTop, bottom } = frame;
  const down = ticksOf(endMs, 10).map((ms) => {
    const x = px(xOf(ms, endMs));
    return html`<line class="grid" x1="${x}" x2="${x}" y1="${heightsTop}" y2="${bottom}"/><text x="${x}" y="${bottom + 16}" text-anchor="middle">${ms / 1_000} s</text>`;
  });
  return html`<g class="axes">${down}
${scale('height', 14, topOf(curves), heightsTop, HEIGHTS_PX)}
${scale('transactions a second', -6, topRate(bars), throughputTop, THROUGHPUT_PX)}</g>`;
}

function scale(name: string, nameDy: number, max: number, top: number, size: number): Html {
  const lines = ticksOf(max, 4).map((value) => {
    const y = px(top + size - (value / max) * size);
    return html`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}"/><text x="${LEFT - 6}" y="${y}" dy="4" text-anchor="end">${Math.round(value * 100) / 100}</text>`;
  });
  return html`<text class="name" x="${LEFT + 6}" y="${top + nameDy}">${name}</text>${lines}`;
}

function topRate(bars: readonly Bar[]): number {
  return bars.reduce((top, { perSecond }) => Math.max(top, perSecond), 1);
}

function barPicture({ fromMs, toMs, perSecond }: Bar, bars: readonly Bar[], frame: Frame): Html {
  if (perSecond === 0) return NOTHING;
  const x = xOf(fromMs, frame.endMs);
  const size = (perSecond / topRate(bars)) * THROUGHPUT_PX;
  const width = Math.max(1, xOf(toMs, frame.endMs) - x - 1);
  return html`<rect class="rate" x="${px(x)}" y="${px(frame.bottom - size)}" width="${px(width)}" height="${px(size)}"><title>${perSecond.toFixed(1)} a second from ${seconds(fromMs)} to ${seconds(toMs)}</title></rect>`;
}

function curvePicture(
  points: readonly Point[],
  index: number,
  node: string,
  top: number,
  frame: Frame,
): Html {
  const { endMs, heightsTop } = frame;
  const yOf = (height: number): number => heightsTop + HEIGHTS_PX - (height / top) * HEIGHTS_PX;
  const path = points
    .map(({ atMs, height }, place) => {
      const x = px(xOf(atMs, endMs));
      const y = px(yOf(height));
      return place === 0 ? `M${x} ${y}` : `H${x}V${y}`;
    })
    .join('');
  return html`<path class="curve ${lineStyle(index)}" data-node="${node}" d="${path}H${px(xOf(endMs, endMs))}"><title>height of ${node}</title></path>
`;
}

/** Colours come again after eight nodes, dashes after five: no two of forty look the same. */
function lineStyle(index: number): string {
  return `hue-${index % 8} dash-${index % 5}`;
}

function phaseLines({ timeline }: RunRecord, frame: Frame): Html[] {
  return timeline
    .filter((entry) => entry.kind === 'phase' || entry.kind === 'violation')
    .slice(0, REPORT_BANDS_MAX)
    .map((entry, index) => {
      const x = px(xOf(entry.atMs, frame.endMs));
      const words = entry.kind === 'phase' ? entry.phase : 'violation';
      return html`<g class="moment ${entry.kind}"><title>${words} at ${seconds(entry.atMs)}</title><line x1="${x}" x2="${x}" y1="${frame.heightsTop - 14}" y2="${frame.bottom}"/><text x="${x}" dx="3" y="${frame.heightsTop - 5 - (index % 2) * 11}" text-anchor="${entry.atMs > frame.endMs * 0.9 ? 'end' : 'start'}">${words}</text></g>`;
    });
}

function legend(nodes: readonly string[], curves: readonly (readonly Point[])[]): Html {
  return html`<ul class="legend" aria-label="Curves">${nodes.map(
    (node, index) =>
      html`<li><svg aria-hidden="true" width="34" height="10" viewBox="0 0 34 10"><path class="curve ${lineStyle(index)}" d="M0 5H34"/></svg> ${node}: height ${curves[index]?.at(-1)?.height ?? 0}</li>`,
  )}</ul>`;
}
