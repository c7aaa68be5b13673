// Owns: the sections of the page that are text and tables: verdict, divergence, faults, logs, writes, coverage, replay.
import { REPORT_LINE_CHARS_MAX, REPORT_LOG_LINES_MAX, REPORT_TABLE_ROWS_MAX } from '../limits.ts';
import type { Divergence } from '../run/divergence.ts';
import { type Focus, lanesOf, namesById } from '../run/sequence.ts';
import { shortId } from '../run/sequence-rows.ts';
import type { RunRecord } from '../run/verdict.ts';
import { renderScenario } from '../scenario/render.ts';
import type { Band } from './curves.ts';
import { cut, type Html, type HtmlValue, html, NOTHING, seconds } from './html.ts';
import { linesAround } from './log-window.ts';
import { FATES, meaningOfChecker, OUTCOMES, verdictWords } from './meanings.ts';

export function verdictSection(record: RunRecord): Html {
  const { verdict, scenario, dropped = {} } = record;
  const expected = scenario.expect.violation;
  const { outcome, world, seed, heights, tookMs, healedMs, unknown, violations, checks } = verdict;
  const { sign } = OUTCOMES[outcome];
  const facts = [
    `seed ${seed}`,
    world === 'sim' ? 'in the simulator' : 'on a devnet of processes',
    `${heights} heights`,
    `took ${seconds(tookMs)}${world === 'sim' ? ' of simulated time' : ''}`,
    healedMs === undefined ? 'no healing seen' : `healed within ${seconds(healedMs)}`,
  ];
  const missing = Object.entries(dropped).map(([file, lines]) => `${lines} lines of ${file}`);
  return html`<header class="${outcome}"><p class="kicker">Run of the scenario</p>
<h1>${scenario.name}</h1><p>${scenario.why}</p>
<p class="outcome"><span aria-hidden="true">${sign}</span> <strong>${outcome}</strong>: ${verdictWords(outcome, expected)}</p>
<p>${facts.join(' · ')}</p></header>
${violations.length === 0 ? NOTHING : violationList(record)}
${listSection('Why it is not known', unknown)}
${listSection('Left out of this folder, over its bounds', missing)}
<section aria-labelledby="checks"><h2 id="checks">What each checker says</h2>
${tableOf(['Checker', 'Says', 'What it looks at'], Object.entries(checks).map(checkRow))}</section>`;
}

function checkRow([name, outcome]: [string, keyof typeof OUTCOMES]): HtmlValue[] {
  const { sign, means } = OUTCOMES[outcome];
  const says = html`<span class="says ${outcome}"><span aria-hidden="true">${sign}</span> ${outcome}</span> <small>${means}</small>`;
  return [name, says, meaningOfChecker(name)];
}

function violationList(record: RunRecord): Html {
  const expected = record.scenario.expect.violation;
  const title = expected === undefined ? 'Violations' : `Violations; the scenario expects one of ${expected}`;
  const names = namesById(record);
  const rows = record.verdict.violations.map(({ checker, what, height, nodes = [] }) => [
    checker,
    height ?? '',
    cut(what, REPORT_LINE_CHARS_MAX),
    nodes.map((id) => names.get(shortId(id)) ?? shortId(id)).join(' '),
  ]);
  return html`<section class="bad" aria-labelledby="violations"><h2 id="violations">${title}</h2>
${tableOf(['Checker', 'Height', 'What', 'Nodes'], rows)}</section>`;
}

function listSection(title: string, lines: readonly string[]): Html {
  if (lines.length === 0) return NOTHING;
  const shown = lines.slice(0, REPORT_TABLE_ROWS_MAX);
  return html`<section><h2>${title}</h2><ul>${shown.map((line) => html`<li>${cut(line, REPORT_LINE_CHARS_MAX)}</li>`)}</ul></section>`;
}

export function divergenceSection(divergence: Divergence | undefined): Html {
  if (divergence === undefined) return NOTHING;
  const { height, atMs, of, sides } = divergence;
  const rows = sides.map(({ nodes, blockId, stateRoot }) => [
    nodes.join(', '),
    html`<code>${blockId}</code>`,
    html`<code>${stateRoot}</code>`,
  ]);
  const what = of === 'state' ? 'one block led to different states' : 'different blocks were committed';
  return html`<section class="bad" aria-labelledby="divergence"><h2 id="divergence">First divergence: height ${height}</h2>
<p>At height ${height} ${what}; seen at ${seconds(atMs)}. Every height before it is the same on all nodes.</p>
${tableOf(['Nodes', 'Block', 'State root'], rows)}</section>`;
}

export function faultTable(bands: readonly Band[]): Html {
  const rows = bands.map(({ id, fault, faultClass, targets, params, fromMs, toMs, undo }) => [
    id,
    fault,
    faultClass,
    targets.join(', '),
    params,
    seconds(fromMs),
    undo === undefined ? 'stood until the end' : `${seconds(toMs)}: ${undo}`,
  ]);
  const head = ['Number', 'Fault', 'Class', 'On', 'With', 'From', 'Undone'];
  return bands.length === 0
    ? html`<p>No fault was done.</p>`
    : folded(`Faults (${bands.length})`, tableOf(head, rows));
}

export function logsSection({ logs, ...record }: RunRecord, focus: Focus): Html {
  const about = focus.height === undefined ? '' : ` around height ${focus.height}`;
  const blocks = lanesOf({ logs, ...record }).map((name) => {
    const lines = logs[name] ?? [];
    const { shown, from } = linesAround(lines, focus, REPORT_LOG_LINES_MAX);
    const text = shown.map((line) => cut(line, REPORT_LINE_CHARS_MAX)).join('\n');
    const title = `${name}: lines ${from + 1} to ${from + shown.length} of ${lines.length}`;
    return shown.length === 0
      ? html`<p>${name}: no log.</p>`
      : folded(title, html`<pre tabindex="0" data-log="${name}">${text}</pre>`);
  });
  return html`<section aria-labelledby="logs"><h2 id="logs">Logs of the nodes${about}</h2>${blocks}</section>`;
}

export function writesSection({ writes }: RunRecord): Html {
  const counts = new Map<string, number>();
  for (const { outcome } of writes) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  const rows = Object.entries(FATES).map(([outcome, means]) => [outcome, counts.get(outcome) ?? 0, means]);
  const bad = writes.filter(({ outcome }) => outcome === 'lost' || outcome === 'duplicated');
  const badRows = bad.map(({ id, node, atMs, outcome }) => [
    outcome,
    seconds(atMs),
    node,
    html`<code>${id}</code>`,
  ]);
  return html`<section aria-labelledby="writes"><h2 id="writes">Writes of clients: ${writes.length}</h2>
${tableOf(['Fate', 'Count', 'What it means'], rows)}
${bad.length === 0 ? NOTHING : folded('Writes that were lost or doubled', tableOf(['Fate', 'Handed in', 'At', 'Write'], badRows))}</section>`;
}

export function coverageSection({ verdict, scenario }: RunRecord): Html {
  const asked = scenario.expect.sometimes;
  const names = [...new Set([...asked, ...Object.keys(verdict.sometimes)])].sort();
  const rows = names.map((name) => {
    const count = verdict.sometimes[name] ?? 0;
    const missing = count === 0 ? 'asked for, and not reached' : 'asked for, and reached';
    return [name, count, asked.includes(name) ? missing : ''];
  });
  const table = tableOf(['State', 'Times', 'Scenario'], rows);
  return html`<section aria-labelledby="coverage"><h2 id="coverage">Rare states that the run reached</h2>
${rows.length === 0 ? html`<p>None.</p>` : table}</section>`;
}

export function againSection({ verdict, scenario, versions }: RunRecord): Html {
  const again =
    verdict.world === 'sim'
      ? 'The simulator gives the same bytes again, as long as the code is the same.'
      : 'On a devnet the same faults come at the same times; what the machine does between them differs.';
  return html`<section aria-labelledby="again"><h2 id="again">Run it again</h2>
<p>${again} <code>DIR</code> is the folder of this run.</p>
<pre tabindex="0">npx consilium chaos replay DIR
npx consilium chaos shrink DIR</pre>
${verdict.digest === '' ? NOTHING : html`<p>Digest of the run: <code>${verdict.digest}</code></p>`}
${folded('The scenario', html`<pre tabindex="0">${renderScenario(scenario)}</pre>`)}
${folded('Versions', tableOf(['Part', 'Version'], Object.entries(versions)))}</section>`;
}

export function folded(title: string, content: Html): Html {
  return html`<details><summary>${title}</summary>${content}</details>`;
}

function tableOf(head: readonly string[], rows: readonly (readonly HtmlValue[])[]): Html {
  const shown = rows.slice(0, REPORT_TABLE_ROWS_MAX);
  const left = rows.length - shown.length;
  const cells = (row: readonly HtmlValue[]): Html[] =>
    row.map((value, index) => (index === 0 ? html`<th scope="row">${value}</th>` : html`<td>${value}</td>`));
  return html`<div class="table"><table><thead><tr>${head.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${shown.map((row) => html`<tr>${cells(row)}</tr>\n`)}</tbody></table></div>${left > 0 ? html`<p>${left} more are in the folder of the run.</p>` : NOTHING}`;
}
