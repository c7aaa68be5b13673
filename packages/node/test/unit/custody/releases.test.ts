import {
  actionOf,
  combineShares,
  custodyEpoch,
  decodeRelease,
  decodeReleased,
  type ErrorCode,
  fromHex,
  type Hex32,
  isInBatch,
  isReleaseSigned,
  isShareOf,
  pointsHashOf,
  type ReleasedRecord,
  type ReleaseRequest,
  releaseInfo,
  type SecretKey,
  toHex,
} from '@consilium/core';
import { encryptionKeyFromSeed, openContent, unseal } from '@consilium/sealing';
import { afterEach, describe, expect, it } from 'vitest';
import { keyOf } from '../../../../core/test/kit/chain.ts';
import {
  asPerson,
  credential,
  grantTo,
  type Person,
  revoking,
  rotation,
} from '../../../../core/test/kit/people.ts';
import { PLAIN_ASK } from '../../../../core/test/kit/records.ts';
import { sodiumGroup } from '../../../src/crypto/group-sodium.ts';
import type { Outcome } from '../../../src/custody/custody.ts';
import type { CustodianAnswer } from '../../../src/custody/relay.ts';
import { READ_INDEX_MS, RELAY_MS_MAX, RELAY_SETTLE_MS } from '../../../src/limits.ts';
import {
  type CustodyMessage,
  decodeCustodyMessage,
  encodeCustodyMessage,
} from '../../../src/messages/custody.ts';
import { TABLES } from '../../../src/tables.ts';
import { type Authored, drawn } from '../../support/custody-author.ts';
import { signedRelease } from '../../support/custody-client.ts';
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

const READER_KEY = encryptionKeyFromSeed(drawn(32));

interface Story {
  readonly home: CustodyNode;
  readonly reading: CustodyNode;
  readonly patient: Person;
  readonly doctor: Person;
  readonly authored: Authored;
}

/** A batch of two records at one hospital, and a consent for the doctor of another. */
async function story(options: Parameters<CustodyWorld['author']>[2] = {}): Promise<Story> {
  world = createCustodyWorld();
  const [home, reading] = world.nodes as [CustodyNode, CustodyNode];
  const patient = world.patient(home.hospital, 'patient of releases');
  const doctor = credential(world.chain, reading.hospital, 'doctor of releases');
  const authored = await world.author(home.hospital, patient, options);
  await world.register(home, home.hospital, authored);
  await until(() => world.nodes.every((node) => holds(node)), 'all hold the package');
  expect(grant(patient, doctor)).toBe('OK');
  return { home, reading, patient, doctor, authored };
}

function holds({ kv }: CustodyNode): boolean {
  return kv.rows(TABLES.packages).length > 0;
}

function grant(patient: Person, doctor: Person): string {
  return world.act(
    patient,
    grantTo(world.chain, patient.id, doctor.id, { categories: [], excludedLabels: [] }),
  );
}

function open({ patient, doctor, authored }: Story, by: Person = doctor): number {
  const selection = { type: 'records', records: authored.records } as const;
  const body = {
    patient: patient.id,
    selection,
    purpose: 'TREAT',
    readerKey: READER_KEY.publicKey,
    ...PLAIN_ASK,
  } as const;
  const { execution } = world.commit([world.chain.tx(by.id, by.key, [actionOf('access.open', body)])]);
  return execution.results[0]?.outcomes[0]?.index as number;
}

function request(
  { patient, doctor }: Story,
  access: number,
  change: Partial<ReleaseRequest> = {},
  key: SecretKey = doctor.key,
): Uint8Array {
  return signedRelease(world, { patient, doctor }, { access, ...change }, key);
}

type Answers = readonly CustodianAnswer[];

function ask(at: CustodyNode, bytes: Uint8Array, wait: 'enough' | 'all' = 'all'): Promise<Outcome<Answers>> {
  return answerOf((done) => at.custody.release(bytes, wait, done));
}

/** What this node itself says. */
async function ownAnswer(at: CustodyNode, bytes: Uint8Array): Promise<CustodianAnswer> {
  const answers = ok(await ask(at, bytes));
  return answers.find(({ custodian }) => custodian === at.hospital.id) as CustodianAnswer;
}

function codeOf(answer: CustodianAnswer): ErrorCode | undefined {
  return 'code' in answer ? answer.code : undefined;
}

async function openedBy(
  { patient }: Story,
  access: number,
  answer: CustodianAnswer,
): Promise<readonly ReleasedRecord[]> {
  if (!('release' in answer)) throw new Error(answer.code);
  const release = decodeRelease(answer.release);
  const { custodian } = answer;
  const known = custodyEpoch(world.chain.view().state, 0)?.custodians.find(({ id }) => id === custodian);
  const { verify, genesisHash } = world.chain.deps;
  expect(isReleaseSigned(verify, genesisHash, known?.signingKey as Hex32, release)).toBe(true);
  if (release.envelope === null) return [];
  const info = releaseInfo({
    patient: patient.id,
    access,
    custodian,
    readerKey: READER_KEY.publicKey,
  });
  return decodeReleased(await unseal(READER_KEY, release.envelope, info, new Uint8Array()));
}

/** Places and codes of what one custodian refused. */
function refusalsOf(answer: CustodianAnswer): string[] {
  if (!('release' in answer)) throw new Error(answer.code);
  return decodeRelease(answer.release).refusals.map(({ place, code }) => `${place} ${code}`);
}

describe('a release', () => {
  it('gives each custodian’s share, which fits its points, under the root of the batch; two open the record', async () => {
    const told = await story();
    const access = open(told);
    const answers = ok(await ask(told.reading, request(told, access)));
    expect(answers).toHaveLength(4);
    const all = await Promise.all(answers.map((answer) => openedBy(told, access, answer)));
    for (const records of all)
      for (const { index, share, points, pointsSalt, proof, record } of records) {
        expect(isShareOf(sodiumGroup, points.map(fromHex), index, share)).toBe(true);
        const leaf = { commitment: record, pointsHash: pointsHashOf(pointsSalt, points) };
        expect(isInBatch(told.authored.batch, leaf, proof)).toBe(true);
      }
    const [one, two] = [all[0]?.[1], all[2]?.[1]] as [ReleasedRecord, ReleasedRecord];
    const secret = combineShares([one, two]);
    expect(toHex(secret)).toBe(toHex(told.authored.secrets[1] as Uint8Array));
    const chunks = told.authored.blobs.slice(1, 2);
    const text: Uint8Array[] = [];
    for await (const part of openContent(
      secret,
      (async function* () {
        yield* chunks;
      })(),
    ))
      text.push(part);
    expect(new TextDecoder().decode(text[0])).toContain('a finding');
  });

  it('wait=enough answers when three releases are there, without the one who is silent', async () => {
    const told = await story();
    const silent = world.nodes[3] as CustodyNode;
    const access = open(told);
    world.tap = (from, _to, bytes) => (from === silent.hospital.id ? undefined : bytes);
    const asked = ask(told.reading, request(told, access), 'enough');
    await until(
      () => told.reading.heard.filter(({ message }) => message.type === 'release-answer').length === 2,
      'two answers of others',
    );
    await until(() => told.reading.counted.some(({ what }) => what === 'release'), 'the own release');
    world.clock.advance(RELAY_SETTLE_MS);
    const answers = ok(await asked);
    expect(answers.map(codeOf).filter((code) => code !== undefined)).toEqual(['CUSTODY_STALE']);
  });

  it('who is not connected, and who does not answer in time, are told apart', async () => {
    const told = await story();
    const [away, silent] = world.nodes.slice(2) as [CustodyNode, CustodyNode];
    const access = open(told);
    world.cut(told.reading, away);
    const asked = ask(told.reading, request(told, access));
    world.tap = (from, _to, bytes) => {
      const isRelease = bytes.length > 600;
      return from === silent.hospital.id && isRelease ? undefined : bytes;
    };
    await until(() => silent.counted.some(({ what }) => what === 'release'), 'the release that is lost');
    await until(() => told.home.counted.some(({ what }) => what === 'release'), 'another that arrives');
    await until(
      () => told.reading.heard.some(({ message }) => message.type === 'release-answer'),
      'the answer',
    );
    world.clock.advance(RELAY_MS_MAX);
    const answers = ok(await asked);
    const codeBy = (node: CustodyNode): unknown =>
      codeOf(answers.find(({ custodian }) => custodian === node.hospital.id) as CustodianAnswer);
    expect(codeBy(away)).toBe('P2P_LINK_CLOSED');
    expect(codeBy(silent)).toBe('CUSTODY_STALE');
  });
});

describe('a release is refused as a whole', () => {
  it('ACCESS_NOT_FOUND: this ledger holds no such access', async () => {
    const told = await story();
    expect(codeOf(await ownAnswer(told.reading, request(told, 7)))).toBe('ACCESS_NOT_FOUND');
  });

  it('ACCESS_OTHER_READER: the permit is another’s', async () => {
    const told = await story();
    const access = open(told);
    const other = credential(world.chain, told.reading.hospital, 'another doctor');
    const bytes = request(told, access, { reader: other.id }, other.key);
    expect(codeOf(await ownAnswer(told.reading, bytes))).toBe('ACCESS_OTHER_READER');
  });

  it('ACCESS_EXPIRED: by the later of ledger and clock', async () => {
    const told = await story();
    const access = open(told);
    world.clock.advance(10 * 60_000);
    expect(codeOf(await ownAnswer(told.reading, request(told, access)))).toBe('ACCESS_EXPIRED');
  });

  it('TX_SIGNATURE_INVALID: another key, a key of before, an unknown account', async () => {
    const told = await story();
    const access = open(told);
    const stolen = request(told, access, {}, told.patient.key);
    expect(codeOf(await ownAnswer(told.reading, stolen))).toBe('TX_SIGNATURE_INVALID');
    const unknown = request(told, access, { reader: 'ee'.repeat(32) });
    expect(codeOf(await ownAnswer(told.reading, unknown))).toBe('TX_SIGNATURE_INVALID');
    expect(
      world.act(told.doctor, rotation(world.chain, told.doctor.id, keyOf('new key of the doctor'))),
    ).toBe('OK');
    expect(codeOf(await ownAnswer(told.reading, request(told, access)))).toBe('TX_SIGNATURE_INVALID');
    const rotated = request(told, access, {}, keyOf('new key of the doctor'));
    expect(codeOf(await ownAnswer(told.reading, rotated))).toBeUndefined();
  });

  it.each<ErrorCode>(['CUSTODY_NOT_READY', 'CUSTODY_REMOVED'])(
    '%s: as long as the node stands so',
    async (code) => {
      const told = await story();
      const access = open(told);
      told.reading.standing = code;
      expect(codeOf(await ownAnswer(told.reading, request(told, access)))).toBe(code);
      told.reading.standing = undefined;
      expect(codeOf(await ownAnswer(told.reading, request(told, access)))).toBeUndefined();
    },
  );

  it('bytes that are no request', async () => {
    const told = await story();
    expect(refusal(await ask(told.reading, Uint8Array.of(1)))).toBe('ENCODING_INVALID');
  });
});

describe('a place is refused for itself', () => {
  it('ACCESS_DENIED where the ledger denied it, and never by the custodian’s own mind', async () => {
    const told = await story();
    const stranger = credential(world.chain, told.reading.hospital, 'doctor without consent');
    const access = open(told, stranger);
    const bytes = request(told, access, { reader: stranger.id }, stranger.key);
    const answer = await ownAnswer(told.reading, bytes);
    expect(refusalsOf(answer)).toEqual(['0 ACCESS_DENIED', '1 ACCESS_DENIED']);
    expect(await openedBy(told, access, answer)).toEqual([]);
  });

  it('ACCESS_REVOKED once the consent is gone', async () => {
    const told = await story();
    const access = open(told);
    expect(refusalsOf(await ownAnswer(told.reading, request(told, access)))).toEqual([]);
    expect(world.act(told.patient, revoking(told.patient.id, 0))).toBe('OK');
    expect(refusalsOf(await ownAnswer(told.reading, request(told, access)))).toEqual([
      '0 ACCESS_REVOKED',
      '1 ACCESS_REVOKED',
    ]);
  });

  it('ACCESS_REVOKED for a retracted record alone', async () => {
    const told = await story();
    const access = open(told);
    const [first] = told.authored.records as [Hex32];
    expect(world.act(asPerson(told.home.hospital), actionOf('record.retract', { record: first }))).toBe('OK');
    const answer = await ownAnswer(told.reading, request(told, access));
    expect(refusalsOf(answer)).toEqual(['0 ACCESS_REVOKED']);
    expect((await openedBy(told, access, answer)).map(({ place }) => place)).toEqual([1]);
  });

  it('RECORD_NOT_FOUND for a place that the access does not have', async () => {
    const told = await story();
    const access = open(told);
    const answer = await ownAnswer(told.reading, request(told, access, { places: [1, 9] }));
    expect(refusalsOf(answer)).toEqual(['9 RECORD_NOT_FOUND']);
  });

  it('CUSTODY_PACKAGE_MISSING where the batch is not held', async () => {
    const told = await story();
    const access = open(told);
    told.reading.kv.clear(TABLES.packages);
    expect(refusalsOf(await ownAnswer(told.reading, request(told, access)))).toEqual([
      '0 CUSTODY_PACKAGE_MISSING',
      '1 CUSTODY_PACKAGE_MISSING',
    ]);
  });

  it('CUSTODY_SHARE_FALSE where the author dealt falsely to this custodian: no false share leaves', async () => {
    world = createCustodyWorld();
    const custodians = custodyEpoch(world.chain.view().state, 0)?.custodians ?? [];
    const place = custodians.findIndex(({ id }) => id === world.nodes[1]?.hospital.id) + 1;
    world.stop();
    world = createCustodyWorld();
    const told = await storyOf(place);
    const access = open(told);
    expect(refusalsOf(await ownAnswer(told.reading, request(told, access)))).toEqual([
      '0 CUSTODY_SHARE_FALSE',
      '1 CUSTODY_SHARE_FALSE',
    ]);
  });
});

/** The reading custodian was cheated: it took the batch from its peers after the registration. */
async function storyOf(falseFor: number): Promise<Story> {
  const [home, reading] = world.nodes as [CustodyNode, CustodyNode];
  const patient = world.patient(home.hospital, 'patient of releases');
  const doctor = credential(world.chain, reading.hospital, 'doctor of releases');
  const authored = await world.author(home.hospital, patient, { falseFor: [falseFor] });
  await world.register(home, home.hospital, authored);
  grant(patient, doctor);
  await until(() => {
    world.clock.advance(1_000);
    return holds(reading);
  }, 'the cheated one has the ciphertext');
  return { home, reading, patient, doctor, authored };
}

describe('a custodian that lags behind', () => {
  it('releases after it has caught up with what a quorum had', async () => {
    const told = await story();
    told.reading.behind = [];
    const access = open(told);
    const asked = ownAnswer(told.reading, request(told, access));
    await until(
      () => told.reading.heard.filter(({ message }) => message.type === 'heights-answer').length === 3,
      'the others have told',
    );
    expect(told.reading.counted.filter(({ what }) => what === 'release')).toEqual([]);
    told.reading.catchUp();
    expect(codeOf(await asked)).toBeUndefined();
  });

  it('does not release what was revoked in a block that it lacks', async () => {
    const told = await story();
    const access = open(told);
    told.reading.behind = [];
    expect(world.act(told.patient, revoking(told.patient.id, 0))).toBe('OK');
    const asked = ownAnswer(told.reading, request(told, access));
    await until(
      () => told.reading.heard.filter(({ message }) => message.type === 'heights-answer').length === 3,
      'the others have told',
    );
    told.reading.catchUp();
    expect(refusalsOf(await asked)).toEqual(['0 ACCESS_REVOKED', '1 ACCESS_REVOKED']);
  });

  it('CUSTODY_STALE when it does not catch up in time', async () => {
    const told = await story();
    told.reading.behind = [];
    const access = open(told);
    const asked = ownAnswer(told.reading, request(told, access));
    await until(
      () => told.reading.heard.some(({ message }) => message.type === 'heights-answer'),
      'an answer',
    );
    world.clock.advance(READ_INDEX_MS);
    expect(codeOf(await asked)).toBe('CUSTODY_STALE');
  });

  it('CUSTODY_STALE when fewer than a quorum tell their height', async () => {
    const told = await story();
    const access = open(told);
    for (const other of world.nodes.slice(2)) world.cut(told.reading, other);
    const asked = ownAnswer(told.reading, request(told, access));
    world.clock.advance(READ_INDEX_MS);
    expect(codeOf(await asked)).toBe('CUSTODY_STALE');
  });

  it('a bare claim of a height delays nothing, and its sender is blamed', async () => {
    const told = await story();
    // The first to be asked, so that its answer is there before the quorum is.
    const liar = told.home;
    const access = open(told);
    world.tap = (from, to, bytes) => {
      if (from !== liar.hospital.id || to !== told.reading.hospital.id) return bytes;
      const message = decodeCustodyMessage(bytes);
      if (message.type !== 'heights-answer') return bytes;
      const claim: CustodyMessage = {
        type: 'heights-answer',
        requestId: message.requestId,
        height: 1_000_000,
        steps: Uint8Array.of(0x80),
      };
      return encodeCustodyMessage(claim);
    };
    expect(codeOf(await ownAnswer(told.reading, request(told, access, { places: [0] })))).toBeUndefined();
    expect(told.reading.penalties).toContainEqual({
      peer: liar.hospital.id,
      code: 'custody.height-unproven',
    });
  });

  it('requests that come during a round share the next one', async () => {
    const told = await story();
    const access = open(told);
    const rounds = (): number =>
      told.home.heard.filter(
        ({ message, from }) => message.type === 'heights-request' && from === told.reading.hospital.id,
      ).length;
    const before = rounds();
    const asked = [1, 2, 3, 4].map(() => ownAnswer(told.reading, request(told, access)));
    expect((await Promise.all(asked)).map(codeOf)).toEqual([undefined, undefined, undefined, undefined]);
    expect(rounds() - before).toBe(2);
  });
});

describe('between two looks at the ledger', () => {
  it('a revocation that is committed while shares are opened and sealed is obeyed', async () => {
    const told = await story();
    const access = open(told);
    const codes: string[] = [];
    told.reading.beforeSealed = () => {
      told.reading.beforeSealed = () => undefined;
      codes.push(world.act(told.patient, revoking(told.patient.id, 0)));
    };
    const answer = await ownAnswer(told.reading, request(told, access));
    expect(codes).toEqual(['OK']);
    expect(refusalsOf(answer)).toEqual(['0 ACCESS_REVOKED', '1 ACCESS_REVOKED']);
  });
});
