// What custodians do when the ledger erases a record: of one record of a batch nothing is left at any of them, whatever
// happens meanwhile, and of the other one nothing is lost.
import {
  actionOf,
  BATCHES,
  ConsiliumError,
  currentEpoch,
  decodePackage,
  decodeRelease,
  ERASURES,
  encodeOwnRequest,
  fromHex,
  type Hex32,
  hashHex,
  isErasureComplete,
  type OwnRecord,
  readRow,
  signRequest,
  toHex,
} from '@consilium/core';
import { openRecords } from '@consilium/sdk';
import { afterEach, expect, it } from 'vitest';
import { asPerson, letIn } from '../../../../core/test/kit/people.ts';
import { newRecord, opening, registration } from '../../../../core/test/kit/records.ts';
import type { Outcome } from '../../../src/custody/custody.ts';
import type { Gathered } from '../../../src/custody/gatherer.ts';
import { packageKey } from '../../../src/custody/holding-rows.ts';
import type { CustodianAnswer } from '../../../src/custody/relay.ts';
import { ERASURES_PER_TURN } from '../../../src/limits.ts';
import { decodeCustodyMessage, encodeCustodyMessage } from '../../../src/messages/custody.ts';
import { TABLES } from '../../../src/tables.ts';
import { type Authored, drawn } from '../../support/custody-author.ts';
import { clientOf, signedRelease, whilePassing } from '../../support/custody-client.ts';
import { beginStory, type CustodyStory } from '../../support/custody-story.ts';
import {
  answerOf,
  type CustodyNode,
  type CustodyWorld,
  createCustodyWorld,
  custodyHospital,
  ok,
  refusal,
  until,
} from '../../support/custody-world.ts';

let world: CustodyWorld;
afterEach(() => world.stop());

function story(guests = 0): Promise<CustodyStory> {
  world = createCustodyWorld(4, guests);
  return beginStory(world);
}

/** The first record; the author erases it. */
function erase({ home, patient, authored }: CustodyStory): void {
  const records = authored.records.slice(0, 1);
  const body = { patient: patient.id, records, reason: 'patient-request' } as const;
  expect(world.act(asPerson(home.hospital), actionOf('record.erase', body))).toBe('OK');
}

function isComplete(): boolean {
  const row = readRow(world.chain.view().state, ERASURES, 0);
  return row !== undefined && isErasureComplete(row);
}

const completed = (): Promise<void> => world.passUntil(isComplete, 'all custodians have said so');

/** What of the first record lies at this custodian: parts of its packages, and its ciphertext. */
function tracesAt({ kv, vault }: CustodyNode, { content, blobs }: Authored): readonly string[] {
  const rows = [TABLES.packages, TABLES.looseBlobs, TABLES.blobBatches, TABLES.pendingBatches].flatMap(
    (table) => kv.rows(table).map(({ key, value }) => `${toHex(key)} ${toHex(value)}`),
  );
  const record = content.records[0];
  const parts = [
    ...[record?.salt, record?.pointsSalt, record?.wrap?.enc].filter((part) => part !== undefined),
    ...(record?.chunks ?? []).map(({ id }) => id),
    ...content.dealings.flatMap(({ records }) => [
      ...(records[0]?.points ?? []),
      ...(records[0]?.shares ?? []).map(toHex),
    ]),
  ];
  const ciphertext = hashHex(blobs[0] as Uint8Array);
  return [
    ...parts.filter((part) => rows.some((row) => row.includes(part))),
    ...vault.ids().filter((id) => id === ciphertext),
  ];
}

/** Which of the two have shares for the doctor, and ciphertext that its hospital reads. */
async function openedBy({ reading, patient, doctor, authored }: CustodyStory): Promise<readonly boolean[]> {
  const { records } = await whilePassing(
    world,
    openRecords(clientOf(world, reading), {
      patient: patient.id,
      selection: { type: 'records', records: authored.records },
      purpose: 'TREAT',
      signer: { account: doctor.id, key: doctor.key },
    }),
  );
  const ids = authored.blobs.map(hashHex);
  const blobs = await answerOf<readonly (Uint8Array | null)[]>((done) =>
    reading.custody.readBlobs(ids, done),
  );
  return records.map(({ content }, place) => content !== null && blobs[place] !== null);
}

it('Of an erased record its custodians keep neither shares, salts, points, wraps nor ciphertext, each says so once, and the other record of its batch opens.', async () => {
  const told = await story();
  for (const node of world.nodes) expect(tracesAt(node, told.authored).length).toBeGreaterThan(5);
  expect(await openedBy(told)).toEqual([true, true]);
  erase(told);
  await completed();
  for (const node of world.nodes) {
    expect(tracesAt(node, told.authored)).toEqual([]);
    const [range] = node.compacted;
    expect(node.compacted).toEqual([range, range]);
    expect(range).toMatchObject({ table: TABLES.packages, from: fromHex(told.authored.batch) });
    expect(node.log.codes().filter((code) => code === 'custody.erased')).toHaveLength(1);
    expect(node.penalties).toEqual([]);
  }
  expect(await openedBy(told)).toEqual([false, true]);
  expect(world.pump()).toEqual([]);
});

it('A permit that was given before the erasure lets out nothing of the record any more, and the patient’s own key nothing either.', async () => {
  const told = await story();
  const { patient, doctor, authored, reading } = told;
  const open = opening(patient.id, authored.records);
  const { execution } = world.commit([world.chain.tx(doctor.id, doctor.key, [open])]);
  const access = execution.results[0]?.outcomes[0]?.index as number;
  const own = async (): Promise<readonly Hex32[]> => {
    const nonce = toHex(drawn(16));
    const request = { type: 'own', patient: patient.id, records: authored.records, nonce } as const;
    const bytes = encodeOwnRequest(signRequest(patient.key, world.chain.deps.genesisHash, request));
    const answer = await answerOf<Outcome<readonly OwnRecord[]>>((done) => reading.custody.own(bytes, done));
    return ok(answer).map(({ record }) => record);
  };
  const said = async (): Promise<readonly string[]> => {
    const bytes = signedRelease(world, { patient, doctor }, { access, places: [0] });
    const asked = answerOf<Outcome<readonly CustodianAnswer[]>>((done) =>
      reading.custody.release(bytes, 'all', done),
    );
    return ok(await whilePassing(world, asked)).map((answer) => codesIn(answer));
  };
  expect(await said()).toEqual(Array(4).fill('released'));
  expect(await own()).toEqual(authored.records);
  erase(told);
  expect(await said()).toEqual(Array(4).fill('ACCESS_REVOKED'));
  expect(await own()).toEqual([authored.records[1]]);
});

function codesIn(answer: CustodianAnswer): string {
  if ('code' in answer) return answer.code;
  const { envelope, refusals } = decodeRelease(answer.release);
  return envelope === null ? refusals.map(({ code }) => code).join() : 'released';
}

it('What was erased does not come back: not by a deposit, and not from a custodian that gives the old package to one that lost its own.', async () => {
  const told = await story();
  const { home, authored } = told;
  const { batch, bytes } = authored;
  const late = world.nodes[3] as CustodyNode;
  erase(told);
  await completed();
  const pushed = await answerOf<Outcome<Gathered>>((done) => home.custody.push(bytes, 1_000, done));
  expect(refusal(pushed)).toBe('RECORD_ERASED');

  world.tap = (_from, to, message) => {
    const decoded = decodeCustodyMessage(message);
    if (to !== late.hospital.id || decoded.type !== 'package-answer') return message;
    return encodeCustodyMessage({ ...decoded, bytes });
  };
  late.kv.clear(TABLES.packages);
  late.restart();
  const held = (): Uint8Array | undefined => late.kv.get(TABLES.packages, packageKey(batch, 0));
  await world.passUntil(() => held() !== undefined, 'the package is fetched anew');
  expect(tracesAt(late, authored)).toEqual([]);
  expect(decodePackage(held() as Uint8Array).records[1]).toEqual(authored.content.records[1]);
  expect(await openedBy(told)).toEqual([false, true]);
});

it('A vault that was brought back from before the erasure, or was behind, destroys what the ledger has erased since, and says nothing twice.', async () => {
  const told = await story();
  const { authored } = told;
  const [old, late] = world.nodes.slice(2) as [CustodyNode, CustodyNode];
  const before = [TABLES.packages, TABLES.blobBatches].flatMap((table) =>
    old.kv.rows(table).map(({ key, value }) => ({ table, key, value })),
  );
  late.behind = [];
  erase(told);
  await world.passUntil(() => old.log.codes().includes('custody.erased'), 'the one that was there is done');
  expect(tracesAt(late, authored).length).toBeGreaterThan(5);
  late.catchUp();
  await completed();
  expect(tracesAt(late, authored)).toEqual([]);

  old.custody.stop();
  old.kv.clear(TABLES.erasures);
  old.kv.write(before, () => undefined);
  await new Promise<void>((resolve) => old.vault.write(authored.blobs, () => resolve()));
  expect(tracesAt(old, authored).length).toBeGreaterThan(5);
  const { remove } = old.vault;
  old.vault.remove = (_ids, done) => queueMicrotask(() => done(new ConsiliumError('DISK_FAILED')));
  old.restart();
  const { patient, doctor } = told;
  const open = opening(patient.id, authored.records);
  const { execution } = world.commit([world.chain.tx(doctor.id, doctor.key, [open])]);
  const access = execution.results[0]?.outcomes[0]?.index as number;
  const saidByOld = async (): Promise<string | undefined> => {
    const bytes = signedRelease(world, { patient, doctor }, { access, places: [1] });
    const asked = answerOf<Outcome<readonly CustodianAnswer[]>>((done) =>
      told.reading.custody.release(bytes, 'all', done),
    );
    const own = ok(await whilePassing(world, asked)).find(({ custodian }) => custodian === old.hospital.id);
    return own === undefined ? undefined : codesIn(own);
  };
  expect(await saidByOld()).toBe('CUSTODY_NOT_READY');
  old.vault.remove = remove;
  await world.passUntil(() => tracesAt(old, authored).length === 0, 'it is destroyed again');
  await world.passUntil(() => old.custody.status().erasing === 0, 'and noted');
  expect(await saidByOld()).toBe('released');
  expect(world.pump()).toEqual([]);
  expect(await openedBy(told)).toEqual([false, true]);
});

it('However many erasures one hospital hands in, and as long as they take, custodians that were up to date release what is not erased, and give each other packages that hold nothing of it.', async () => {
  const told = await story();
  const { home, patient, doctor, authored, reading } = told;
  expect(await openedBy(told)).toEqual([true, true]);
  const other = await world.author(
    home.hospital,
    world.patient(home.hospital, 'patient of whom nothing is erased'),
  );
  await world.register(home, home.hospital, other);
  const holdsOther = ({ kv }: CustodyNode): boolean =>
    kv.get(TABLES.packages, packageKey(other.batch, 0)) !== undefined;
  await world.passUntil(() => world.nodes.every(holdsOther), 'all hold the other package');
  for (const { vault } of world.nodes)
    vault.remove = (_ids, done) => queueMicrotask(() => done(new ConsiliumError('DISK_FAILED')));
  erase(told);
  const sent = asPerson(home.hospital);
  const many = Array.from({ length: 2 * ERASURES_PER_TURN }, (_, at) => newRecord(`one of many ${at}`));
  expect(world.act(sent, registration(world.chain, patient.id, ...many))).toBe('OK');
  for (const { commitment } of many) {
    const body = { patient: patient.id, records: [commitment], reason: 'retention-over' } as const;
    expect(world.act(sent, actionOf('record.erase', body))).toBe('OK');
  }
  for (const { custody } of world.nodes) expect(custody.status().erasing).toBeGreaterThan(ERASURES_PER_TURN);
  const open = opening(patient.id, authored.records);
  const { execution } = world.commit([world.chain.tx(doctor.id, doctor.key, [open])]);
  const access = execution.results[0]?.outcomes[0]?.index as number;
  const bytes = signedRelease(world, { patient, doctor }, { access, places: [1] });
  const asked = answerOf<Outcome<readonly CustodianAnswer[]>>((done) =>
    reading.custody.release(bytes, 'all', done),
  );
  expect(ok(await whilePassing(world, asked)).map(codesIn)).toEqual(Array(4).fill('released'));
  const late = world.nodes[3] as CustodyNode;
  late.kv.clear(TABLES.packages);
  late.restart();
  await world.passUntil(() => holdsOther(late), 'the other package is fetched anew');
});

it('A custodian that dies at any of its writes of an erasure comes to the same end.', async () => {
  for (let deaths = 0; deaths < 5; deaths += 1) {
    if (deaths > 0) world.stop();
    const told = await story();
    const dying = world.nodes[3] as CustodyNode;
    let writes = 0;
    const { write } = dying.kv;
    dying.kv.write = (batch, done) => {
      write(batch, (error) => {
        writes += 1;
        // It is durable, and nobody is told.
        if (writes !== deaths + 1) done(error);
      });
    };
    erase(told);
    await until(() => writes > deaths || tracesAt(dying, told.authored).length === 0, 'it has begun');
    dying.kv.write = write;
    dying.restart();
    await completed();
    expect(tracesAt(dying, told.authored)).toEqual([]);
  }
});

it('While a blob is being read in, or the disk refuses, an erasure is not said to be done; then it is.', async () => {
  const told = await story();
  const stuck = world.nodes[3] as CustodyNode;
  const { remove } = stuck.vault;
  stuck.vault.remove = (_ids, done) => queueMicrotask(() => done(new ConsiliumError('DISK_FAILED')));
  erase(told);
  await world.passUntil(() => stuck.log.codes().includes('custody.erase-postponed'), 'it is tried again');
  expect(stuck.custody.status().erasing).toBe(1);
  const owing = (): boolean =>
    readRow(world.chain.view().state, ERASURES, 0)?.receipts.some(
      ({ custodian, height }) => custodian === stuck.hospital.id && height === null,
    ) ?? false;
  await world.passUntil(
    () =>
      readRow(world.chain.view().state, ERASURES, 0)?.receipts.filter(({ height }) => height !== null)
        .length === 3,
    'the others have said so',
  );
  expect(owing()).toBe(true);
  stuck.vault.remove = remove;
  await completed();
  expect(tracesAt(stuck, told.authored)).toEqual([]);
});

/** Admits the fifth; the new epoch begins. */
function admit(): void {
  const fifth = world.nodes[4] as CustodyNode;
  letIn(world.chain, custodyHospital(fifth.hospital.name), world.chain.hospitals.slice(0, 3));
  while (currentEpoch(world.chain.view().state) === 0) world.commit([]);
}

it.each(['before', 'in the middle of', 'after'])(
  'Shares are dealt anew without a record that was erased %s it, and nobody is accused.',
  async (when) => {
    const told = await story(1);
    const { authored } = told;
    const epochOf = (): number | undefined =>
      readRow(world.chain.view().state, BATCHES, authored.batch)?.epoch;
    if (when === 'before') erase(told);
    admit();
    if (when === 'in the middle of') {
      const hasDealt = (): boolean =>
        world.nodes.some(({ heard }) => heard.some(({ message }) => message.type === 'dealing'));
      await world.passUntil(hasDealt, 'some have dealt');
      erase(told);
    }
    await world.passUntil(() => epochOf() === 1, 'the batch is moved');
    // Who came after it has nothing to write over.
    const fifth = world.nodes[4] as CustodyNode;
    if (when === 'before') expect(fifth.compacted).toEqual([]);
    if (when === 'after') erase(told);
    await completed();
    await world.passUntil(
      () =>
        world.nodes.every(({ kv }) => kv.get(TABLES.packages, packageKey(authored.batch, 1)) !== undefined),
      'all five hold it',
    );
    for (const node of world.nodes) {
      expect(tracesAt(node, authored)).toEqual([]);
      const held = decodePackage(node.kv.get(TABLES.packages, packageKey(authored.batch, 1)) as Uint8Array);
      expect(held.records[0]?.chunks).toEqual([]);
      expect(held.dealings.map(({ records }) => records[0])).toEqual(
        held.dealings.map(() => ({ points: [], shares: [] })),
      );
      expect(node.log.codes().filter((code) => code.startsWith('custody.dealer'))).toEqual([]);
      expect(node.penalties).toEqual([]);
    }
    expect(await openedBy(told)).toEqual([false, true]);
  },
);

it('A batch of which every record is erased is dealt anew with nothing in it.', async () => {
  const told = await story(1);
  const { home, patient, authored } = told;
  const records = [...authored.records].sort();
  const body = { patient: patient.id, records, reason: 'unlawful' } as const;
  expect(world.act(asPerson(home.hospital), actionOf('record.erase', body))).toBe('OK');
  admit();
  const epochOf = (): number | undefined => readRow(world.chain.view().state, BATCHES, authored.batch)?.epoch;
  await world.passUntil(() => epochOf() === 1, 'the batch is moved');
  await completed();
  for (const node of world.nodes.slice(0, 4)) expect(node.vault.ids()).toEqual([]);
  expect(await openedBy(told)).toEqual([false, false]);
});
