import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { renderReport } from '../../src/report/report.ts';
import type { RunRecord, TimelineEntry } from '../../src/run/verdict.ts';
import { CHECKS } from '../../src/scenario/checks.ts';
import {
  commitOf,
  emptyRecord,
  forkedRecord,
  passingRecord,
  scenarioOf,
  verdictOf,
} from '../support/run-records.ts';

interface Tag {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

/** Every opening tag outside of style and script, as a browser would find them. */
function tagsOf(page: string): Tag[] {
  const body = page.replaceAll(/(<(style|script)>)[\s\S]*?(<\/\2>)/g, '$1$3');
  return [...body.matchAll(/<([a-z][\w-]*)((?:[^"'>]|"[^"]*"|'[^']*')*)>/gi)].map(
    ([, name = '', rest = '']) => ({
      name: name.toLowerCase(),
      attributes: new Map(
        [...rest.matchAll(/([^\s"'=/]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"']+))?/g)].map(
          ([, key = '', value = '']) => [key.toLowerCase(), value.replaceAll(/^["']|["']$/g, '')],
        ),
      ),
    }),
  );
}

function having(page: string, attribute: string): string[] {
  return tagsOf(page).flatMap(({ attributes }) => attributes.get(attribute) ?? []);
}

/** What a reader sees, without the tags. */
function textOf(page: string): string {
  return page
    .replaceAll(/<(style|script)>[\s\S]*?<\/\1>/g, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ');
}

const RECORDS: [string, () => RunRecord][] = [
  ['a pass', passingRecord],
  ['a fork', forkedRecord],
  ['nothing', emptyRecord],
];

describe('The page of a run', () => {
  test.each(RECORDS)('has one lane for each validator and one curve for each, of %s.', (_, make) => {
    const page = renderReport(make());
    expect(having(page, 'data-lane')).toEqual(['n1', 'n2', 'n3', 'n4']);
    expect(having(page, 'data-node')).toEqual(['n1', 'n2', 'n3', 'n4']);
  });

  test.each(RECORDS)('is the same bytes for the same record, of %s.', (_, make) => {
    expect(renderReport(make())).toBe(renderReport(make()));
  });

  test.each(RECORDS)('closes every tag that it opens, of %s.', (_, make) => {
    expect(unbalanced(renderReport(make()))).toEqual([]);
  });

  test.each(RECORDS)('names nothing outside of it, of %s.', (_, make) => {
    const page = renderReport(make());
    expect(page).not.toMatch(/https?:|@import|url\((?!#)|\/\/[a-z]/i);
    for (const attribute of ['href', 'src', 'srcset', 'action', 'data', 'poster', 'xlink:href', 'style'])
      expect(having(page, attribute)).toEqual([]);
    expect(page).toContain('content="default-src &#39;none&#39;; ');
  });

  test('lets a browser run its own script and take its own style, and no other.', () => {
    const page = renderReport(passingRecord());
    for (const name of ['style', 'script']) {
      const [, content = ''] = page.split(new RegExp(`</?${name}>`));
      const digest = createHash('sha256').update(content).digest('base64');
      expect(page).toContain(`${name}-src &#39;sha256-${digest}&#39;`);
    }
    expect(page).not.toContain('unsafe-inline');
  });

  test('says the verdict on top, what each checker says, and what that means.', () => {
    const text = textOf(renderReport(forkedRecord()));
    expect(text).toMatch(/two-state-roots .{0,200} fail : the run broke a promise/);
    expect(text).toContain(
      'agreement ✘ fail convicted: there is a violation All honest nodes hold one block',
    );
    expect(text).toContain('liveness – idle had nothing to look at');
    expect(text).toContain('validity ✔ pass');
    expect(textOf(renderReport(emptyRecord()))).toContain('the world could not be started');
  });

  test('takes a violation that the scenario expects for a pass, and its absence for none.', () => {
    const { verdict, ...record } = forkedRecord();
    const expecting = (violation: string) => scenarioOf({ expect: { ...record.scenario.expect, violation } });
    const seen = {
      ...record,
      verdict: { ...verdict, outcome: 'pass' as const },
      scenario: expecting('agreement'),
    };
    expect(textOf(renderReport(seen))).toContain('pass : agreement convicted, as the scenario expects');
    const missed = { ...record, verdict, scenario: expecting('stores') };
    expect(textOf(renderReport(missed))).toContain('expects that stores convicts, and it did not');
  });

  test('names the nodes of a violation as the lanes do.', () => {
    expect(textOf(renderReport(forkedRecord()))).toContain('agreement 12 height 12: two state roots n3');
  });

  test('has words for every checker that may convict.', () => {
    const checks = Object.fromEntries(CHECKS.map((name) => [name, 'pass' as const]));
    const page = renderReport({ ...emptyRecord(), verdict: verdictOf({ checks }) });
    expect(page).not.toContain('has no words for');
    expect(textOf(page)).toContain('rejections ✔ pass');
  });

  test('has a band for each fault, from its begin to its undo.', () => {
    const page = renderReport(passingRecord());
    expect(having(page, 'data-fault')).toEqual(['1', '2']);
    expect(page).toContain('<title>kill on n2 from 1.650 s, undone at 3.200 s: it is started again</title>');
    expect(page).toContain(
      '<title>isolate on n1 from 4.000 s, undone at 5.600 s: everything is as before</title>',
    );
    expect(renderReport(forkedRecord())).toContain(
      '<title>equivocate-prevote on n4 from 2.000 s, stood until the end (chance = 0.5)</title>',
    );
  });

  test('names the first divergence: the height, what is held, and by whom.', () => {
    const text = textOf(renderReport(forkedRecord()));
    expect(text).toContain('First divergence: height 12 At height 12 one block led to different states');
    expect(text).toMatch(/n1, n2 76a99b44[0-9a-f]+ 5a76a99b/);
    expect(text).toMatch(new RegExp(`n3 76a99b44[0-9a-f]+ ${'bad0'.repeat(16)}`));
    expect(textOf(renderReport(passingRecord()))).not.toContain('First divergence');
  });

  test('draws a lane as down between a crash and the restart.', () => {
    const page = renderReport({ ...passingRecord(), timeline: passingRecord().timeline.slice(0, 30) });
    const lane = /<g class="lane" data-lane="n2">.*?<\/g>/.exec(page)?.[0];
    expect(lane).toMatch(/class="up".*class="down"/);
    expect(/<g class="lane" data-lane="n3">.*?<\/g>/.exec(page)?.[0]).not.toContain('class="down"');
  });

  test('shows the log of each node around the divergence, else its end.', () => {
    const long = Array.from({ length: 1_000 }, (_, index) => `{"code":"x","height":${index}}`);
    const fork = renderReport({ ...forkedRecord(), logs: { n1: long } });
    expect(textOf(fork)).toContain('n1: lines 1 to 120 of 1000');
    expect(textOf(renderReport({ ...passingRecord(), logs: { n1: long } }))).toContain(
      'n1: lines 881 to 1000 of 1000',
    );
    expect(textOf(fork)).toContain('n4: no log.');
  });

  test('counts the fates of the writes and the rare states, and tells of one that was asked for in vain.', () => {
    const record = passingRecord();
    const scenario = scenarioOf({
      expect: { ...record.scenario.expect, sometimes: ['torn-tail', 'block-sync'] },
    });
    const text = textOf(renderReport({ ...record, scenario }));
    expect(text).toContain('Writes of clients: 60');
    expect(text).toContain('ok 54 acknowledged');
    expect(text).toContain('info 3 timed out');
    expect(text).toContain('lost 0 acknowledged');
    expect(text).toContain('torn-tail 0 asked for, and not reached');
    expect(text).toContain('block-sync 3 asked for, and reached');
    expect(text).toContain('npx consilium chaos replay DIR npx consilium chaos shrink DIR');
  });

  test('has a name for every picture and section that a screen reader meets.', () => {
    const page = renderReport(forkedRecord());
    const ids = new Set(having(page, 'id'));
    const named = having(page, 'aria-labelledby').flatMap((names) => names.split(' '));
    expect(named.filter((name) => !ids.has(name))).toEqual([]);
    expect(having(page, 'id')).toHaveLength(ids.size);
    const pictures = tagsOf(page).filter(
      ({ name, attributes }) => name === 'svg' && !attributes.has('aria-hidden'),
    );
    expect(pictures.map(({ attributes }) => attributes.get('role'))).toEqual(['img', 'img']);
  });

  test('stays a page with thousands of entries, and says what it left out.', () => {
    const timeline: TimelineEntry[] = [];
    for (let index = 0; index < 20_000; index += 1) {
      const id = Math.floor(index / 10);
      timeline.push(commitOf(index * 10, `n${(index % 4) + 1}`, Math.floor(index / 4)));
      if (index % 10 === 0)
        timeline.push({ atMs: index * 10, kind: 'fault', id, fault: 'kill', targets: ['n1'], params: {} });
    }
    const logs = { n1: Array.from({ length: 50_000 }, (_, index) => `line ${index} ${'x'.repeat(3_000)}`) };
    const page = renderReport({ ...passingRecord(), timeline, logs });
    expect(page.length).toBeLessThan(1_500_000);
    expect(textOf(page)).toMatch(/\d+ more faults had no room in the picture/);
    expect(textOf(page)).toContain('1500 more are in the folder of the run');
    expect(having(page, 'data-fault').length).toBeGreaterThan(10);
  });
});

describe('Hostile text in a run', () => {
  const EVIL = `"'><img src=x onerror=alert(1)></pre></title></svg></style><script>alert(2)</script>\`&amp;\u202e\u001b[2J{{`;

  function hostileRecord(): RunRecord {
    const id = EVIL;
    const timeline: TimelineEntry[] = [
      { atMs: 1, kind: 'fault', id: 1, fault: EVIL, targets: [EVIL, 'n1'], params: { [EVIL]: EVIL } },
      { atMs: 2, kind: 'commit', node: EVIL, height: 1, round: 0, blockId: id, stateRoot: EVIL, txs: 1 },
      { atMs: 2, kind: 'commit', node: 'n1', height: 1, round: 0, blockId: 'a', stateRoot: EVIL, txs: 1 },
      { atMs: 3, kind: 'message', from: EVIL, to: 'n2', words: EVIL },
      { atMs: 3, kind: 'message', from: 'n1', to: EVIL, words: `proposal ${EVIL}` },
      { atMs: 4, kind: 'report', node: EVIL, level: 'error', code: EVIL, facts: { [EVIL]: EVIL } },
      { atMs: 5, kind: 'violation', checker: EVIL, what: EVIL, height: 1 },
      { atMs: 6, kind: 'undo', id: 1 },
    ];
    return {
      verdict: verdictOf({
        outcome: 'fail',
        checks: { [EVIL]: 'fail' },
        violations: [{ checker: EVIL, what: EVIL, height: 1, nodes: [EVIL] }],
        unknown: [EVIL],
        sometimes: { [EVIL]: 1 },
        digest: EVIL,
      }),
      scenario: scenarioOf({ name: EVIL, why: EVIL }),
      versions: { [EVIL]: EVIL },
      timeline,
      logs: { [EVIL]: [EVIL, EVIL], n1: [EVIL] },
      writes: [{ id: EVIL, node: EVIL, atMs: 1, outcome: 'lost' }],
      dropped: { [EVIL]: 1 },
    };
  }

  const page = renderReport(hostileRecord());

  test('makes no tag, whichever field holds it.', () => {
    const ours = new Set(
      [...tagsOf(renderReport(forkedRecord())), ...tagsOf(renderReport(passingRecord()))].map(
        ({ name }) => name,
      ),
    );
    const made = new Set(tagsOf(page).map(({ name }) => name));
    expect([...made].filter((name) => !ours.has(name) && name !== 'ul' && name !== 'li')).toEqual([]);
    expect(page.match(/<script/gi)).toHaveLength(1);
    expect(unbalanced(page)).toEqual([]);
  });

  test('makes no attribute.', () => {
    const names = new Set(tagsOf(page).flatMap(({ attributes }) => [...attributes.keys()]));
    expect(
      [...names].filter((name) => /^on|^src|^href|^style|[^a-z0-9-]/i.test(name) && name !== 'viewbox'),
    ).toEqual([]);
  });

  test('is there to be read, without the characters that turn or clear a screen.', () => {
    expect(page).toContain('&lt;img src=x onerror=alert(1)&gt;');
    expect(page).toContain('&amp;amp;\ufffd\ufffd[2J');
    expect(page).not.toContain('\u202e');
    expect(page).not.toContain('\u001b');
  });
});

/** Tags that are closed in another order than they were opened, or never. */
function unbalanced(page: string): string[] {
  const body = page
    .replaceAll(/(<(style|script)>)[\s\S]*?(<\/\2>)/g, '$1$3')
    .replaceAll(/<(!doctype|meta)[^>]*>/g, '');
  const open: string[] = [];
  const wrong: string[] = [];
  for (const [, slash, name = '', self] of body.matchAll(/<(\/?)([a-z]\w*)(?:[^"'>/]|"[^"]*")*(\/?)>/gi)) {
    if (slash === '/') {
      if (open.pop() !== name) wrong.push(`</${name}>`);
    } else if (self !== '/') open.push(name);
  }
  return [...wrong, ...open];
}
