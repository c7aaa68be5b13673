// The size that is promised, on a real store: nothing here is sampled but the whole files.
import { readFile } from 'node:fs/promises';
import {
  AGGREGATES,
  type Aggregate,
  type AuditEntry,
  auditChainFault,
  type Hex32,
  readRow,
  verifyAuditHead,
  verifyBatchEntry,
} from '@consilium/core';
import { expect, test } from 'vitest';
import { verifyEntriesFile, type WaitingEntry } from '../../src/index.ts';
import { openEntriesSource } from '../../src/node-only/index.ts';
import { createAggregatesScene, entryOfLine, inputLine, pseudonym } from '../support/aggregates-scene.ts';

const ENTRIES = 100_000;
const BATCHES = 4;
const PSEUDONYMS = 5_000;

const README = new URL('../../../../README.md', import.meta.url);

test('100,000 aggregated entries: each provable alone, one missing is noticed, rate per second stated with its command.', async () => {
  await using scene = await createAggregatesScene();
  for (let batch = 0; batch < BATCHES; batch += 1) {
    await scene.addAll(entriesOf(batch, scene.store.actorSecret));
    expect(await scene.commit()).toMatchObject({ index: batch, count: ENTRIES / BATCHES });
  }

  // Each alone, under the row of its batch; and the chains that they make.
  const { state } = scene.ledger.chain.view();
  const chains = new Map<Hex32, AuditEntry[]>();
  const source = await openEntriesSource(scene.store);
  let proven = 0;
  let last: Aggregate | undefined;
  for (let index = 0; index < BATCHES; index += 1) {
    last = readRow(state, AGGREGATES, scene.signer.account, index) as Aggregate;
    for (const { entry, place } of await source.batch(index)) {
      if (verifyBatchEntry(last, entry, place)) proven += 1;
      const chain = chains.get(entry.patient) ?? [];
      chains.set(entry.patient, chain);
      chain.push(entry);
    }
  }
  expect(proven).toBe(ENTRIES);
  expect(chains.size).toBe(PSEUDONYMS);

  // Of every pseudonym, one entry missing: a different one each time.
  const map = source.map();
  let noticed = 0;
  for (const [patient, entries] of chains) {
    const head = map.headOf(patient);
    expect(verifyAuditHead(last?.mapRoot ?? '', patient, head, map.prove(patient))).toBe(true);
    expect(auditChainFault(patient, entries, head)).toBeUndefined();
    if (auditChainFault(patient, entries.toSpliced(noticed % entries.length, 1), head) !== undefined)
      noticed += 1;
  }
  expect(noticed).toBe(PSEUDONYMS);

  // And as the files that a patient, or whoever asks for one entry, is handed.
  const { genesis, deps } = scene.ledger.chain;
  const patient = pseudonym(String(PSEUDONYMS - 1));
  const all = verifyEntriesFile(await scene.prove(patient), genesis, { verify: deps.verify });
  expect(all.entries).toHaveLength(ENTRIES / PSEUDONYMS);
  const one = await scene.prove(patient, { index: 7 });
  expect(one.length).toBeLessThan(16_384);
  expect(verifyEntriesFile(one, genesis, { verify: deps.verify }).entries).toHaveLength(1);

  expect(await readFile(README, 'utf8')).toMatch(/^\| `aggregates` +\|.*entries a second/m);
}, 300_000);

function entriesOf(batch: number, actorSecret: Hex32): readonly WaitingEntry[] {
  const count = ENTRIES / BATCHES;
  return Array.from({ length: count }, (_, at) => {
    const number = batch * count + at;
    const line = inputLine(String(number % PSEUDONYMS), { actor: `user ${number % 97}`, detail: { number } });
    return entryOfLine(line, { actorSecret });
  });
}
