import {
  BATCHES,
  type CustodyPackage,
  custodyEpoch,
  type Hex32,
  RECORD_CHUNKS_MAX,
  readRow,
  verifyReceipt,
} from '@consilium/core';
import { afterEach, describe, expect, it } from 'vitest';
import { asPerson, type Person } from '../../../../core/test/kit/people.ts';
import type { Outcome } from '../../../src/custody/custody.ts';
import type { Gathered } from '../../../src/custody/gatherer.ts';
import { CUSTODY_EXPIRY_MS, CUSTODY_SWEEP_MS, INTAKES_PER_SOURCE_MAX } from '../../../src/limits.ts';
import { decodeCustodyMessage } from '../../../src/messages/custody.ts';
import { TABLES } from '../../../src/tables.ts';
import type { Authored } from '../../support/custody-author.ts';
import {
  answerOf,
  type CustodyNode,
  type CustodyWorld,
  createCustodyWorld,
  ok,
  refusal,
  until,
} from '../../support/custody-world.ts';

let world: CustodyWorld;
afterEach(() => world.stop());

function start(): {
  readonly at: CustodyNode;
  readonly others: readonly CustodyNode[];
  readonly patient: Person;
} {
  world = createCustodyWorld();
  const [at, ...others] = world.nodes as [CustodyNode, ...CustodyNode[]];
  return { at, others, patient: world.patient(at.hospital, 'patient of receipts') };
}

async function handIn({ custody }: CustodyNode, { blobs }: Authored): Promise<void> {
  ok(await answerOf<Outcome<readonly Hex32[]>>((done) => custody.storeBlobs(blobs, done)));
}

function push({ custody }: CustodyNode, { bytes }: Authored): Promise<Outcome<Gathered>> {
  return answerOf((done) => custody.push(bytes, 10_000, done));
}

describe('receipts of custodians', () => {
  it('enough receipts come, each signed over the root of the batch, and the ledger takes them', async () => {
    const { at, patient } = start();
    const authored = await world.author(at.hospital, patient);
    await handIn(at, authored);
    const gathered = ok(await push(at, authored));
    expect(gathered).toMatchObject({ batch: authored.batch, epoch: 0, needed: 3 });
    expect(gathered.receipts.length).toBeGreaterThanOrEqual(3);
    const { state } = world.chain.view();
    const custodians = custodyEpoch(state, 0)?.custodians ?? [];
    const { genesisHash, verify } = world.chain.deps;
    const { patient: of, author, batch } = authored.content;
    const statement = { patient: of, author, batch, epoch: 0, root: batch, count: 2 };
    for (const { index, signature } of gathered.receipts)
      expect(
        verifyReceipt(verify, genesisHash, custodians[index - 1]?.signingKey as Hex32, statement, signature),
      ).toBe(true);
    expect(world.act(asPerson(at.hospital), authored.registration(gathered.receipts))).toBe('OK');
    expect(readRow(world.chain.view().state, BATCHES, authored.batch)?.count).toBe(2);
  });

  it('a receipt is signed only after blobs, package and pending row are durable', async () => {
    const { at, others, patient } = start();
    const [slow] = others as [CustodyNode];
    const authored = await world.author(at.hospital, patient);
    await handIn(at, authored);
    slow.kv.held = [];
    const gathered = ok(await push(at, authored));
    await until(() => slow.kv.held?.length === 1, 'the slow store has a write to end');
    expect(slow.counted.filter(({ what }) => what === 'receipt')).toEqual([]);
    expect(gathered.missing.map(({ institution }) => institution)).toEqual([slow.hospital.id]);
    // Rows that say where the blobs are, then the package: one write after the other.
    for (let writes = 0; writes < 2; writes += 1) {
      await until(() => slow.kv.held?.length === 1, 'the next write');
      expect(slow.counted.filter(({ what }) => what === 'receipt')).toEqual([]);
      if (writes === 1)
        for (const { id } of authored.content.records.flatMap(({ chunks }) => chunks))
          expect(slow.vault.has(id)).toBe(true);
      slow.kv.held?.shift()?.();
    }
    await until(() => slow.counted.some(({ what }) => what === 'receipt'), 'its receipt');
    expect(slow.kv.rows(TABLES.packages)).toHaveLength(1);
    expect(slow.kv.rows(TABLES.pendingBatches)).toHaveLength(1);
    expect(slow.kv.rows(TABLES.looseBlobs)).toHaveLength(0);
  });

  it('a custodian whose share does not fit says so, and the others’ receipts are enough', async () => {
    const { at, patient } = start();
    const authored = await world.author(at.hospital, patient, { falseFor: [4] });
    await handIn(at, authored);
    const { state } = world.chain.view();
    const cheated = custodyEpoch(state, 0)?.custodians[3]?.id as Hex32;
    const gathered = ok(await push(at, authored));
    expect(gathered.receipts.map(({ index }) => index)).toEqual([1, 2, 3]);
    const again = await answerOf<Outcome<Gathered>>((done) => {
      void until(
        () =>
          at.heard.some(({ message }) => message.type === 'receipt-refusal') || cheated === at.hospital.id,
        'the refusal',
      ).then(() => at.custody.push(authored.bytes, 10_000, done));
    });
    expect(ok(again).missing).toEqual([
      expect.objectContaining({ index: 4, institution: cheated, code: 'CUSTODY_SHARE_FALSE' }),
    ]);
    const other = world.nodes.find(({ hospital }) => hospital.id === cheated) as CustodyNode;
    expect(other.kv.rows(TABLES.packages)).toHaveLength(0);
  });

  it.each<[string, (content: CustodyPackage) => CustodyPackage, string]>([
    [
      'a batch that is not the root of its records',
      (p) => ({ ...p, batch: 'ab'.repeat(32) }),
      'CUSTODY_PACKAGE_INVALID',
    ],
    [
      'a commitment that is not of its chunks',
      (p) => ({ ...p, records: p.records.map((record) => ({ ...record, salt: 'cd'.repeat(32) })) }),
      'CUSTODY_PACKAGE_INVALID',
    ],
    ['an epoch that never was', (p) => ({ ...p, epoch: 9 }), 'CUSTODY_EPOCH_WRONG'],
    ['another institution as author', (p) => ({ ...p, author: 'ee'.repeat(32) }), 'CUSTODY_PACKAGE_INVALID'],
    ['a patient whom nobody knows', (p) => ({ ...p, patient: 'ee'.repeat(32) }), 'ACCOUNT_NOT_FOUND'],
  ])('%s is refused', async (_what, change, code) => {
    const { at, patient } = start();
    const authored = await world.author(at.hospital, patient, { change });
    await handIn(at, authored);
    expect(refusal(await push(at, authored))).toBe(code);
    expect(at.kv.rows(TABLES.packages)).toEqual([]);
  });

  it('a point that is no element of the group is refused', async () => {
    const { at, patient } = start();
    const smallOrder = 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f';
    const authored = await world.author(at.hospital, patient, { points: [smallOrder, smallOrder] });
    await handIn(at, authored);
    const refused = await push(at, authored);
    expect(refused).toMatchObject({ code: 'CUSTODY_PACKAGE_INVALID', data: { rule: 'point' } });
  });

  it('a package under another key than the sender’s is refused', async () => {
    const { at, others, patient } = start();
    const [other] = others as [CustodyNode];
    const authored = await world.author(at.hospital, patient, { key: other.hospital.account });
    await handIn(at, authored);
    expect(refusal(await push(at, authored))).toBe('TX_SIGNATURE_INVALID');
  });

  it('a patient of another institution is refused', async () => {
    const { at, others } = start();
    const [other] = others as [CustodyNode];
    const foreign = world.patient(other.hospital, 'patient of the other');
    const authored = await world.author(at.hospital, foreign);
    await handIn(at, authored);
    expect(refusal(await push(at, authored))).toBe('TX_NOT_PERMITTED');
  });

  it('blobs that nobody has are told as missing', async () => {
    const { at, patient } = start();
    const authored = await world.author(at.hospital, patient);
    expect(refusal(await push(at, authored))).toBe('CUSTODY_PACKAGE_MISSING');
  });

  it('asking again is answered from memory, after a restart by asking the others, and nothing is kept twice', async () => {
    const { at, patient } = start();
    const authored = await world.author(at.hospital, patient);
    await handIn(at, authored);
    const first = ok(await push(at, authored));
    const pushes = (): number =>
      world.nodes.flatMap(({ heard }) => heard).filter(({ message }) => message.type === 'package').length;
    const before = pushes();
    expect(ok(await push(at, authored)).receipts.length).toBeGreaterThanOrEqual(first.receipts.length);
    expect(pushes()).toBe(before);
    expect(at.counted.filter(({ what }) => what === 'receipt')).toHaveLength(1);
    at.restart();
    const after = ok(await push(at, authored));
    expect(after.receipts.length).toBeGreaterThanOrEqual(3);
    expect(pushes()).toBeGreaterThan(before);
    expect(at.counted.filter(({ what }) => what === 'package')).toHaveLength(1);
  });

  it('whoever was away gets the package when it is back', async () => {
    const { at, others, patient } = start();
    const [away] = others as [CustodyNode];
    world.cut(at, away);
    const authored = await world.author(at.hospital, patient);
    await handIn(at, authored);
    const gathered = ok(await push(at, authored));
    expect(gathered.missing).toEqual([
      expect.objectContaining({ institution: away.hospital.id, code: null }),
    ]);
    world.connect(at, away);
    await until(() => away.counted.some(({ what }) => what === 'receipt'), 'its receipt');
  });

  it('a package without a registration is destroyed after an hour, with its blobs', async () => {
    const { at, others, patient } = start();
    const authored = await world.author(at.hospital, patient);
    await handIn(at, authored);
    ok(await push(at, authored));
    await until(() => others.every(({ kv }) => kv.rows(TABLES.packages).length === 1), 'all hold it');
    world.clock.advance(CUSTODY_EXPIRY_MS - CUSTODY_SWEEP_MS);
    expect(at.vault.ids()).toHaveLength(2);
    world.clock.advance(3 * CUSTODY_SWEEP_MS);
    await until(() => world.nodes.every(({ vault }) => vault.ids().length === 0), 'all blobs are gone');
    for (const { kv } of world.nodes)
      for (const table of [TABLES.packages, TABLES.pendingBatches, TABLES.looseBlobs, TABLES.blobBatches])
        expect(kv.rows(table)).toEqual([]);
  });

  it('a registered batch stays, also over a restart', async () => {
    const { at, patient } = start();
    const authored = await world.author(at.hospital, patient);
    await world.register(at, at.hospital, authored);
    await until(() => at.kv.rows(TABLES.pendingBatches).length === 0, 'nothing waits');
    at.restart();
    world.clock.advance(3 * CUSTODY_EXPIRY_MS);
    expect(at.vault.ids()).toHaveLength(2);
    expect(at.kv.rows(TABLES.packages)).toHaveLength(1);
  });

  it('blobs that no package names are destroyed after an hour, also when a restart comes between', async () => {
    const { at, patient } = start();
    const authored = await world.author(at.hospital, patient);
    await handIn(at, authored);
    at.restart();
    world.clock.advance(CUSTODY_EXPIRY_MS + 2 * CUSTODY_SWEEP_MS);
    await until(() => at.vault.ids().length === 0, 'the blobs are gone');
    expect(at.kv.rows(TABLES.looseBlobs)).toEqual([]);
  });

  it('a blob that another batch names stays when a batch that names it too expires', async () => {
    const { at, patient } = start();
    const authored = await world.author(at.hospital, patient);
    await world.register(at, at.hospital, authored);
    const again = await world.author(at.hospital, patient, { anew: authored });
    expect(again.batch).not.toBe(authored.batch);
    expect(again.blobs).toEqual(authored.blobs);
    await handIn(at, again);
    ok(await push(at, again));
    world.clock.advance(CUSTODY_EXPIRY_MS + 2 * CUSTODY_SWEEP_MS);
    await until(() => at.kv.rows(TABLES.packages).length === 1, 'the second has expired');
    expect(at.vault.ids()).toHaveLength(2);
    expect(at.kv.rows(TABLES.looseBlobs)).toEqual([]);
  });

  it('a false receipt is not counted, and its sender is blamed', async () => {
    const { at, others, patient } = start();
    const [liar] = others as [CustodyNode];
    world.tap = (from, _to, bytes) => {
      const isReceipt = from === liar.hospital.id && bytes.length > 150 && bytes.length < 400;
      if (isReceipt) bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
      return bytes;
    };
    const authored = await world.author(at.hospital, patient);
    await handIn(at, authored);
    ok(await push(at, authored));
    await until(() => at.penalties.some(({ peer }) => peer === liar.hospital.id), 'the liar is blamed');
  });

  it('more than an author may have pending is refused before anything of it is fetched', async () => {
    const { at, patient } = start();
    const authored = await world.author(at.hospital, patient, {
      texts: ['one', 'two', 'three'],
      missingChunks: RECORD_CHUNKS_MAX - 1,
    });
    expect(refusal(await push(at, authored))).toBe('CUSTODY_BUSY');
    expect(
      world.nodes.flatMap(({ heard }) => heard).filter(({ message }) => message.type === 'blobs-request'),
    ).toEqual([]);
  });

  it('a peer whose blobs never come holds up nobody else', async () => {
    const { at, others, patient } = start();
    const [stalling, keeper] = others as [CustodyNode, CustodyNode];
    world.tap = (from, _to, bytes) => {
      const isBlobs = decodeCustodyMessage(bytes).type === 'blobs-answer';
      return from === stalling.hospital.id && isBlobs ? undefined : bytes;
    };
    const foreign = world.patient(stalling.hospital, 'patient of the stalling');
    for (let count = 0; count < INTAKES_PER_SOURCE_MAX + 1; count += 1) {
      const one = await world.author(stalling.hospital, foreign);
      await handIn(stalling, one);
      stalling.custody.push(one.bytes, 1_000, () => undefined);
    }
    await until(
      () =>
        stalling.heard.filter(
          ({ message, from }) => message.type === 'blobs-request' && from === keeper.hospital.id,
        ).length > 1,
      'the stalling one is asked',
    );
    const authored = await world.author(at.hospital, patient);
    await handIn(at, authored);
    const gathered = ok(await push(at, authored));
    expect(gathered.receipts.length).toBeGreaterThanOrEqual(3);
  });
});
