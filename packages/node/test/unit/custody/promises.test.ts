// What custody promises, each as it is told to people: real shares, envelopes and signatures of several hospitals over a
// ledger in memory, and the SDK as their client.
import {
  actionOf,
  BATCHES,
  bodyOf,
  type CustodyPackage,
  currentEpoch,
  custodyEpoch,
  type Dealing,
  dealersOf,
  dealingShape,
  decode,
  decodePackage,
  decodeRelease,
  decodeReleased,
  type ErrorCode,
  encode,
  encodePackage,
  encodeReleased,
  fromHex,
  type Hex32,
  isConsiliumError,
  OBJECT_BYTES_MAX,
  type ReleaseRequest,
  readRow,
  type SecretKey,
  shareInfo,
  signDealing,
} from '@consilium/core';
import { type Client, type OpenedAccess, openRecords, type Signer } from '@consilium/sdk';
import { type EncryptionKey, openContent, unsealShares } from '@consilium/sealing';
import { afterEach, expect, it } from 'vitest';
import {
  asPerson,
  credential,
  decide,
  grantTo,
  letIn,
  type Person,
  revoking,
} from '../../../../core/test/kit/people.ts';
import { PLAIN_ASK } from '../../../../core/test/kit/records.ts';
import type { Outcome } from '../../../src/custody/custody.ts';
import type { Gathered } from '../../../src/custody/gatherer.ts';
import { packageKey } from '../../../src/custody/holding-rows.ts';
import type { CustodianAnswer } from '../../../src/custody/relay.ts';
import { decodeCustodyMessage, encodeCustodyMessage } from '../../../src/messages/custody.ts';
import { TABLES } from '../../../src/tables.ts';
import type { Authored } from '../../support/custody-author.ts';
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

const signerOf = ({ id, key }: Person): Signer => ({ account: id, key });

/** Enters an access to both records; its index. */
function entered(
  { patient, authored }: CustodyStory,
  by: Person,
  readerKey: Hex32 = 'a7'.repeat(32),
): number {
  const selection = { type: 'records', records: authored.records } as const;
  const body = { patient: patient.id, selection, purpose: 'TREAT', readerKey, ...PLAIN_ASK } as const;
  const { execution } = world.commit([world.chain.tx(by.id, by.key, [actionOf('access.open', body)])]);
  return execution.results[0]?.outcomes[0]?.index as number;
}

/** What every custodian says to this request: a code, those of its places, or `released`. */
async function saidToAll(
  told: CustodyStory,
  access: number,
  change: Partial<ReleaseRequest> = {},
  key: SecretKey = told.doctor.key,
): Promise<readonly string[]> {
  return [...(await saidByEach(told, access, change, key)).values()];
}

/** The same by custodian. */
async function saidByEach(
  { reading, patient, doctor }: CustodyStory,
  access: number,
  change: Partial<ReleaseRequest> = {},
  key: SecretKey = doctor.key,
): Promise<ReadonlyMap<Hex32, string>> {
  const bytes = signedRelease(world, { patient, doctor }, { access, ...change }, key);
  const answers = await whilePassing(
    world,
    answerOf<Outcome<readonly CustodianAnswer[]>>((done) => reading.custody.release(bytes, 'all', done)),
  );
  return new Map(ok(answers).map((answer) => [answer.custodian, saidIn(answer)]));
}

function saidIn(answer: CustodianAnswer): string {
  if ('code' in answer) return answer.code;
  const { envelope, refusals } = decodeRelease(answer.release);
  if (envelope !== null) return 'released';
  return [...new Set(refusals.map(({ code }) => code))].join();
}

const byAll = (code: ErrorCode | 'released', count = 4): readonly string[] => Array(count).fill(code);

it('A share request without a permit, with a permit of another reader, expired, revoked, or not yet committed on that custodian is refused by every custodian, each with its code.', async () => {
  const told = await story();
  const stranger = credential(world.chain, told.reading.hospital, 'doctor without consent');
  const asStranger = { reader: stranger.id };
  expect(await saidToAll(told, 7)).toEqual(byAll('ACCESS_NOT_FOUND'));
  const denied = entered(told, stranger);
  expect(await saidToAll(told, denied, asStranger, stranger.key)).toEqual(byAll('ACCESS_DENIED'));

  const permitted = entered(told, told.doctor);
  expect(await saidToAll(told, permitted)).toEqual(byAll('released'));
  expect(await saidToAll(told, permitted, asStranger, stranger.key)).toEqual(byAll('ACCESS_OTHER_READER'));
  expect(await saidToAll(told, permitted, {}, stranger.key)).toEqual(byAll('TX_SIGNATURE_INVALID'));

  for (const late of world.nodes) {
    late.behind = [];
    const fresh = entered(told, told.doctor);
    const said = await saidToAll(told, fresh);
    expect(said.filter((code) => code !== 'released')).toEqual(['CUSTODY_STALE']);
    late.catchUp();
    expect(await saidToAll(told, fresh)).toEqual(byAll('released'));
  }

  const revoked = entered(told, told.doctor);
  expect(world.act(told.patient, revoking(told.patient.id, 0))).toBe('OK');
  expect(await saidToAll(told, revoked)).toEqual(byAll('ACCESS_REVOKED'));
  world.clock.advance(10 * 60_000);
  expect(await saidToAll(told, revoked)).toEqual(byAll('ACCESS_EXPIRED'));
});

it('A custodian that sends a false share is named, and the record opens without it. An author that deals shares of two different keys gets too few receipts to register.', async () => {
  const told = await story();
  const client = clientOf(world, told.reading);
  for (const liar of world.nodes) {
    // Three answer, and so many are waited for: the false share is always among what the reader gets.
    const away = world.nodes.find((node) => node !== liar && node !== told.reading) as CustodyNode;
    world.cut(told.reading, away);
    liar.falsify = (plaintext) =>
      encodeReleased(decodeReleased(plaintext).map((each) => ({ ...each, share: otherShare(each.share) })));
    const opened = await opening(client, told);
    expect(opened.liars.map(({ institution, reason }) => [institution, reason])).toEqual([
      [liar.hospital.id, 'share'],
    ]);
    expect(opened.records.map(({ content }) => content !== null)).toEqual([true, true]);
    liar.falsify = (plaintext) => plaintext;
    world.connect(told.reading, away);
  }

  const twoKeys = await world.author(told.home.hospital, told.patient, { falseFor: [2, 4] });
  ok(await answerOf<Outcome<readonly Hex32[]>>((done) => told.home.custody.storeBlobs(twoKeys.blobs, done)));
  const gathered = ok(
    await whilePassing(
      world,
      answerOf<Outcome<Gathered>>((done) => told.home.custody.push(twoKeys.bytes, 10_000, done)),
    ),
  );
  expect(gathered.needed).toBe(3);
  expect(gathered.receipts.map(({ index }) => index)).toEqual([1, 3]);
  expect(gathered.missing.map(({ code }) => code)).toEqual(byAll('CUSTODY_SHARE_FALSE', 2));
  const registration = twoKeys.registration(gathered.receipts);
  expect(world.act(asPerson(told.home.hospital), registration)).toBe('CUSTODY_RECEIPTS_MISSING');
});

/** The doctor opens both records. */
function opening(client: Client, { patient, authored, doctor }: CustodyStory): Promise<OpenedAccess> {
  return whilePassing(
    world,
    openRecords(client, {
      patient: patient.id,
      selection: { type: 'records', records: authored.records },
      purpose: 'TREAT',
      signer: signerOf(doctor),
    }),
  );
}

/** Another scalar below the order of the group. */
function otherShare(share: Uint8Array): Uint8Array {
  return Uint8Array.from(share, (byte, at) => (at === 0 ? byte ^ 1 : byte));
}

it('A custodian that is behind, restored from an old copy, or removed from the set releases nothing that its fresher peers would refuse.', async () => {
  const told = await story();
  const late = world.nodes[3] as CustodyNode;
  const saidBy = async (access: number): Promise<string | undefined> =>
    (await saidByEach(told, access)).get(late.hospital.id);

  // Behind, and just as well brought back from a copy of that time: its ledger lacks the revocation.
  const access = entered(told, told.doctor);
  expect(await saidBy(access)).toBe('released');
  late.behind = [];
  expect(world.act(told.patient, revoking(told.patient.id, 0))).toBe('OK');
  expect(await saidBy(access)).toBe('CUSTODY_STALE');
  late.restart();
  expect(await saidBy(access)).toBe('CUSTODY_STALE');
  // Cut off from so many that no quorum tells it how far the ledger is.
  for (const other of world.nodes.slice(0, 2)) world.cut(late, other);
  expect(await saidAlone(told, late, access)).toBe('CUSTODY_STALE');
  for (const other of world.nodes.slice(0, 2)) world.connect(late, other);
  late.catchUp();
  expect(await saidBy(access)).toBe('ACCESS_REVOKED');

  // It watches after a restore, as the daemon says of it: it releases nothing, whatever it holds.
  const terms = { categories: [], excludedLabels: [] };
  expect(world.act(told.patient, grantTo(world.chain, told.patient.id, told.doctor.id, terms))).toBe('OK');
  const again = entered(told, told.doctor);
  late.standing = 'CUSTODY_NOT_READY';
  expect(await saidBy(again)).toBe('CUSTODY_NOT_READY');
  late.standing = undefined;
  expect(await saidBy(again)).toBe('released');

  // Voted out: its peers ask it no more, and it gives nothing to who asks it directly.
  const voters = world.chain.hospitals.slice(0, 3);
  const { name, id } = late.hospital;
  decide(world.chain, { type: 'remove', institution: id, confirmName: name }, voters);
  while (currentEpoch(world.chain.view().state) === 0) world.commit([]);
  const after = entered(told, told.doctor);
  expect(await saidAlone(told, late, after)).toBe('CUSTODY_REMOVED');
});

/** What this one custodian says to who asks it directly. */
async function saidAlone(
  { patient, doctor }: CustodyStory,
  at: CustodyNode,
  access: number,
): Promise<string> {
  const bytes = signedRelease(world, { patient, doctor }, { access, places: [0, 1] });
  const asked = answerOf<Outcome<readonly CustodianAnswer[]>>((done) =>
    at.custody.release(bytes, 'all', done),
  );
  const answers = await whilePassing(world, asked);
  const refused = refusal(answers);
  if (refused !== undefined) return refused;
  const own = ok(answers).find(({ custodian }) => custodian === at.hospital.id);
  return own === undefined ? 'CUSTODY_REMOVED' : saidIn(own);
}

it('After a fifth hospital joined and one left, every record opens with the new custodians, the one that left opens nothing, and a re-sharing hospital that lies is named before its share is used.', async () => {
  const told = await story(1);
  const [, , , leaving, fifth] = world.nodes as [
    CustodyNode,
    CustodyNode,
    CustodyNode,
    CustodyNode,
    CustodyNode,
  ];
  const founders = world.chain.hospitals.slice(0, 3);
  letIn(world.chain, custodyHospital(fifth.hospital.name), founders);
  while (currentEpoch(world.chain.view().state) === 0) world.commit([]);
  await untilMoved(told, 1, world.nodes);

  const { name, id } = leaving.hospital;
  decide(world.chain, { type: 'remove', institution: id, confirmName: name }, [
    ...founders,
    custodyHospital(fifth.hospital.name),
  ]);
  while (currentEpoch(world.chain.view().state) === 1) world.commit([]);
  const [dealer] = dealersOf(world.chain.view().state, 1, 2);
  const liar = world.nodes.find(({ hospital }) => hospital.id === dealer) as CustodyNode;
  dealsFalsely(liar, 2);
  const staying = world.nodes.filter((node) => node !== leaving);
  await untilMoved(told, 2, staying);

  const namedBy = staying.filter(({ log }) =>
    log.events.some(({ code, dealer: accused }) => code === 'custody.dealer-false' && accused === dealer),
  );
  expect(namedBy.length).toBeGreaterThanOrEqual(2);
  expect(dealersOf(world.chain.view().state, 1, 2)).not.toContain(dealer);

  const opened = await opening(clientOf(world, told.reading), told);
  expect(opened.liars).toEqual([]);
  expect(opened.records.map(({ content }) => content !== null)).toEqual([true, true]);
  const access = entered(told, told.doctor);
  expect(await saidByEach(told, access)).toEqual(
    new Map(staying.map(({ hospital }) => [hospital.id, 'released'])),
  );
  expect(await saidAlone(told, leaving, access)).toBe('CUSTODY_REMOVED');
  expect(await openedWithOwnKey(leaving, told)).toEqual([]);
  await until(() => leaving.vault.ids().length === 0, 'the one that left keeps no ciphertext either');
  expect(leaving.kv.rows(TABLES.packages)).toEqual([]);
});

async function untilMoved(
  { authored: { batch } }: CustodyStory,
  epoch: number,
  nodes: readonly CustodyNode[],
): Promise<void> {
  const isMoved = (): boolean => readRow(world.chain.view().state, BATCHES, batch)?.epoch === epoch;
  const isHeld = ({ kv }: CustodyNode): boolean =>
    kv.get(TABLES.packages, packageKey(batch, epoch)) !== undefined;
  await world.passUntil(
    () => isMoved() && nodes.every(isHeld),
    `the batch is with the custodians of ${epoch}`,
  );
}

/** Its dealings come with a share that is not of their points, each signed by itself. */
function dealsFalsely(by: CustodyNode, epoch: number): void {
  world.tap = (from, _to, bytes) => {
    if (from !== by.hospital.id) return bytes;
    const message = decodeCustodyMessage(bytes);
    if (message.type !== 'dealing') return bytes;
    const { signature: _, ...dealing } = decode(dealingShape, message.bytes, OBJECT_BYTES_MAX);
    const records = dealing.records.map(({ points, shares }) => ({ points, shares: shares.toReversed() }));
    const kept = by.kv.get(TABLES.packages, packageKey(message.batch, epoch - 1)) as Uint8Array;
    const content = { ...decodePackage(kept), epoch };
    const { genesisHash } = world.chain.deps;
    const signed = signDealing(by.hospital.validator, genesisHash, content, { ...dealing, records });
    return encodeCustodyMessage({ ...message, bytes: encode(dealingShape, signed) });
  };
}

/** Texts that open with whatever its custody key unseals of the packages that it still has, a share taken for a secret. */
async function openedWithOwnKey(
  { kv, custodyKey }: CustodyNode,
  { authored }: CustodyStory,
): Promise<string[]> {
  const packages = kv.rows(TABLES.packages).map(({ value }) => decodePackage(value));
  const shares = await Promise.all(packages.flatMap((each) => sharesIn(each, custodyKey)));
  const found = shares.flat().filter((share) => share !== undefined);
  return (await Promise.all(found.map((share) => textsWith(share, authored)))).flat();
}

function sharesIn(
  { patient, author, batch, epoch, records, dealings }: CustodyPackage,
  key: EncryptionKey,
): Promise<readonly (Uint8Array | undefined)[]>[] {
  const custodians = custodyEpoch(world.chain.view().state, epoch)?.custodians ?? [];
  return dealings.flatMap(({ dealer, encs, records: dealt }) =>
    custodians.map(({ id }, place) =>
      unsealShares(
        key,
        encs[place] ?? '',
        shareInfo({ patient, author, batch, epoch, dealer, custodian: id }),
        dealt.map(({ shares }, position) => ({
          position,
          aad: fromHex(records[position]?.commitment ?? ''),
          sealed: shares[place] ?? new Uint8Array(),
        })),
      ),
    ),
  );
}

async function textsWith(secret: Uint8Array, { blobs }: Authored): Promise<string[]> {
  const texts: string[] = [];
  for (const blob of blobs) {
    try {
      for await (const part of openContent(secret, single(blob))) texts.push(new TextDecoder().decode(part));
    } catch (error) {
      if (!isConsiliumError(error, 'SEAL_INVALID')) throw error;
    }
  }
  return texts;
}

async function* single(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes;
}

it('A hospital that registers another’s sealed records as its own, with the receipts that it saw, before the author does, is given no share of them.', async () => {
  world = createCustodyWorld(4);
  const [home, thief] = world.nodes as [CustodyNode, CustodyNode];
  const patient = world.patient(home.hospital, 'patient of the author');
  const pretended = world.patient(thief.hospital, 'patient of the thief');
  const authored = await world.author(home.hospital, patient);
  ok(await answerOf<Outcome<readonly Hex32[]>>((done) => home.custody.storeBlobs(authored.blobs, done)));
  const pushed = await answerOf<Outcome<Gathered>>((done) => home.custody.push(authored.bytes, 10_000, done));
  const { receipts } = ok(pushed);
  await until(
    () => world.nodes.every(({ kv }) => kv.rows(TABLES.packages).length > 0),
    'all hold the package',
  );
  const seen = authored.registration(receipts);
  const body = bodyOf({ ...seen, type: 'record.register' });
  const stolen = actionOf('record.register', { ...body, patient: pretended.id });
  expect(world.act(asPerson(thief.hospital), stolen)).toBe('CUSTODY_RECEIPTS_MISSING');
  const reader = credential(world.chain, thief.hospital, 'doctor of the thief');
  const told = { home, reading: thief, patient: pretended, doctor: reader, authored };
  const access = entered(told, reader);
  expect(await saidToAll(told, access)).not.toContain('released');
});

it('A package that is copied under another patient and author gets no receipt: its shares do not open.', async () => {
  world = createCustodyWorld(4);
  const [home, thief] = world.nodes as [CustodyNode, CustodyNode];
  const patient = world.patient(home.hospital, 'patient of the author');
  const pretended = world.patient(thief.hospital, 'patient of the thief');
  const { content, blobs } = await world.author(home.hospital, patient);
  const { id, account } = thief.hospital;
  const own = { ...content, patient: pretended.id, author: id, sender: id };
  const { signature: _, ...dealing } = content.dealings[0] as Dealing;
  const copied = { ...own, dealings: [signDealing(account, world.chain.deps.genesisHash, own, dealing)] };
  ok(await answerOf<Outcome<readonly Hex32[]>>((done) => thief.custody.storeBlobs(blobs, done)));
  const pushing = answerOf<Outcome<Gathered>>((done) =>
    thief.custody.push(encodePackage(copied), 10_000, done),
  );
  expect(ok(await whilePassing(world, pushing)).receipts).toEqual([]);
  expect(world.nodes.flatMap(({ kv }) => kv.rows(TABLES.packages))).toEqual([]);
});
