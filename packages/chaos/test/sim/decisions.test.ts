import { ACCESSES, actionOf, concat, encode, type Header, headerId, POLICY, readRow } from '@consilium/core';
import { readBlock, stateReader, TABLES } from '@consilium/node/replica';
import { describe, expect, test } from 'vitest';
import { four } from '../support/network.ts';
import { recordsNetwork } from '../support/records.ts';

/** The row that says what holds where no consent speaks. */
const POLICY_KEY = concat(Uint8Array.of(POLICY.number), POLICY.keyOf());
const OPEN_POLICY = encode(POLICY.shape, 'Policy-all-normal');
const isPolicy = (table: number, key: Uint8Array): boolean =>
  table === TABLES.state && Buffer.compare(key, POLICY_KEY) === 0;

describe('who may open what', () => {
  test("Decisions are equal on all validators by construction (they are in `resultRoot`); one rule flipped on one node makes that node's vote disagree, not the chain.", () => {
    const flipped = four().hospitals[3]?.name as string;
    const net = recordsNetwork({
      hostile: [flipped],
      hostileParts: new Map([
        [
          flipped,
          {
            kv: (kv) => ({
              get: (table, key) => (isPolicy(table, key) ? OPEN_POLICY : kv.get(table, key)),
              write: (batch, done) => kv.write(batch, done),
            }),
          },
        ],
      ]),
    });
    const honest = net.nodes.slice(0, 3);
    const wrong = net.node(3);
    const reports: string[] = [];
    const prevotes = new Map<string, string | null>();
    net.cluster.taps.reported.push((node, { code }) => {
      if (node === wrong.id) reports.push(code);
    });
    net.cluster.taps.signed.push((node, content) => {
      if (node === wrong.id && content.type === 'prevote')
        prevotes.set(`${content.height}/${content.round}`, content.blockId);
    });

    const authored = net.register('a letter');
    // Nothing was decided by the rule that differs so far: all four are one.
    net.untilHeight(honest[0]?.height ?? 0, 20_000);
    const { patient, index } = net.access(authored, honest);
    const rows = honest.map(({ kv }) => readRow(stateReader(kv.reader), ACCESSES, patient, index));
    expect(rows[0]?.items.map(({ decision, rule }) => [decision, rule])).toEqual([['deny', 'no-consent']]);
    expect(rows).toEqual(Array(3).fill(rows[0]));

    const height = rows[0]?.height as number;
    const decided = readBlock(net.node(0).kv.reader, height)?.header as Header;
    const cast = [...prevotes].filter(([at]) => at.startsWith(`${height}/`));
    expect(cast.length).toBeGreaterThan(0);
    expect(cast.map(([, blockId]) => blockId)).not.toContain(headerId(decided));
    expect(reports).toContain('replica.diverged');
    expect(wrong.height).toBe(height - 1);
    net.commit(net.patient, actionOf('chain.noop', {}), honest);
    expect(Math.min(...honest.map((node) => node.height))).toBeGreaterThan(height);
    expect(wrong.height).toBe(height - 1);
    net.expectNoViolation();
  });
});
