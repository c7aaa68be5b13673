import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import {
  actionOf,
  auditEntryDigest,
  chainAuditEntry,
  decodeTx,
  fromHex,
  merkleRoot,
  NO_AUDIT_ENTRY,
  type Tx,
} from '@consilium/core';
import { describe, expect, test } from 'vitest';
import { createAuditMap } from '../../src/aggregate/audit-map.ts';
import { type AuditBatch, buildAuditBatch, formatAuditBatch } from '../../src/aggregate/batch.ts';
import {
  type AuditQueue,
  beginBehind,
  checkEntryStore,
  commitEntries,
  proveEntries,
  verifyEntriesFile,
  type WaitingEntry,
} from '../../src/index.ts';
import { batchFolder, batchPath } from '../../src/node-only/audit-store/layout.ts';
import { writeCommitted } from '../../src/node-only/audit-store/progress.ts';
import { readBatch, writeHeads } from '../../src/node-only/audit-store/stored-batches.ts';
import {
  makeAuditStore,
  openAuditAdder,
  openAuditQueue,
  openAuditStore,
  openEntriesSource,
  openStoredBatches,
} from '../../src/node-only/index.ts';
import {
  type AggregatesScene,
  createAggregatesScene,
  entryOfLine,
  inputLine,
  pseudonym,
} from '../support/aggregates-scene.ts';

const ANNA = pseudonym('Anna');

describe('a batch is decided once', () => {
  /** Decides a batch and signs for it, and no more. */
  const signOnly = async (own: AggregatesScene): Promise<Tx> => {
    let signed: Uint8Array | undefined;
    await using queue = await openAuditQueue(own.store);
    const killed: AuditQueue = {
      ...queue,
      signed: async (batch, tx) => {
        await queue.signed(batch, tx);
        signed = tx;
        throw new Error('killed');
      },
    };
    await expect(commitEntries(own.client, killed, own.signer)).rejects.toThrow('killed');
    return decodeTx(signed ?? new Uint8Array());
  };

  test('a transaction of which nobody knows: the same bytes again, one root for the entries', async () => {
    await using own = await createAggregatesScene();
    await own.add(inputLine('Anna'));
    const { id } = await signOnly(own);
    await own.add(inputLine('Beat'));
    expect(await own.commit()).toMatchObject({ index: 0, count: 1 });
    expect(own.ledger.blocks.map(({ txs }) => txs.map((tx) => tx.id))).toEqual([[id]]);
    expect(await own.commit()).toMatchObject({ index: 1, count: 1 });
    expect(await own.commit()).toBeNull();
  });

  test('a transaction that is proven dead: another one asks for the same root', async () => {
    await using own = await createAggregatesScene();
    await own.add(inputLine('Anna'));
    const dead = await signOnly(own);
    await own.add(inputLine('Beat'));
    own.pass(dead.validUntil + 1_000);
    expect(await own.commit()).toMatchObject({ index: 0, count: 1 });
    const committed = own.ledger.blocks
      .flatMap(({ txs }) => txs)
      .find(({ actions }) => actions[0]?.type === 'audit.commit');
    expect(committed?.id).not.toBe(dead.id);
    expect(committed?.actions).toEqual(dead.actions);
  });

  test('committed while the process that sent it was killed: found on the ledger, not committed again', async () => {
    await using own = await createAggregatesScene();
    await own.add(inputLine('Anna'));
    {
      await using queue = await openAuditQueue(own.store);
      const killed = { ...queue, committed: () => Promise.reject(new Error('killed')) };
      await expect(commitEntries(own.client, killed, own.signer)).rejects.toThrow('killed');
    }
    expect(await own.commit()).toMatchObject({ index: 0, count: 1, height: 1 });
    expect(own.ledger.blocks).toHaveLength(1);
    expect(
      verifyEntriesFile(await own.prove(ANNA), own.ledger.chain.genesis, {
        verify: own.ledger.chain.deps.verify,
      }).entries,
    ).toHaveLength(1);
  });

  test('two copies of a store cannot both go on', async () => {
    await using own = await createAggregatesScene();
    const copy = `${own.folder}-copy`;
    await own.add(inputLine('Anna'));
    await cp(own.folder, copy, { recursive: true });
    try {
      await own.commit();
      await own.add(inputLine('Beat'));
      await own.commit();
      const store = await openAuditStore(copy);
      await using queue = await openAuditQueue(store);
      // The copy decides the same entries: the same root, which stands already; then it has no more.
      expect(await commitEntries(own.client, queue, own.signer)).toMatchObject({ index: 0 });
      await using adder = await openAuditAdder(store);
      await adder.add([entryOfLine(inputLine('Clara'), store)]);
      await expect(commitEntries(own.client, queue, own.signer)).rejects.toMatchObject({
        code: 'AGGREGATES_DIVERGED',
      });
    } finally {
      await rm(copy, { recursive: true, force: true });
    }
  });
});

describe('a whole store', () => {
  test('is held against the ledger, batch by batch', async () => {
    await using own = await createAggregatesScene();
    for (const name of ['Anna', 'Beat', 'Anna']) {
      await own.add(inputLine(name), inputLine('Clara'));
      await own.commit();
    }
    const check = await checkEntryStore(own.client, openStoredBatches(own.store));
    expect(check).toMatchObject({ batches: 3, entries: 6, pseudonyms: 3 });
    expect(check.asOf.height).toBe(own.ledger.blocks.length);
  });

  test('of an institution that shortens a chain in a later map is found out, where one new file alone is not', async () => {
    await using own = await createAggregatesScene();
    const { chain } = own.ledger;
    const options = { verify: chain.deps.verify };
    await own.add(inputLine('Anna'), inputLine('Anna', { action: 'D' }), inputLine('Beat'));
    await own.commit();
    const before = await own.prove(ANNA);
    await shorten(own);
    const after = await own.prove(ANNA);
    expect(verifyEntriesFile(after, chain.genesis, options).entries).toHaveLength(1);
    expect(() => verifyEntriesFile(after, chain.genesis, { ...options, earlier: before })).toThrow(
      'the earlier file has another entry here',
    );
    await expect(checkEntryStore(own.client, openStoredBatches(own.store))).rejects.toMatchObject({
      code: 'FILE_INVALID',
      data: { batch: 1 },
    });
  });

  test('of which a batch was lost, or is another one, is named by the batch', async () => {
    await using own = await createAggregatesScene();
    for (const name of ['Anna', 'Beat', 'Clara']) {
      await own.add(inputLine(name));
      await own.commit();
    }
    const path = batchPath(own.folder, 1);
    const whole = await readFile(path, 'utf8');
    const divergedAt = (batch: number) => ({ code: 'AGGREGATES_DIVERGED', data: { batch } });
    await rm(path);
    await expect(checkEntryStore(own.client, openStoredBatches(own.store))).rejects.toMatchObject(
      divergedAt(1),
    );
    const [head = '', ...rest] = whole.split('\n');
    const other = JSON.stringify({ ...JSON.parse(head), root: '11'.repeat(32) });
    await writeFile(path, [other, ...rest].join('\n'));
    await expect(checkEntryStore(own.client, openStoredBatches(own.store))).rejects.toMatchObject(
      divergedAt(1),
    );
  });

  test('of an institution that puts an entry before one that it had committed already proves nothing', async () => {
    await using own = await createAggregatesScene();
    const fact = (action: string): WaitingEntry => entryOfLine(inputLine('Anna', { action }), own.store);
    const first = chainAuditEntry(NO_AUDIT_ENTRY, fact('R'));
    const second = chainAuditEntry(first.head, fact('U'));
    // The second entry in the first batch, the first one in the second.
    const map = createAuditMap();
    const place = (batch: number) => ({ batch, position: 0 });
    const roots = ['77'.repeat(32), map.grow(new Map([[ANNA, { ...second.head, last: place(0) }]]))];
    for (const [index, { entry }] of [second, first].entries()) {
      const root = merkleRoot([fromHex(auditEntryDigest(entry))]);
      const [previous, mapRoot] = [roots[index - 1] ?? '00'.repeat(32), roots[index] ?? ''];
      const numbers = { index, first: index, count: 1 };
      await writeBatch(own, {
        head: { kind: 'consilium-audit-batch', version: 1, ...numbers, root, mapRoot, previous },
        entries: [{ entry, salt: '00'.repeat(32), before: index === 0 ? place(1) : null }],
      });
    }
    await writeHeads(own.folder, { batches: 2, entries: 2, map });
    await writeCommitted(own.folder, 2);
    await expect(own.prove(ANNA)).rejects.toMatchObject({ code: 'PROOF_INVALID', data: { rule: 'batch' } });
  });

  /** On the ledger and in the store, whatever is in it. */
  async function writeBatch(own: AggregatesScene, batch: AuditBatch): Promise<void> {
    const { root, count, mapRoot, previous, index } = batch.head;
    const { chain } = own.ledger;
    const action = actionOf('audit.commit', { root, count, mapRoot, previous });
    own.ledger.commit([chain.tx(own.signer.account, own.signer.key, [action])]);
    await mkdir(batchFolder(own.folder, index), { recursive: true });
    await writeFile(batchPath(own.folder, index), formatAuditBatch(batch));
  }

  /** Commits a second batch whose map has lost Anna's last entry, and leaves the store as such an institution would. */
  async function shorten(own: AggregatesScene): Promise<void> {
    const first = await readBatch(own.folder, 0);
    const map = createAuditMap();
    const kept = first.entries.slice(0, 1);
    for (const { entry } of kept)
      map.grow(
        new Map([
          [entry.patient, { count: 1, head: auditEntryDigest(entry), last: { batch: 0, position: 0 } }],
        ]),
      );
    const built = buildAuditBatch(map, { index: 1, first: 3 }, [entryOfLine(inputLine('Clara'), own.store)]);
    const head = { ...built.head, previous: first.head.mapRoot };
    await writeBatch(own, { head, entries: built.entries });
    await writeHeads(own.folder, { batches: 2, entries: 4, map });
    await writeCommitted(own.folder, 2);
  }
});

test('a new store behind a lost one goes on, proves its own entries, and cannot hide what was proven before', async () => {
  await using own = await createAggregatesScene();
  const { chain } = own.ledger;
  const options = { verify: chain.deps.verify };
  for (const name of ['Anna', 'Beat']) {
    await own.add(inputLine(name));
    await own.commit();
  }
  const before = await own.prove(ANNA);
  const folder = `${own.folder}-new`;
  try {
    const { genesis, institution } = own.store;
    const begins = await beginBehind(own.client, institution);
    expect(begins.batches).toBe(2);
    const store = await makeAuditStore(folder, { genesis, institution, begins });
    await expect(makeAuditStore(folder, { genesis, institution })).rejects.toMatchObject({
      code: 'FILE_EXISTS',
    });
    const proven = async () => proveEntries(own.client, await openEntriesSource(store), ANNA);
    await expect(proven()).rejects.toMatchObject({ code: 'AGGREGATES_DIVERGED', data: { batch: 1 } });
    for (const index of [2, 3]) {
      {
        await using adder = await openAuditAdder(store);
        await adder.add([entryOfLine(inputLine('Anna'), store)]);
      }
      await using queue = await openAuditQueue(store);
      expect(await commitEntries(own.client, queue, own.signer)).toMatchObject({ index, count: 1 });
    }
    const after = await proven();
    expect(verifyEntriesFile(after, chain.genesis, options).entries.map(({ batch }) => batch)).toEqual([
      2, 3,
    ]);
    expect(() => verifyEntriesFile(after, chain.genesis, { ...options, earlier: before })).toThrow('earlier');
    expect(await checkEntryStore(own.client, openStoredBatches(store))).toMatchObject({
      batches: 2,
      entries: 2,
    });
    await own.add(inputLine('Clara'));
    await expect(own.commit()).rejects.toMatchObject({ code: 'AGGREGATES_DIVERGED' });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
