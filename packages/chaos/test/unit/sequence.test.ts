import { describe, expect, test } from 'vitest';
import { firstDivergence } from '../../src/run/divergence.ts';
import { sequenceOf } from '../../src/run/sequence.ts';
import { sequenceText } from '../../src/run/sequence-text.ts';
import type { RunRecord } from '../../src/run/verdict.ts';
import { commitOf, emptyRecord, forkedRecord, idOf, passingRecord } from '../support/run-records.ts';

describe('The first divergence', () => {
  test('of a run without one is none.', () => {
    expect(firstDivergence(passingRecord().timeline)).toBeUndefined();
  });

  test('names the height, what is held, and by whom.', () => {
    expect(firstDivergence(forkedRecord().timeline)).toEqual({
      height: 12,
      atMs: 4_902,
      of: 'state',
      // n4 lies, and its word proves nothing.
      sides: [
        { blockId: idOf(12), stateRoot: `5a${idOf(12)}`.slice(0, 64), nodes: ['n1', 'n2'] },
        { blockId: idOf(12), stateRoot: 'bad0'.repeat(16), nodes: ['n3'] },
      ],
    });
  });

  test('is the lowest height, not the one told first.', () => {
    const other = (atMs: number, height: number) => ({
      ...commitOf(atMs, 'n2', height),
      blockId: 'f'.repeat(64),
    });
    const timeline = [commitOf(1, 'n1', 1), commitOf(2, 'n1', 2), other(3, 2), other(4, 1)];
    expect(firstDivergence(timeline)).toMatchObject({ height: 1, atMs: 4, of: 'blocks' });
  });
});

describe('The sequence diagram', () => {
  test('has one lane for each validator, also of those that did nothing.', () => {
    expect(sequenceOf(emptyRecord()).lanes).toEqual(['n1', 'n2', 'n3', 'n4']);
  });

  test('joins one message to several receivers, and leaves out gossip.', () => {
    const { rows, focus } = sequenceOf(passingRecord());
    expect(focus).toMatchObject({ why: 'end', height: 20 });
    const proposal = rows.find(
      (row) => row.kind === 'message' && row.form === 'proposal' && row.words.includes(' 20/0 '),
    );
    expect(proposal).toMatchObject({ from: 'n1', to: ['n2', 'n3', 'n4'] });
    expect(rows.filter(({ words }) => words.startsWith('transactions'))).toEqual([]);
  });

  test('is about the heights before the divergence, with crashes and restarts.', () => {
    const { rows, focus } = sequenceOf(forkedRecord());
    expect(focus).toMatchObject({ why: 'divergence', height: 12 });
    const marks = rows.flatMap((row) => (row.kind === 'mark' ? [`${row.mark} ${row.lanes.join()}`] : []));
    expect(marks).toContain('crash n3');
    expect(marks).toContain('restart n3');
    const commits = rows.flatMap((row) =>
      row.kind === 'mark' && row.words.startsWith('commit 12/') ? [row.lanes] : [],
    );
    expect(commits).toEqual([['n1', 'n2'], ['n3'], ['n4']]);
  });

  test('as text draws each row on the lanes.', () => {
    const lines = sequenceText(forkedRecord()).split('\n');
    expect(lines[0]).toMatch(/^Around the first divergence at height 12\. /);
    expect(lines).toContain('         ms    n1       n2       n3       n4');
    expect(lines).toContain(
      '     4805.0     o-------->-------->-------->     proposal 12/0 76a99b44 valid -1 by n1',
    );
    expect(lines).toContain(
      '     5000.0     |        |        |        |     violation of agreement: height 12: two state roots',
    );
    expect(lines).toContain('     4104.0     |        |        X        |     power-cut');
  });

  test('names whose a vote is, when the ids are known.', () => {
    const { ids: _, ...nameless } = forkedRecord();
    const words = (record: RunRecord) => sequenceOf(record).rows.map((row) => row.words);
    expect(words(forkedRecord())).toContain('prevote 12/0 76a99b44 valid -1 of n2');
    expect(words(nameless)).toContain('prevote 12/0 76a99b44 valid -1 of 2deabeef');
  });

  test('as text holds no control character of a message.', () => {
    const words = 'proposal \u001b[2J\u202e 1';
    const record = {
      ...emptyRecord(),
      timeline: [{ atMs: 1, kind: 'message', from: 'n2', to: 'n1', words } as const],
    };
    expect(sequenceText(record)).toContain('<--------o        |        |     proposal ?[2J? 1');
  });

  test('leaves out what only passes on what was shown, and draws what is said again much later.', () => {
    const message = (atMs: number, from: string, to: string, words: string) =>
      ({ atMs, kind: 'message', from, to, words }) as const;
    const timeline = [
      message(1, 'n1', 'n2', 'votes prevote 1/0 a of n1'),
      message(2, 'n2', 'n3', 'votes prevote 1/0 a of n1'),
      message(3, 'n2', 'n3', 'votes prevote 1/0 a of n1, prevote 1/0 a of n2'),
      message(4, 'n1', 'n3', 'votes prevote 1/0 a of n1'),
      message(5, 'n1', 'n3', 'votes prevote 1/0 b of n1'),
      message(2_000, 'n1', 'n3', 'votes prevote 1/0 a of n1'),
    ];
    const { rows, relays } = sequenceOf({ ...emptyRecord(), timeline });
    expect(relays).toBe(2);
    expect(rows.map((row) => [row.atMs, row.kind === 'message' && row.to.join(), row.words])).toEqual([
      [1, 'n2,n3', 'prevote 1/0 a of n1'],
      [3, 'n3', 'prevote 1/0 a of n2'],
      [5, 'n3', 'prevote 1/0 b of n1'],
      [2_000, 'n3', 'prevote 1/0 a of n1'],
    ]);
  });

  test('has bounds, and says what had no room.', () => {
    const timeline = Array.from({ length: 5_000 }, (_, index) => commitOf(index, 'n1', 3 + (index % 2)));
    const { rows, left } = sequenceOf({ ...emptyRecord(), timeline });
    expect([rows.length, left]).toEqual([160, 4_840]);
  });
});
