// Owns: one run as one page that needs no network: everything is inside, and nothing else may be loaded or run.
import { createHash } from 'node:crypto';
import { firstDivergence } from '../run/divergence.ts';
import { sequenceOf } from '../run/sequence.ts';
import type { Mark, MessageForm } from '../run/sequence-rows.ts';
import { sequenceText, titleOf } from '../run/sequence-text.ts';
import type { RunRecord } from '../run/verdict.ts';
import { bandsOf, endMsOf } from './curves.ts';
import { type Html, html, NOTHING } from './html.ts';
import { SCRIPT, STYLE } from './look.ts';
import {
  againSection,
  coverageSection,
  divergenceSection,
  faultTable,
  folded,
  logsSection,
  verdictSection,
  writesSection,
} from './sections.ts';
import { sequencePicture } from './sequence-picture.ts';
import { timelinePicture } from './timeline-picture.ts';

/** The same record gives the same bytes. */
export function renderReport(record: RunRecord): string {
  const { verdict, scenario } = record;
  const policy = `default-src 'none'; style-src '${digestOf(STYLE)}'; script-src '${digestOf(SCRIPT)}'; base-uri 'none'; form-action 'none'`;
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${verdict.outcome}: ${scenario.name}, seed ${verdict.seed}</title>
<style>${raw(STYLE)}</style></head>
<body><main>
${verdictSection(record)}
<p id="folding"></p>
${divergenceSection(firstDivergence(record.timeline))}
${overTime(record)}
${closeLook(record)}
${logsSection(record, sequenceOf(record).focus)}
${writesSection(record)}
${coverageSection(record)}
${againSection(record)}
</main>
<script>${raw(SCRIPT)}</script>
</body></html>
`;
  return page.html;
}

function overTime(record: RunRecord): Html {
  const bands = bandsOf(record.timeline, endMsOf(record));
  return html`<section aria-labelledby="timeline"><h2 id="timeline">Timeline</h2>
${timelinePicture(record)}
${faultTable(bands)}</section>`;
}

const FORMS: Readonly<Record<Exclude<MessageForm, 'other'>, string>> = {
  proposal: 'thick line',
  prevote: 'dashed line',
  precommit: 'plain line',
  certificate: 'line of dashes and dots',
};

const MARKS: Readonly<Record<Exclude<Mark, 'phase'>, string>> = {
  commit: 'square',
  crash: 'cross',
  restart: 'triangle upwards',
  fault: 'diamond',
  undo: 'ring',
  trouble: 'triangle downwards',
};

function closeLook(record: RunRecord): Html {
  const sequence = sequenceOf(record);
  const bands = bandsOf(record.timeline, endMsOf(record));
  const key = Object.entries({ ...FORMS, ...MARKS }).map(([name, form]) => `${name}: ${form}`);
  const more = html`<p>${sequence.left} more rows of these heights had no room.</p>`;
  const relays = html`<p>${sequence.relays} messages that only passed on what was shown are not drawn.</p>`;
  return html`<section aria-labelledby="sequence"><h2 id="sequence">${titleOf(sequence.focus)}</h2>
<p>${key.join(' · ')} · a dotted lane is down</p>
${sequencePicture(sequence, bands)}${sequence.left > 0 ? more : NOTHING}${sequence.relays > 0 ? relays : NOTHING}
${folded('The same as text', html`<pre tabindex="0">${sequenceText(record)}</pre>`)}</section>`;
}

/** Of this package's own texts only. */
function raw(text: string): Html {
  return { html: text };
}

function digestOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
