import {
  actionOf,
  BLOB_BYTES_MAX,
  byteString,
  ConsiliumError,
  type CustodyRequest,
  decode,
  decodeOwnRecords,
  decodeRelease,
  encode,
  encodeOwnRequest,
  encodeReleaseRequest,
  fromHex,
  type Hex32,
  hashHex,
  list,
  nullable,
  OBJECT_BYTES_MAX,
  type OwnRequest,
  PACKAGE_BYTES_MAX,
  type ReleaseRequest,
  type SecretKey,
  signRequest,
  toHex,
} from '@consilium/core';
import { encryptionKeyFromSeed } from '@consilium/sealing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asPerson, type Person } from '../../../core/test/kit/people.ts';
import { PLAIN_ASK } from '../../../core/test/kit/records.ts';
import type { Problem } from '../../src/api/problems.ts';
import type { Gathered } from '../../src/custody/gatherer.ts';
import { GATHER_DEFAULT_MS } from '../../src/limits.ts';
import { type Answer, type ApiHarness, problem, refusalOf, startApi } from '../support/api-harness.ts';
import { type Authored, drawn } from '../support/custody-author.ts';
import { type CustodyNode, type CustodyWorld, createCustodyWorld, until } from '../support/custody-world.ts';

const upload = list(byteString(BLOB_BYTES_MAX), 64);
const reading = list(nullable(byteString(BLOB_BYTES_MAX)), 64);

let world: CustodyWorld;
let h: ApiHarness;
let home: CustodyNode;
let patient: Person;
let authored: Authored;

beforeEach(async () => {
  world = createCustodyWorld();
  home = world.nodes[0] as CustodyNode;
  patient = world.patient(home.hospital, 'patient of the door');
  authored = await world.author(home.hospital, patient);
  h = await startApi({ deps: { custody: home.custody } });
});
afterEach(async () => {
  await h.api.stop();
  world.stop();
});

/** An answer in octets. */
async function postForBytes(path: string, body: Uint8Array | object): Promise<Answer<Uint8Array>> {
  const isBytes = body instanceof Uint8Array;
  const response = await fetch(`${h.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': isBytes ? 'application/octet-stream' : 'application/json' },
    body: isBytes ? new Blob([new Uint8Array(body)]) : JSON.stringify(body),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: new Uint8Array(await response.arrayBuffer()),
  };
}

async function register(): Promise<void> {
  await h.postBytes('/v1/custody/blobs', encode(upload, authored.blobs));
  const { body } = await h.postBytes<Gathered>('/v1/custody/packages', authored.bytes);
  expect(world.act(asPerson(home.hospital), authored.registration(body.receipts))).toBe('OK');
}

function signed<T extends CustodyRequest>(key: SecretKey, request: T) {
  return signRequest(key, world.chain.deps.genesisHash, request);
}

const nonce = (): string => toHex(drawn(16));

describe('POST /v1/custody/blobs', () => {
  it('stores pieces and names them by their hash', async () => {
    const { status, body } = await h.postBytes('/v1/custody/blobs', encode(upload, authored.blobs));
    expect(status).toBe(200);
    const ids = authored.blobs.map((blob) => hashHex(blob));
    expect(body).toEqual({ ids });
    for (const id of ids) expect(home.vault.has(id)).toBe(true);
  });

  it('refuses what is no list, what is too large, and another media type', async () => {
    expect(refusalOf(await h.postBytes<Problem>('/v1/custody/blobs', Uint8Array.of(0xff)))).toEqual(
      problem(400, 'ENCODING_INVALID'),
    );
    const large = new Uint8Array(5 * 1024 * 1024);
    expect(refusalOf(await h.postBytes<Problem>('/v1/custody/blobs', large))).toEqual(
      problem(413, 'ENCODING_TOO_LARGE'),
    );
    expect(refusalOf(await h.post<Problem>('/v1/custody/blobs', { blobs: [] }))).toEqual(
      problem(415, 'MEDIA_TYPE_UNSUPPORTED'),
    );
  });
});

describe('POST /v1/custody/packages', () => {
  it('answers with receipts, and names whoever gave none', async () => {
    world.cut(home, world.nodes[3] as CustodyNode);
    await h.postBytes('/v1/custody/blobs', encode(upload, authored.blobs));
    const { status, body } = await h.postBytes<Gathered>('/v1/custody/packages', authored.bytes);
    expect(status).toBe(200);
    expect(body).toMatchObject({ batch: authored.batch, epoch: 0, needed: 3 });
    expect(body.receipts).toHaveLength(3);
    const { id, name } = (world.nodes[3] as CustodyNode).hospital;
    expect(body.missing).toEqual([{ index: expect.any(Number), institution: id, name, code: null }]);
  });

  it('answers with what there is when the time is over', async () => {
    for (const other of world.nodes.slice(1)) world.cut(home, other);
    await h.postBytes('/v1/custody/blobs', encode(upload, authored.blobs));
    const asked = h.postBytes<Gathered>('/v1/custody/packages?timeoutMs=5000', authored.bytes);
    await until(() => home.counted.some(({ what }) => what === 'receipt'), 'the own receipt');
    world.clock.advance(GATHER_DEFAULT_MS);
    const { body } = await asked;
    expect(body.receipts).toHaveLength(1);
    expect(body.missing).toHaveLength(3);
  });

  it('refuses a false package by its code, an old epoch as well, and what is too large', async () => {
    const post = async (bytes: Uint8Array) =>
      refusalOf(await h.postBytes<Problem>('/v1/custody/packages', bytes));
    expect(await post(Uint8Array.of(1, 2))).toEqual(problem(422, 'CUSTODY_PACKAGE_INVALID'));
    const old = await world.author(home.hospital, patient, {
      change: (content) => ({ ...content, epoch: 5 }),
    });
    expect(await post(old.bytes)).toEqual(problem(422, 'CUSTODY_EPOCH_WRONG'));
    expect(await post(new Uint8Array(PACKAGE_BYTES_MAX + 1))).toEqual(problem(413, 'ENCODING_TOO_LARGE'));
    expect(refusalOf(await h.postBytes<Problem>('/v1/custody/packages?timeoutMs=31000', old.bytes))).toEqual(
      problem(400, 'REQUEST_INVALID'),
    );
  });

  it('a refusal of a busy or full node is a 503 to come back after', async () => {
    home.vault.failure = 'DISK_FULL';
    const answer = await h.postBytes<Problem>('/v1/custody/blobs', encode(upload, authored.blobs));
    expect(refusalOf(answer)).toEqual(problem(503, 'DISK_FULL'));
    expect(answer.headers.get('retry-after')).not.toBeNull();
  });
});

describe('POST /v1/custody/releases', () => {
  it('gives what each custodian says', async () => {
    await register();
    await until(
      () => world.nodes.every(({ counted }) => counted.some(({ what }) => what === 'package')),
      'all hold it',
    );
    const { id, account } = home.hospital;
    const readerKey = encryptionKeyFromSeed(drawn(32)).publicKey;
    const selection = { type: 'records', records: authored.records } as const;
    const body = { patient: patient.id, selection, purpose: 'TREAT', readerKey, ...PLAIN_ASK } as const;
    expect(world.act(asPerson(home.hospital), actionOf('access.open', body))).toBe('OK');
    const request = signed<ReleaseRequest>(account, {
      type: 'release',
      patient: patient.id,
      access: 0,
      reader: id,
      places: [0, 1],
      nonce: nonce(),
    });
    const bytes = encodeReleaseRequest(request);
    world.cut(home, world.nodes[3] as CustodyNode);
    const { status, body: answered } = await h.postBytes<{
      answers: { custodian: Hex32; release?: string; code?: string }[];
    }>('/v1/custody/releases?wait=all', bytes);
    expect(status).toBe(200);
    const { answers } = answered;
    expect(answers).toHaveLength(4);
    for (const { custodian, release, code } of answers) {
      if (custodian === world.nodes[3]?.hospital.id) expect(code).toBe('P2P_LINK_CLOSED');
      else expect(decodeRelease(fromHex(release ?? '')).custodian).toBe(custodian);
    }
  });

  it('refuses what is no request', async () => {
    expect(refusalOf(await h.postBytes<Problem>('/v1/custody/releases', Uint8Array.of(1)))).toEqual(
      problem(400, 'ENCODING_INVALID'),
    );
    expect(refusalOf(await h.postBytes<Problem>('/v1/custody/releases?wait=some', Uint8Array.of(1)))).toEqual(
      problem(400, 'REQUEST_INVALID'),
    );
  });
});

describe('POST /v1/custody/own', () => {
  it('gives a patient what opens the own records, as octets, and nobody else', async () => {
    await register();
    const ask = (key: SecretKey) => {
      const request = signed<OwnRequest>(key, {
        type: 'own',
        patient: patient.id,
        records: authored.records,
        nonce: nonce(),
      });
      return postForBytes('/v1/custody/own', encodeOwnRequest(request));
    };
    const answer = await ask(patient.key);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/octet-stream');
    expect(decodeOwnRecords(answer.body).map(({ record }) => record)).toEqual(authored.records);
    expect((await ask(home.hospital.account)).status).toBe(403);
  });
});

describe('POST /v1/custody/blobs/read', () => {
  it('gives pieces in the order of their ids, null where nobody has one', async () => {
    await h.postBytes('/v1/custody/blobs', encode(upload, authored.blobs));
    const ids = [...authored.blobs.map((blob) => hashHex(blob)), 'ab'.repeat(32)];
    const { status, body } = await postForBytes('/v1/custody/blobs/read', { ids });
    expect(status).toBe(200);
    expect(decode(reading, body, OBJECT_BYTES_MAX)).toEqual([...authored.blobs, null]);
  });

  it('refuses none, too many, and what is no id', async () => {
    const post = async (ids: readonly string[]) =>
      refusalOf(await h.post<Problem>('/v1/custody/blobs/read', { ids }));
    for (const ids of [[], Array.from({ length: 65 }, () => 'ab'.repeat(32)), ['AB'.repeat(32)]])
      expect(await post(ids)).toEqual(problem(400, 'REQUEST_INVALID'));
  });
});

describe('the door as a whole', () => {
  it('so many requests are let in at once, and a place is free again when one has ended', async () => {
    const waiting: ((result: ConsiliumError) => void)[] = [];
    await h.api.stop();
    h = await startApi({
      deps: { custody: { ...noDoor(home), push: (_bytes, _timeoutMs, done) => waiting.push(done) } },
    });
    const asked = Array.from({ length: 64 }, () =>
      h.postBytes<Problem>('/v1/custody/packages', authored.bytes),
    );
    await until(() => waiting.length === 64, 'the house is full');
    expect(refusalOf(await h.postBytes<Problem>('/v1/custody/packages', authored.bytes))).toEqual(
      problem(503, 'API_BUSY'),
    );
    for (const done of waiting.splice(0)) done(new ConsiliumError('CUSTODY_BUSY'));
    await Promise.all(asked);
    const again = h.postBytes<Problem>('/v1/custody/packages', authored.bytes);
    await until(() => waiting.length === 1, 'the next one is in');
    waiting[0]?.(new ConsiliumError('CUSTODY_BUSY'));
    expect(refusalOf(await again)).toEqual(problem(503, 'CUSTODY_BUSY'));
  });
});

function noDoor({ custody }: CustodyNode) {
  return {
    storeBlobs: custody.storeBlobs.bind(custody),
    release: custody.release.bind(custody),
    own: custody.own.bind(custody),
    readBlobs: custody.readBlobs.bind(custody),
  };
}
