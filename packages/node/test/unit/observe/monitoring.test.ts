// The files in monitoring/: parsed by the grammars of YAML and PromQL, held against the table of metrics.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parser } from '@prometheus-io/lezer-promql';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { EVENTS } from '../../../src/observe/events.ts';
import { COUNTERS, GAUGES, HISTOGRAMS, type MetricEntry } from '../../../src/observe/metric-table.ts';

const REPOSITORY = new URL('../../../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, REPOSITORY), 'utf8');

const METRICS: Readonly<Record<string, MetricEntry>> = { ...GAUGES, ...COUNTERS, ...HISTOGRAMS };
/** What Prometheus adds to every sample. */
const ADDED_LABELS = ['instance', 'job'];

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly action: string; readonly runbook: string };
}

interface Panel {
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
}

const RULES = (parse(read('monitoring/alerts.yml')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  ({ rules }) => rules,
);
const BOARDS = ['network', 'node'].map((name) => {
  const text = read(`monitoring/dashboard-${name}.json`);
  return JSON.parse(text) as { uid: string; title: string; panels: Panel[] };
});
const TARGETS = BOARDS.flatMap(({ panels }) => panels.flatMap(({ targets }) => targets));
const EXPRESSIONS = [...RULES, ...TARGETS].map(({ expr }) => expr);

interface Used {
  readonly metrics: ReadonlySet<string>;
  readonly labels: ReadonlySet<string>;
  /** Values that labels are matched with. */
  readonly values: readonly string[];
  readonly isSound: boolean;
}

function usedIn(expression: string): Used {
  const metrics = new Set<string>();
  const labels = new Set<string>();
  const values: string[] = [];
  let isSound = true;
  parser.parse(expression).iterate({
    enter: ({ type, from, to, node }) => {
      const text = expression.slice(from, to);
      if (type.isError) isSound = false;
      if (type.name === 'Identifier' && node.parent?.name === 'VectorSelector') metrics.add(text);
      if (type.name === 'LabelName') labels.add(text);
      if (type.name === 'StringLiteral') values.push(text.slice(1, -1));
    },
  });
  return { metrics, labels, values, isSound };
}

/** Histograms are asked for by their parts. */
function tableNameOf(name: string): string {
  const base = name.replace(/_(?:bucket|sum|count)$/, '');
  return Object.hasOwn(HISTOGRAMS, base) ? base : name;
}

function labelsOf(metrics: Iterable<string>): string[] {
  const own = [...metrics].flatMap((name) => METRICS[tableNameOf(name)]?.labels ?? []);
  const parts = [...metrics].some((name) => name.endsWith('_bucket')) ? ['le'] : [];
  return [...own, ...parts, ...ADDED_LABELS];
}

describe('The alarms and dashboards in monitoring/', () => {
  test('are expressions of PromQL over metrics that exist, with labels that those have', () => {
    expect(EXPRESSIONS.length).toBeGreaterThan(60);
    for (const expression of EXPRESSIONS) {
      const { metrics, labels, isSound } = usedIn(expression);
      expect(isSound, expression).toBe(true);
      const unknown = [...metrics].filter(
        (name) => name !== 'up' && METRICS[tableNameOf(name)] === undefined,
      );
      expect(unknown, expression).toEqual([]);
      expect(labelsOf(metrics), expression).toEqual(expect.arrayContaining([...labels]));
    }
  });

  const promtool = spawnSync('promtool', [
    'check',
    'rules',
    fileURLToPath(new URL('monitoring/alerts.yml', REPOSITORY)),
  ]);
  test.runIf(promtool.error === undefined)('pass promtool, where it is installed', () => {
    expect(`${promtool.stdout}${promtool.stderr}`).toContain('SUCCESS');
    expect(promtool.status).toBe(0);
  });

  test('match only codes of events and states that exist', () => {
    const codes = EXPRESSIONS.flatMap((text) =>
      [...text.matchAll(/code="([^"]+)"/g)].map(([, code = '']) => code),
    );
    expect(codes.length).toBeGreaterThan(1);
    expect(codes.filter((code) => !Object.hasOwn(EVENTS, code))).toEqual([]);
  });

  test('show every metric that a node has', () => {
    const shown = new Set(EXPRESSIONS.flatMap((text) => [...usedIn(text).metrics].map(tableNameOf)));
    expect(Object.keys(METRICS).filter((name) => !shown.has(name))).toEqual([]);
  });

  test('a metric, a label or a bracket that is wrong is found', () => {
    expect(usedIn('rate(consilium_height[5m]').isSound).toBe(false);
    expect([...usedIn('sum by (nobody) (consilium_hieght)').metrics]).toEqual(['consilium_hieght']);
    expect([...usedIn('consilium_height{instanze="x"}').labels]).toEqual(['instanze']);
  });
});

describe('Each alarm', () => {
  test('says what it means and what to do, and where docs/operate/watching.md says more', () => {
    const page = read('docs/operate/watching.md');
    expect(RULES.length).toBeGreaterThan(15);
    expect(new Set(RULES.map(({ alert }) => alert)).size).toBe(RULES.length);
    for (const { alert, for: held, labels, annotations } of RULES) {
      expect(alert).toMatch(/^Consilium[A-Z][A-Za-z]+$/);
      expect(held, alert).toMatch(/^\d+[mh]$/);
      expect(['page', 'ticket']).toContain(labels.severity);
      expect(annotations.summary.length, alert).toBeGreaterThan(20);
      expect(annotations.action, alert).toMatch(/^\S.*\.$/s);
      const [file, anchor = ''] = annotations.runbook.split('#');
      expect(file, alert).toBe('docs/operate/watching.md');
      expect(page, alert).toContain(`<a id="${anchor}"></a>`);
    }
  });

  test('has only labels in its words that its samples have', () => {
    for (const { alert, expr, annotations } of RULES) {
      const { metrics } = usedIn(expr);
      const named = [...annotations.summary.matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label);
      const named2 = [...annotations.action.matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label);
      expect(labelsOf(metrics), alert).toEqual(expect.arrayContaining([...named, ...named2]));
    }
  });
});

describe('Each dashboard', () => {
  test('has panels that do not lie on each other, each with a title and a legend', () => {
    for (const { panels, uid, title } of BOARDS) {
      expect([uid, title]).toEqual([
        expect.stringMatching(/^consilium-/),
        expect.stringMatching(/^Consilium: /),
      ]);
      const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
        Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)}/${y + Math.floor(cell / w)}`),
      );
      expect(new Set(cells).size).toBe(cells.length);
      for (const panel of panels) {
        expect(panel.title).not.toBe('');
        for (const target of panel.targets) expect(target.legendFormat).not.toBe('');
      }
    }
  });
});
