import {
  actionOf,
  BATCHES,
  byteString,
  CUSTODY_GRACE_HEIGHTS,
  combineShares,
  concat,
  currentEpoch,
  custodyEpoch,
  type Dealing,
  dealersOf,
  dealingShape,
  decode,
  decodePackage,
  decodeRelease,
  decodeReleased,
  encode,
  encodePackage,
  encodeReleaseRequest,
  fromHex,
  type Hex32,
  hashHex,
  isShareOf,
  list,
  OBJECT_BYTES_MAX,
  PACKAGE_BYTES_MAX,
  type ReleasedRecord,
  readRow,
  releaseInfo,
  signDealing,
  signRequest,
  toHex,
  uint64Bytes,
  utf8,
} from '@consilium/core';
import { encryptionKeyFromSeed, unseal } from '@consilium/sealing';
import { afterEach, describe, expect, it } from 'vitest';
import { asPerson, letIn, type Person } from '../../../../core/test/kit/people.ts';
import { PLAIN_ASK } from '../../../../core/test/kit/records.ts';
import { sodiumGroup } from '../../../src/crypto/group-sodium.ts';
import type { Outcome } from '../../../src/custody/custody.ts';
import type { Gathered } from '../../../src/custody/gatherer.ts';
import { packageKey } from '../../../src/custody/holding-rows.ts';
import type { CustodianAnswer } from '../../../src/custody/relay.ts';
import { decodeCustodyMessage, encodeCustodyMessage } from '../../../src/messages/custody.ts';
import { TABLES } from '../../../src/tables.ts';
import { type Authored, dealAnew, drawn } from '../../support/custody-author.ts';
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

interface Story {
  readonly home: CustodyNode;
  readonly fifth: CustodyNode;
  readonly patient: Person;
  readonly batches: readonly Authored[];
}

/** Four custodians with some batches; the fifth is let in when the story goes on. */
async function story(batches = 2): Promise<Story> {
  world = createCustodyWorld(4, 1);
  const [home] = world.nodes as [CustodyNode];
  const fifth = world.nodes[4] as CustodyNode;
  const patient = world.patient(home.hospital, 'patient of a changing network');
  const authored: Authored[] = [];
  for (let count = 0; count < batches; count += 1) {
    const one = await world.author(home.hospital, patient);
    await world.register(home, home.hospital, one);
    authored.push(one);
  }
  const old = world.nodes.slice(0, 4);
  await until(() => old.every(({ kv }) => kv.rows(TABLES.packages).length === batches), 'all four hold all');
  return { home, fifth, patient, batches: authored };
}

/** Admits the fifth; the new epoch begins. */
function admit({ fifth }: Story): void {
  letIn(world.chain, custodyHospital(fifth.hospital.name), world.chain.hospitals.slice(0, 3));
  while (currentEpoch(world.chain.view().state) === 0) world.commit([]);
}

function rowOf({ batch }: Authored) {
  return readRow(world.chain.view().state, BATCHES, batch);
}

function isMoved(told: Story): boolean {
  return told.batches.every((each) => rowOf(each)?.epoch === 1);
}

function heldBy({ kv }: CustodyNode, { batch }: Authored, epoch: number): Uint8Array | undefined {
  return kv.get(TABLES.packages, packageKey(batch, epoch));
}

const READER = encryptionKeyFromSeed(drawn(32));

/** What the author's institution is given for an access to a batch. */
async function released(
  { home, patient }: Story,
  { records }: Authored,
): Promise<readonly ReleasedRecord[][]> {
  const selection = { type: 'records', records } as const;
  const body = {
    patient: patient.id,
    selection,
    purpose: 'TREAT',
    readerKey: READER.publicKey,
    ...PLAIN_ASK,
  } as const;
  const { id, account } = home.hospital;
  const { execution } = world.commit([world.chain.tx(id, account, [actionOf('access.open', body)])]);
  const access = execution.results[0]?.outcomes[0]?.index as number;
  const plain = {
    type: 'release',
    patient: patient.id,
    access,
    reader: id,
    places: [0, 1],
    nonce: toHex(drawn(16)),
  } as const;
  const bytes = encodeReleaseRequest(signRequest(account, world.chain.deps.genesisHash, plain));
  const answers = ok(
    await answerOf<Outcome<readonly CustodianAnswer[]>>((done) => home.custody.release(bytes, 'all', done)),
  );
  return Promise.all(
    answers.map(async (answer) => {
      if (!('release' in answer)) throw new Error(answer.code);
      const { envelope, refusals } = decodeRelease(answer.release);
      if (envelope === null) throw new Error(refusals.map(({ code }) => code).join());
      const info = releaseInfo({
        patient: patient.id,
        access,
        custodian: answer.custodian,
        readerKey: READER.publicKey,
      });
      return [...decodeReleased(await unseal(READER, envelope, info, new Uint8Array()))];
    }),
  );
}

function secretOf(all: readonly (readonly ReleasedRecord[])[], place: number, count: number): Hex32 {
  const shares = all.flatMap((records) => records.filter((record) => record.place === place));
  return toHex(combineShares(shares.slice(0, count)));
}

function expectFitting({ epoch, index, points, share }: ReleasedRecord, expected: number): void {
  expect(epoch).toBe(expected);
  expect(isShareOf(sodiumGroup, points.map(fromHex), index, share)).toBe(true);
}

/** Dealings of this custodian are changed on their way and signed anew. */
function lie(by: CustodyNode, change: (dealing: Dealing, to: Hex32) => Dealing): void {
  world.tap = (from, to, bytes) => {
    if (from !== by.hospital.id) return bytes;
    const message = decodeCustodyMessage(bytes);
    if (message.type !== 'dealing') return bytes;
    const dealing = decode(dealingShape, message.bytes, OBJECT_BYTES_MAX);
    const { signature: _, ...unsigned } = change(dealing, to);
    const kept = decodePackage(by.kv.get(TABLES.packages, packageKey(message.batch, 0)) as Uint8Array);
    const content = { ...kept, epoch: message.epoch };
    const signed = signDealing(by.hospital.validator, world.chain.deps.genesisHash, content, unsigned);
    return encodeCustodyMessage({ ...message, bytes: encode(dealingShape, signed) });
  };
}

function firstDealer(): CustodyNode {
  const [id] = dealersOf(world.chain.view().state, 0, 1);
  return world.nodes.find(({ hospital }) => hospital.id === id) as CustodyNode;
}

function namesFalse(nodes: readonly CustodyNode[], dealer: CustodyNode): CustodyNode[] {
  return nodes.filter(({ log }) =>
    log.events.some(
      ({ code, dealer: named }) => code === 'custody.dealer-false' && named === dealer.hospital.id,
    ),
  );
}

describe('a fifth member', () => {
  it('gets shares of its own; all five open what four sealed, and the old shares are gone', async () => {
    const told = await story();
    admit(told);
    await world.passUntil(() => isMoved(told), 'all batches are with the five');
    for (const batch of told.batches) {
      await until(
        () =>
          world.nodes.every(
            (node) => heldBy(node, batch, 1) !== undefined && heldBy(node, batch, 0) === undefined,
          ),
        'everybody has the new package and nobody the old',
      );
      const all = await released(told, batch);
      expect(all).toHaveLength(5);
      for (const each of all.flat()) expectFitting(each, 1);
      for (const place of [0, 1])
        expect(secretOf(all.toReversed(), place, 2)).toBe(toHex(batch.secrets[place] as Uint8Array));
    }
    for (const blob of told.batches.flatMap(({ blobs }) => blobs))
      for (const { vault } of world.nodes) expect(vault.has(hashHex(blob))).toBe(true);
    const events = world.nodes.map(({ log }) => log.events.filter(({ code }) => code === 'custody.reshared'));
    for (const each of events) expect(each.reduce((sum, { batches }) => sum + Number(batches), 0)).toBe(2);
  });

  it('old shares and new ones do not go together', async () => {
    const told = await story(1);
    const [batch] = told.batches as [Authored];
    const before = await released(told, batch);
    admit(told);
    await world.passUntil(() => isMoved(told), 'the batch has moved');
    await until(() => world.nodes.every((node) => heldBy(node, batch, 1) !== undefined), 'all hold it');
    const after = await released(told, batch);
    const mixed = combineShares([
      before[0]?.[0] as ReleasedRecord,
      after
        .flat()
        .find(({ place, index }) => place === 0 && index !== before[0]?.[0]?.index) as ReleasedRecord,
    ]);
    expect(toHex(mixed)).not.toBe(toHex(batch.secrets[0] as Uint8Array));
  });

  it('the old custodians serve until the ledger has the confirmation, and keep their shares until then', async () => {
    const told = await story(1);
    const [batch] = told.batches as [Authored];
    admit(told);
    // Time passes, and no confirmation is committed.
    await until(() => {
      world.clock.advance(500);
      return world.nodes.some(({ actions }) => actions.some(({ type }) => type === 'custody.confirm'));
    }, 'a confirmation is handed in');
    expect(world.nodes.slice(0, 4).every((node) => heldBy(node, batch, 0) !== undefined)).toBe(true);
    const all = await released(told, batch);
    expect(all).toHaveLength(4);
    expect(all.flat().every(({ epoch }) => epoch === 0)).toBe(true);
    world.pump();
    expect(rowOf(batch)?.epoch).toBe(1);
    await until(
      () => world.nodes.every((node) => heldBy(node, batch, 0) === undefined),
      'the old ones are gone',
    );
  });

  it('a client of the old epoch is refused once the grace is over, and seals anew', async () => {
    const told = await story(1);
    const { home, patient } = told;
    const late = await world.author(home.hospital, patient);
    ok(await answerOf<Outcome<readonly Hex32[]>>((done) => home.custody.storeBlobs(late.blobs, done)));
    admit(told);
    const push = (bytes: Uint8Array) =>
      answerOf<Outcome<Gathered>>((done) => home.custody.push(bytes, 10_000, done));
    ok(await push(late.bytes));
    for (let height = 0; height <= CUSTODY_GRACE_HEIGHTS; height += 1) world.commit([]);
    home.restart();
    expect(refusal(await push(late.bytes))).toBe('CUSTODY_EPOCH_WRONG');
    const anew = await world.author(home.hospital, patient, { anew: late });
    expect(anew.epoch).toBe(1);
    const gathered = ok(await push(anew.bytes));
    expect(gathered).toMatchObject({ epoch: 1, needed: 3 });
    expect(world.act(asPerson(home.hospital), anew.registration(gathered.receipts))).toBe('OK');
  });

  it('a batch that was registered in the grace moves as well', async () => {
    const told = await story(1);
    const { home, patient } = told;
    const late = await world.author(home.hospital, patient);
    admit(told);
    await world.passUntil(() => isMoved(told), 'the first batch has moved');
    await world.register(home, home.hospital, late);
    expect(rowOf(late)?.epoch).toBe(0);
    await world.passUntil(() => rowOf(late)?.epoch === 1, 'the late one has moved');
  });

  it('a custodian that was restarted in between takes up where it was', async () => {
    const told = await story();
    admit(told);
    await until(() => {
      world.clock.advance(500);
      return told.fifth.counted.some(({ what }) => what === 'resharing');
    }, 'the fifth has taken something over');
    for (const node of world.nodes) node.restart();
    await world.passUntil(() => isMoved(told), 'all batches have moved');
    await until(
      () => told.batches.every((batch) => heldBy(told.fifth, batch, 1) !== undefined),
      'it holds both',
    );
  });
});

describe('a decision of the ledger that this node was not there for', () => {
  it('brings back the package that was confirmed, which stood beside a later one', async () => {
    const told = await story(1);
    const [batch] = told.batches as [Authored];
    admit(told);
    await world.passUntil(() => isMoved(told), 'the batch has moved');
    await until(() => heldBy(told.fifth, batch, 1) !== undefined, 'the fifth holds it');
    const right = heldBy(told.fifth, batch, 1) as Uint8Array;
    const later = decodePackage(right);
    const wrong = {
      ...later,
      records: later.records.map((each) => ({ ...each, pointsSalt: 'ee'.repeat(32) })),
    };
    const { kv } = told.fifth;
    const key = packageKey(batch.batch, 1);
    const packages = list(byteString(PACKAGE_BYTES_MAX), 8);
    // As a crash between the commit and what follows it leaves it.
    kv.write(
      [
        { table: TABLES.packages, key, value: encodePackage(wrong) },
        { table: TABLES.packages, key: concat(key, utf8('aside')), value: encode(packages, [right]) },
        { table: TABLES.pendingBatches, key, value: uint64Bytes(1) },
      ],
      () => undefined,
    );
    told.fifth.restart();
    await until(
      () => toHex(heldBy(told.fifth, batch, 1) as Uint8Array) === toHex(right),
      'it has the right one again',
    );
    expect(kv.rows(TABLES.packages)).toHaveLength(1);
    expect(kv.rows(TABLES.pendingBatches)).toEqual([]);
  });
});

it('a package whose batch has moved on is not taken again: destroyed shares do not come back', async () => {
  const told = await story(1);
  admit(told);
  await world.passUntil(() => isMoved(told), 'the batch has moved');
  const [moved] = told.batches as [Authored];
  await until(() => heldBy(told.home, moved, 0) === undefined, 'the old shares are destroyed');
  const pushed = await answerOf<Outcome<Gathered>>((done) =>
    told.home.custody.push(moved.bytes, 1_000, done),
  );
  expect(refusal(pushed)).toBe('CUSTODY_EPOCH_WRONG');
  expect(heldBy(told.home, moved, 0)).toBeUndefined();
});

describe('a dealer that lies', () => {
  it('with another secret than its share is named by all, accused, and another deals', async () => {
    const told = await story(1);
    admit(told);
    const liar = firstDealer();
    const others = world.nodes.filter((node) => node !== liar);
    // Whole in itself, so that only the old points tell.
    const other = await redealt(liar, told.batches[0] as Authored, true);
    lie(liar, () => other);
    await world.passUntil(() => isMoved(told), 'all batches have moved all the same');
    expect(namesFalse(others, liar)).toEqual(others);
    expect(dealersOf(world.chain.view().state, 0, 1)).not.toContain(liar.hospital.id);
    const [batch] = told.batches as [Authored];
    await until(() => world.nodes.every((node) => heldBy(node, batch, 1) !== undefined), 'all hold it');
    const all = await released(told, batch);
    expect(all).toHaveLength(5);
    expect(secretOf(all, 0, 2)).toBe(toHex(batch.secrets[0] as Uint8Array));
  });

  it('with false shares for some is named by those, before any of it is used', async () => {
    const told = await story(1);
    admit(told);
    const liar = firstDealer();
    const cheated = world.nodes.filter((node) => node !== liar).slice(0, 3);
    lie(liar, (dealing, to) =>
      cheated.some(({ hospital }) => hospital.id === to)
        ? {
            ...dealing,
            records: dealing.records.map((record) => ({
              ...record,
              shares: record.shares.map(() => drawn(48)),
            })),
          }
        : dealing,
    );
    await world.passUntil(() => isMoved(told), 'the batch has moved');
    expect(namesFalse(world.nodes, liar)).toEqual(cheated);
  });

  it('with different polynomials for different custodians is found out by comparing', async () => {
    const told = await story(1);
    const [batch] = told.batches as [Authored];
    admit(told);
    const liar = firstDealer();
    const others = world.nodes.filter((node) => node !== liar);
    const fooled = new Set(others.slice(0, 2).map(({ hospital }) => hospital.id));
    const second = await redealt(liar, batch);
    lie(liar, (dealing, to) => (fooled.has(to) ? second : dealing));
    await world.passUntil(() => isMoved(told), 'the batch has moved');
    expect(namesFalse(others, liar).length).toBeGreaterThanOrEqual(2);
    expect(dealersOf(world.chain.view().state, 0, 1)).not.toContain(liar.hospital.id);
    await world.passUntil(
      () => world.nodes.every((node) => heldBy(node, batch, 1) !== undefined),
      'all hold what was confirmed',
    );
    const all = await released(told, batch);
    expect(secretOf(all, 1, 2)).toBe(toHex(batch.secrets[1] as Uint8Array));
  });

  it('with nothing at all is accused after a while, and another deals', async () => {
    const told = await story(1);
    admit(told);
    const silent = firstDealer();
    world.tap = (from, _to, bytes) => {
      const isDealing = decodeCustodyMessage(bytes).type === 'dealing';
      return from === silent.hospital.id && isDealing ? undefined : bytes;
    };
    await world.passUntil(() => isMoved(told), 'the batch has moved');
    const named = world.nodes.filter(({ log }) => log.codes().includes('custody.dealer-silent'));
    expect(named.length).toBeGreaterThanOrEqual(2);
    expect(namesFalse(world.nodes, silent)).toEqual([]);
  });

  it('in another’s name is blamed as a peer, and accuses nobody', async () => {
    const told = await story(1);
    admit(told);
    const [one, two] = dealersOf(world.chain.view().state, 0, 1).map(
      (id) => world.nodes.find(({ hospital }) => hospital.id === id) as CustodyNode,
    ) as [CustodyNode, CustodyNode];
    const forged = new Set<Hex32>();
    world.tap = (from, to, bytes) => {
      const message = decodeCustodyMessage(bytes);
      if (message.type !== 'dealing' || from !== one.hospital.id || forged.has(to)) return bytes;
      forged.add(to);
      const dealing = decode(dealingShape, message.bytes, OBJECT_BYTES_MAX);
      const dealer = dealing.dealers.find((each) => each !== dealing.dealer) as number;
      return encodeCustodyMessage({ ...message, bytes: encode(dealingShape, { ...dealing, dealer }) });
    };
    await world.passUntil(() => isMoved(told), 'the batch has moved');
    const blamed = world.nodes.flatMap(({ penalties }) => penalties);
    expect(blamed).toContainEqual({ peer: one.hospital.id, code: 'custody.dealing-forged' });
    expect(namesFalse(world.nodes, two)).toEqual([]);
  });
});

/** A second dealing of the same shares, as true as the first; or of other secrets, and fitting in itself. */
async function redealt(dealer: CustodyNode, { batch }: Authored, falsely = false): Promise<Dealing> {
  const { state } = world.chain.view();
  const kept = decodePackage(dealer.kv.get(TABLES.packages, packageKey(batch, 0)) as Uint8Array);
  const old = custodyEpoch(state, 0)?.custodians ?? [];
  const index = old.findIndex(({ id }) => id === dealer.hospital.id) + 1;
  return dealAnew({
    content: kept,
    custodyKey: dealer.custodyKey,
    self: dealer.hospital.id,
    index,
    from: 0,
    to: 1,
    dealers: dealersOf(state, 0, 1).map((id) => old.findIndex((each) => each.id === id) + 1),
    recipients: custodyEpoch(state, 1)?.custodians ?? [],
    falsely,
  });
}
