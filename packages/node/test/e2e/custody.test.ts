import {
  type Action,
  actionOf,
  BATCHES,
  BLOB_BYTES_MAX,
  byteString,
  combineShares,
  currentEpoch,
  custodyEpoch,
  decodeRelease,
  decodeReleased,
  encode,
  encodeReleaseRequest,
  fromHex,
  genesisHash,
  type Hex32,
  hashHex,
  list,
  type Outcome,
  type ReleasedRecord,
  readRow,
  releaseInfo,
  type SecretKey,
  secretKeyFromSeed,
  sha256,
  signPossession,
  signRequest,
  toHex,
  utf8,
} from '@consilium/core';
import { encryptionKeyFromSeed, unseal } from '@consilium/sealing';
import { expect, test } from 'vitest';
import { PLAIN_ASK } from '../../../core/test/kit/records.ts';
import type { Gathered } from '../../src/custody/gatherer.ts';
import { type Authored, authorPackage, drawn } from '../support/custody-author.ts';
import { admit } from './support/joining.ts';
import { createNetwork, type Network, type Validator } from './support/network.ts';
import { until } from './support/waiting.ts';

const READER = encryptionKeyFromSeed(drawn(32));
const PATIENT: SecretKey = secretKeyFromSeed(sha256(utf8('a patient of the lakeside')));
const uploadShape = list(byteString(BLOB_BYTES_MAX), 64);

test('Four hospitals keep sealed records; they open with one of them killed; a fifth joins and opens with new shares (real sockets).', async () => {
  await using network = await createNetwork();
  await network.start();
  const [north, east, south, west] = network.validators as [Validator, Validator, Validator, Validator];
  const patient = await enrol(network, north);
  const authored = await seal(network, north, patient);
  await register(network, north, authored);

  await west.kill();
  expect(await opened(network, north, east, patient, authored)).toEqual(authored.secrets.map(toHex));
  await west.start();
  await west.ready();

  const lake = await network.newcomer('Hospital Lake');
  await admit(network, lake, [north, east, south]);
  await lake.start();
  await until(
    () => `the batch is with the five; the log of the fifth ends: ${lake.log().slice(-2_000)}`,
    async () => {
      // An idle chain makes no blocks, and who joins is in the set two heights later.
      await act(network, north, actionOf('chain.noop', {}));
      return (await epochOf(network, authored)) === 1;
    },
  );
  await lake.ready();
  expect(await opened(network, north, lake, patient, authored)).toEqual(authored.secrets.map(toHex));
  for (const validator of network.validators) expect(validator.log()).not.toContain('custody.dealer-');
}, 400_000);

async function enrol(network: Network, by: Validator): Promise<Hex32> {
  const possession = signPossession(PATIENT, genesisHash(network.genesis), by.institution);
  const body = { key: PATIENT.publicKey, possession, encryptionKey: hashHex(utf8('a key of a patient')) };
  const outcome = await act(network, by, actionOf('identity.enrolPatient', body));
  return String(outcome?.id);
}

/** Committed, and what came of it. */
async function act(network: Network, by: Validator, action: Action): Promise<Outcome | undefined> {
  const settled = await network.client().submit([action], by.signer);
  if (settled.state !== 'committed' || settled.code !== 'OK') throw new Error(settled.state);
  return settled.outcomes[0];
}

async function seal(network: Network, by: Validator, patient: Hex32): Promise<Authored> {
  const { value } = await network.client().read((state) => {
    const epoch = currentEpoch(state);
    return { epoch, custodians: custodyEpoch(state, epoch)?.custodians ?? [] };
  });
  return authorPackage({
    genesis: genesisHash(network.genesis),
    ...value,
    patient,
    author: by.institution,
    sender: by.institution,
    key: by.signer.key,
    texts: ['an allergy', 'a finding'],
  });
}

async function post(by: Validator, path: string, body: Uint8Array): Promise<unknown> {
  const response = await fetch(`${by.apiUrl}/v1/custody/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: new Blob([new Uint8Array(body)]),
  });
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(JSON.stringify(answer));
  return answer;
}

async function register(network: Network, by: Validator, authored: Authored): Promise<void> {
  await post(by, 'blobs', encode(uploadShape, authored.blobs));
  const gathered = (await post(by, 'packages', authored.bytes)) as Gathered;
  expect(gathered.receipts.length).toBeGreaterThanOrEqual(gathered.needed);
  await act(network, by, authored.registration(gathered.receipts));
}

/** The secrets of the records, in hex, as `reader` opens them through the node of `through`. */
async function opened(
  network: Network,
  reader: Validator,
  through: Validator,
  patient: Hex32,
  { records }: Authored,
): Promise<string[]> {
  const selection = { type: 'records', records } as const;
  const body = { patient, selection, purpose: 'TREAT', readerKey: READER.publicKey, ...PLAIN_ASK } as const;
  const access = (await act(network, reader, actionOf('access.open', body)))?.index as number;
  const plain = {
    type: 'release',
    patient,
    access,
    reader: reader.institution,
    places: records.map((_, place) => place),
    nonce: toHex(drawn(16)),
  } as const;
  const bytes = encodeReleaseRequest(signRequest(reader.signer.key, genesisHash(network.genesis), plain));
  const { answers } = (await post(through, 'releases?wait=enough', bytes)) as {
    answers: { custodian: Hex32; release?: string; code?: string }[];
  };
  const released: ReleasedRecord[] = [];
  for (const { custodian, release } of answers) {
    const envelope = release === undefined ? null : decodeRelease(fromHex(release)).envelope;
    if (envelope === null) continue;
    const info = releaseInfo({ patient, access, custodian, readerKey: READER.publicKey });
    released.push(...decodeReleased(await unseal(READER, envelope, info, new Uint8Array())));
  }
  return records.map((record) => {
    const shares = released.filter((each) => each.record === record);
    expect(shares.length).toBeGreaterThanOrEqual(3);
    return toHex(combineShares(shares.slice(0, 2)));
  });
}

async function epochOf(network: Network, { batch }: Authored): Promise<number | undefined> {
  const { value } = await network.client().read((state) => readRow(state, BATCHES, batch)?.epoch);
  return value;
}
