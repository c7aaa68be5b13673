import { readdir, readFile } from 'node:fs/promises';
import { AGGREGATES, ConsiliumError, listCount, readRow } from '@consilium/core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FOUNDERS, type Hospital, hospital } from '../../../core/test/kit/chain.ts';
import {
  approveProposal,
  auditActorCode,
  joinSet,
  noop,
  proposeAdmission,
  type VerifiedEntries,
  type VerifyEntriesOptions,
  verifyEntriesFile,
} from '../../src/index.ts';
import {
  type AggregatesScene,
  createAggregatesScene,
  inputLine,
  pseudonym,
} from '../support/aggregates-scene.ts';

const ANNA = pseudonym('Anna');
const DETAIL = { message: 'ORU^R01', text: 'Anna Muster, potassium 4.1' };

let scene: AggregatesScene;
let early: string;
let text: string;

/** Three batches, the second without Anna; between them a fifth hospital is admitted. */
beforeAll(async () => {
  scene = await createAggregatesScene();
  const { ledger, client } = scene;
  const { chain } = ledger;
  await scene.add(
    inputLine('Anna', { detail: DETAIL }),
    inputLine('Beat'),
    inputLine('Anna', { action: 'U' }),
  );
  await scene.commit();
  early = await scene.prove(ANNA);
  const send = (by: Hospital, action: Parameters<typeof chain.tx>[2][number]) =>
    ledger.commit([chain.tx(by.id, by.account, [action])]);
  const [first, second, third] = chain.hospitals as [Hospital, Hospital, Hospital];
  send(first, proposeAdmission(hospital('Töss').card));
  const proposal = (await client.proposals()).value[0]?.id ?? '';
  send(second, approveProposal(proposal));
  send(third, approveProposal(proposal));
  send(hospital('Töss'), joinSet());
  for (let more = 0; more < 3; more += 1) send(first, noop());
  await scene.add(inputLine('Beat', { actor: 'other' }), inputLine('Clara'));
  await scene.commit();
  await scene.add(inputLine('Anna', { actor: 'other', purpose: 'HPAYMT' }), inputLine('Beat'));
  await scene.commit();
  text = await scene.prove(ANNA);
});

afterAll(() => scene[Symbol.asyncDispose]());

const verified = (file: string, options: VerifyEntriesOptions = {}): VerifiedEntries =>
  verifyEntriesFile(file, scene.ledger.chain.genesis, {
    verify: scene.ledger.chain.deps.verify,
    ...options,
  });

function refusalOf(
  file: string,
  options?: VerifyEntriesOptions,
): { line: unknown; rule: unknown } | undefined {
  try {
    verified(file, options);
    return undefined;
  } catch (error) {
    if (!(error instanceof ConsiliumError) || error.code !== 'PROOF_INVALID') throw error;
    return { line: error.data['line'], rule: error.data['rule'] };
  }
}

/** Numbers of the lines on which entries stand, and the lines. */
function entryLines(file: string): { readonly lines: string[]; readonly at: number[] } {
  const lines = file.split('\n');
  const begin = lines.indexOf('"entries":[') + 1;
  return { lines, at: lines.slice(begin, lines.indexOf(']', begin)).map((_line, index) => begin + index) };
}

/** The file with its entries as `change` makes them; commas are put right. */
function withEntries(file: string, change: (entries: string[]) => string[]): string {
  const { lines, at } = entryLines(file);
  const entries = at.map((index) => (lines[index] ?? '').replace(/,$/, ''));
  const changed = change(entries);
  const joined = changed.map((entry, index) => (index + 1 < changed.length ? `${entry},` : entry));
  return lines.toSpliced(at[0] ?? 0, at.length, ...joined).join('\n');
}

describe('entries of an institution under its roots', () => {
  test('stand on the ledger as roots and numbers, and nothing else', () => {
    const { state } = scene.ledger.chain.view();
    const { account } = scene.signer;
    expect(listCount(state, 'aggregates', account)).toBe(3);
    const rows = [0, 1, 2].map((index) => readRow(state, AGGREGATES, account, index));
    expect(rows.map((row) => row?.count)).toEqual([3, 2, 2]);
    expect(rows[1]?.previous).toBe(rows[0]?.mapRoot);
    expect(rows[2]?.previous).toBe(rows[1]?.mapRoot);
    const blocks = JSON.stringify(scene.ledger.blocks.map(({ txs }) => txs.map(({ bytes }) => [...bytes])));
    expect(blocks).not.toContain(JSON.stringify([...Buffer.from(ANNA, 'hex')]).slice(1, -1));
  });

  test('of one pseudonym verify offline as all there are, across a change of the set', () => {
    const { entries, claim, institutionName, asOf } = verified(text);
    expect(claim).toBe('all');
    expect(institutionName).toBe(FOUNDERS[0]);
    expect(asOf.height).toBe(scene.ledger.blocks.length);
    expect(entries.map(({ index, action, purpose, batch }) => [index, action, purpose, batch])).toEqual([
      [0, 'R', 'TREAT', 0],
      [1, 'U', 'TREAT', 0],
      [2, 'R', 'HPAYMT', 2],
    ]);
    expect(entries.map(({ actor }) => (actor.type === 'code' ? actor.code : ''))).toEqual(
      ['m.keller', 'm.keller', 'other'].map((name) => auditActorCode(scene.store.actorSecret, name)),
    );
    expect(entries[0]?.time).toBe(Date.parse('2026-11-26T09:15:00Z'));
  });

  test('of one who has none are proven to be none', async () => {
    expect(verified(await scene.prove(pseudonym('nobody'))).entries).toEqual([]);
  });

  test('are none where the institution has no batch at all', async () => {
    await using empty = await createAggregatesScene();
    const { chain } = empty.ledger;
    empty.ledger.commit([chain.tx(empty.signer.account, empty.signer.key, [noop()])]);
    const file = await empty.prove(ANNA);
    const options = { verify: chain.deps.verify };
    expect(verifyEntriesFile(file, chain.genesis, options)).toMatchObject({ claim: 'all', entries: [] });
  });

  test('prove one alone, and its detail to whom its salt is given', async () => {
    const one = await scene.prove(ANNA, { index: 0 });
    expect(verified(one)).toMatchObject({ claim: 'one', entries: [{ index: 0, batch: 0, action: 'R' }] });
    const detail = new TextEncoder().encode(JSON.stringify(DETAIL));
    expect(refusalOf(one, { detail })?.rule).toBe('detail');
    const open = await scene.prove(ANNA, { index: 0, salts: true });
    expect(verified(open, { detail }).entries).toHaveLength(1);
    expect(refusalOf(open, { detail: detail.slice(1) })?.rule).toBe('detail');
    await expect(scene.prove(ANNA, { index: 3 })).rejects.toMatchObject({ code: 'VALUE_INVALID' });
  });

  test('name nobody and hold no detail, in any file that leaves the institution or stays', async () => {
    const names = await readdir(scene.folder, { recursive: true, withFileTypes: true });
    const files = names.filter((each) => each.isFile());
    const kept = await Promise.all(
      files.map(({ parentPath, name }) => readFile(`${parentPath}/${name}`, 'utf8')),
    );
    for (const content of [...kept, text, early])
      for (const word of ['Muster', 'potassium', 'keller']) expect(content).not.toContain(word);
  });
});

describe('whoever changes the file is found out, by the line', () => {
  const place = (file: string, index: number): number => (entryLines(file).at[index] ?? 0) + 1;

  test.each([0, 1, 2])('entry %i dropped', (index) => {
    const file = withEntries(text, (entries) => entries.toSpliced(index, 1));
    // Behind a gap the next line shows it; at the end the count does.
    expect(refusalOf(file)).toEqual({ line: place(text, index), rule: index === 2 ? 'missing' : 'order' });
  });

  test.each([0, 1, 2])('entry %i edited', (index) => {
    const file = withEntries(text, (entries) =>
      entries.with(index, (entries[index] ?? '').replace(/"action":"."/, '"action":"D"')),
    );
    expect(refusalOf(file)).toEqual({ line: place(text, index), rule: 'changed' });
  });

  test('two entries swapped', () => {
    const file = withEntries(text, ([a = '', b = '', c = '']) => [b, a, c]);
    expect(refusalOf(file)).toEqual({ line: place(text, 0), rule: 'order' });
  });

  test('an entry invented at the end', () => {
    const file = withEntries(text, (entries) => [
      ...entries,
      (entries[2] ?? '').replace('"index":2', '"index":3'),
    ]);
    expect(refusalOf(file)).toEqual({ line: place(text, 2) + 1, rule: 'surplus' });
  });

  test('the last entry and its count dropped, as if the newest batch had not been', () => {
    const lines = text.split('\n');
    const map = lines.indexOf('"map":[') + 1;
    const earlyLines = early.split('\n');
    const file = withEntries(
      lines.with(map, earlyLines[earlyLines.indexOf('"map":[') + 1] ?? '').join('\n'),
      (entries) => entries.slice(0, 2),
    );
    expect(refusalOf(file)).toEqual({ line: map + 1, rule: 'map' });
  });

  test('a batch that no entry is in', async () => {
    const other = (await scene.prove(pseudonym('Beat'))).split('\n');
    const section = (lines: readonly string[]): readonly [from: number, count: number] => {
      const from = lines.indexOf('"batches":[') + 1;
      return [from, lines.indexOf('],', from) - from];
    };
    const lines = text.split('\n');
    const [from, count] = section(lines);
    const [otherFrom, otherCount] = section(other);
    expect([count, otherCount]).toEqual([2, 3]);
    const file = lines.toSpliced(from, count, ...other.slice(otherFrom, otherFrom + otherCount)).join('\n');
    expect(refusalOf(file)).toEqual({ line: from + 2, rule: 'surplus' });
  });

  test('an old file passed off as new', () => {
    const now = scene.ledger.chain.view().tip.time;
    const { asOf } = verified(early);
    expect(asOf.height).toBe(1);
    expect(verified(text, { maxAgeMs: 0, now }).asOf.time).toBe(now);
    const error = (() => {
      try {
        return verified(early, { maxAgeMs: now - asOf.time - 1, now });
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toMatchObject({ code: 'STALE' });
  });

  test('a later file that does not go on from an earlier one', async () => {
    expect(verified(text, { earlier: early }).entries).toHaveLength(3);
    expect(() => verified(early, { earlier: text })).toThrow(ConsiliumError);
    await using other = await createAggregatesScene();
    await other.add(inputLine('Anna'), inputLine('Anna'), inputLine('Anna'));
    await other.commit();
    for (let more = 0; more < 20; more += 1)
      other.ledger.commit([other.ledger.chain.tx(other.signer.account, other.signer.key, [noop()])]);
    const rewritten = await other.prove(ANNA);
    expect(refusalOf(rewritten, { earlier: early })).toEqual({ line: place(rewritten, 0), rule: 'earlier' });
    expect(refusalOf(rewritten, { earlier: await other.prove(ANNA, { index: 2 }) })).toBeUndefined();
  });

  test('any single byte: it is refused, or it means exactly the same', () => {
    const bytes = new TextEncoder().encode(text);
    const meaning = JSON.stringify(verified(text));
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 127 }), (at, change) => {
        const changed = bytes.slice();
        changed[at] = (changed[at] ?? 0) ^ change;
        try {
          expect(JSON.stringify(verified(new TextDecoder().decode(changed)))).toBe(meaning);
        } catch (error) {
          expect(error).toMatchObject({ code: 'PROOF_INVALID' });
        }
      }),
      { numRuns: 150 },
    );
  });
});
