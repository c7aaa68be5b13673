import {
  actionOf,
  encodeOwnRequest,
  type Hex32,
  hashHex,
  type OwnRecord,
  signRequest,
  toHex,
} from '@consilium/core';
import { afterEach, describe, expect, it } from 'vitest';
import { keyOf } from '../../../../core/test/kit/chain.ts';
import { type Person, rotation } from '../../../../core/test/kit/people.ts';
import type { ReadBlobs } from '../../../src/custody/blob-reader.ts';
import type { Outcome } from '../../../src/custody/custody.ts';
import { REPAIR_BACKOFF_MS_MIN } from '../../../src/limits.ts';
import { decodeCustodyMessage, encodeCustodyMessage } from '../../../src/messages/custody.ts';
import { TABLES } from '../../../src/tables.ts';
import { type Authored, drawn } from '../../support/custody-author.ts';
import {
  answerOf,
  type CustodyNode,
  type CustodyWorld,
  createCustodyWorld,
  ok,
  refusal,
  until,
} from '../../support/custody-world.ts';
import { createMemoryVault } from '../../support/memory-vault.ts';

let world: CustodyWorld;
afterEach(() => world.stop());

interface Story {
  readonly home: CustodyNode;
  readonly other: CustodyNode;
  readonly patient: Person;
  readonly authored: Authored;
}

async function story(options: Parameters<CustodyWorld['author']>[2] = {}): Promise<Story> {
  world = createCustodyWorld();
  const [home, other] = world.nodes as [CustodyNode, CustodyNode];
  const patient = world.patient(home.hospital, 'patient of repairs');
  const authored = await world.author(home.hospital, patient, options);
  await world.register(home, home.hospital, authored);
  await until(() => world.nodes.every(({ kv }) => kv.rows(TABLES.packages).length === 1), 'all hold it');
  return { home, other, patient, authored };
}

const TABLES_OF_CUSTODY = [TABLES.packages, TABLES.pendingBatches, TABLES.looseBlobs, TABLES.blobBatches];

function wipe(node: CustodyNode): void {
  node.vault = createMemoryVault();
  for (const table of TABLES_OF_CUSTODY) node.kv.clear(table);
}

function isWhole({ kv, vault }: CustodyNode, { blobs, bytes }: Authored): boolean {
  const [row] = kv.rows(TABLES.packages);
  return (
    blobs.every((blob) => vault.has(hashHex(blob))) && row !== undefined && toHex(row.value) === toHex(bytes)
  );
}

describe('repair in the background', () => {
  it('a wiped custodian gets package, share and ciphertext back from its peers', async () => {
    const { other, authored } = await story();
    wipe(other);
    other.restart();
    await until(() => isWhole(other, authored), 'it is whole again');
    await until(() => other.log.codes().includes('custody.repaired'), 'it says so');
    expect(other.custody.status().missing).toBe(0);
    expect(other.kv.rows(TABLES.pendingBatches)).toEqual([]);
    expect(other.kv.rows(TABLES.looseBlobs)).toEqual([]);
  });

  it('a custodian that was away when the package went round gets it after the registration', async () => {
    world = createCustodyWorld();
    const [home, away] = world.nodes as [CustodyNode, CustodyNode];
    const patient = world.patient(home.hospital, 'patient of repairs');
    const authored = await world.author(home.hospital, patient);
    for (const each of world.nodes) if (each !== away) world.cut(each, away);
    await world.register(home, home.hospital, authored);
    for (const each of world.nodes) if (each !== away) world.connect(each, away);
    await until(() => {
      world.clock.advance(1_000);
      return isWhole(away, authored);
    }, 'it holds the batch');
  });

  it('blobs alone are repaired where the package is there', async () => {
    const { other, authored } = await story();
    other.vault = createMemoryVault();
    other.restart();
    await until(() => isWhole(other, authored), 'it is whole again');
  });

  it('a peer that hands out something else is blamed, and another one asked', async () => {
    const { other, authored } = await story();
    wipe(other);
    const liars = new Map<string, Hex32>();
    world.tap = (from, to, bytes) => {
      const message = decodeCustodyMessage(bytes);
      if (to !== other.hospital.id || liars.has(message.type)) return bytes;
      if (message.type === 'package-answer' && message.bytes !== null) {
        liars.set(message.type, from);
        const changed = message.bytes.slice();
        changed[400] = (changed[400] ?? 0) ^ 1;
        return encodeCustodyMessage({ ...message, bytes: changed });
      }
      if (message.type !== 'blobs-answer') return bytes;
      liars.set(message.type, from);
      return encodeCustodyMessage({ ...message, blobs: message.blobs.map(() => Uint8Array.of(1)) });
    };
    other.restart();
    await until(() => isWhole(other, authored), 'it is whole all the same');
    expect(other.penalties).toEqual([
      { peer: liars.get('package-answer'), code: 'custody.package-false' },
      { peer: liars.get('blobs-answer'), code: 'custody.blob-false' },
    ]);
  });

  it('nobody is there: it tries again later, ever more seldom', async () => {
    const { other, authored } = await story();
    const others = world.nodes.filter((each) => each !== other);
    for (const each of others) world.cut(each, other);
    wipe(other);
    other.restart();
    await until(() => other.log.codes().includes('custody.missing'), 'it says that something is missing');
    expect(other.custody.status().missing).toBe(1);
    for (const each of others) world.connect(each, other);
    world.clock.advance(REPAIR_BACKOFF_MS_MIN);
    await until(() => isWhole(other, authored), 'it is whole again');
  });

  it('a damaged blob that a peer asks for is put back', async () => {
    const { home, other, authored } = await story();
    const [blob] = authored.blobs as [Uint8Array];
    const id = hashHex(blob);
    other.vault.damage(id);
    home.vault.damage(id);
    const blobs = await answerOf<ReadBlobs>((done) => home.custody.readBlobs([id], done));
    expect(blobs[0]).toEqual(blob);
    await until(() => other.vault.has(id) && home.vault.has(id), 'both have it again');
  });
});

describe('reading blobs', () => {
  it('gives what is here, else what a peer has, and null where nobody has it', async () => {
    const { home, authored } = await story();
    const ids = authored.blobs.map((blob) => hashHex(blob));
    const unknown = 'ab'.repeat(32);
    const read = (): Promise<ReadBlobs> =>
      answerOf((done) => home.custody.readBlobs([...ids, unknown], done));
    expect(await read()).toEqual([...authored.blobs, null]);
    home.vault.damage(ids[0] as Hex32);
    expect(await read()).toEqual([...authored.blobs, null]);
    expect(home.log.codes()).toContain('custody.blob-repaired');
    await until(() => home.vault.has(ids[0] as Hex32), 'the copy is whole again');
  });

  it('answers as many from the front as fit', async () => {
    const { home } = await story();
    const large = [1, 2, 3, 4, 5].map((fill) => new Uint8Array(1024 * 1024).fill(fill));
    ok(await answerOf<Outcome<readonly Hex32[]>>((done) => home.custody.storeBlobs(large, done)));
    const ids = large.map((blob) => hashHex(blob));
    const blobs = await answerOf<ReadBlobs>((done) => home.custody.readBlobs(ids, done));
    expect(blobs.map((blob) => blob?.[0])).toEqual([1, 2, 3, 4]);
  });
});

describe('a patient’s own records', () => {
  function ask(at: CustodyNode, patient: Hex32, records: readonly Hex32[], key: Person['key']) {
    const request = { type: 'own', patient, records, nonce: toHex(drawn(16)) } as const;
    const bytes = encodeOwnRequest(signRequest(key, world.chain.deps.genesisHash, request));
    return answerOf<Outcome<readonly OwnRecord[]>>((done) => at.custody.own(bytes, done));
  }

  it('come with their wraps, to the patient’s current key alone', async () => {
    const { other, home, patient, authored } = await story();
    const own = ok(await ask(other, patient.id, authored.records, patient.key));
    expect(own.map(({ record }) => record)).toEqual(authored.records);
    expect(own.map(({ wrap }) => wrap)).toEqual(authored.content.records.map(({ wrap }) => wrap));
    expect(refusal(await ask(other, patient.id, authored.records, home.hospital.account))).toBe(
      'TX_SIGNATURE_INVALID',
    );
    const renewed = keyOf('renewed key of a patient');
    expect(world.act(patient, rotation(world.chain, patient.id, renewed))).toBe('OK');
    expect(refusal(await ask(other, patient.id, authored.records, patient.key))).toBe('TX_SIGNATURE_INVALID');
    expect(ok(await ask(other, patient.id, authored.records, renewed))).toHaveLength(2);
  });

  it('leave out what is another’s, unknown or retracted', async () => {
    const { home, other, patient, authored } = await story();
    const stranger = world.patient(home.hospital, 'another patient of repairs');
    expect(ok(await ask(other, stranger.id, authored.records, stranger.key))).toEqual([]);
    const [first, second] = authored.records as [Hex32, Hex32];
    const retraction = actionOf('record.retract', { record: first });
    expect(world.act({ id: home.hospital.id, key: home.hospital.account }, retraction)).toBe('OK');
    const own = ok(await ask(other, patient.id, [first, second, 'ab'.repeat(32)], patient.key));
    expect(own.map(({ record }) => record)).toEqual([second]);
  });

  it('have no wrap where the law closes them to the patient', async () => {
    const { other, patient, authored } = await story({ effects: ['closed-to-patient'] });
    const own = ok(await ask(other, patient.id, authored.records, patient.key));
    expect(own.map(({ wrap }) => wrap)).toEqual([null, null]);
  });

  it('come from a peer’s package where this node holds none', async () => {
    const { other, patient, authored } = await story();
    wipe(other);
    expect(ok(await ask(other, patient.id, authored.records, patient.key))).toHaveLength(2);
    for (const each of world.nodes) if (each !== other) world.cut(each, other);
    expect(refusal(await ask(other, patient.id, authored.records, patient.key))).toBe(
      'CUSTODY_PACKAGE_MISSING',
    );
  });
});
