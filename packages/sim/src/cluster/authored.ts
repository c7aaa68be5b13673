// Owns: sealed records as an honest author makes them: secrets drawn, shared and sealed to the custodians, content under
// the secret. Does not own: who takes them in (the author's node), their registration.
import {
  type Action,
  actionOf,
  batchRootOf,
  type CustodyPackage,
  concat,
  currentEpoch,
  custodyEpoch,
  custodyThreshold,
  type Dealing,
  deal,
  dealingPayload,
  encodePackage,
  fromHex,
  type Hex32,
  hashHex,
  leavesOf,
  type NewRecord,
  pointsHashOf,
  type Receipt,
  randomScalar,
  recordIdOf,
  type SealedMessage,
  type StateReader,
  sha256,
  shareInfo,
  signedBytes,
  toHex,
  type UnsignedDealing,
  utf8,
} from '@consilium/core';
import type { Prng } from '../world/prng.ts';
import { NO_AAD, openUnder, sealNow, sealSharesNow, sealUnder } from '../world/sim-sealer.ts';
import type { Cluster } from './cluster.ts';
import type { Person } from './people.ts';
import type { CustodyWorld } from './sim-custody.ts';

export interface Authored {
  readonly patient: Person;
  readonly batch: Hex32;
  readonly epoch: number;
  readonly bytes: Uint8Array;
  readonly blobs: readonly Uint8Array[];
  readonly records: readonly AuthoredRecord[];
  /** Sent by the patient's hospital. */
  readonly registration: (receipts: readonly Receipt[]) => Action;
}

export interface AuthoredRecord {
  readonly id: Hex32;
  readonly secret: Uint8Array;
  readonly text: string;
}

interface Prepared extends AuthoredRecord {
  readonly blob: Uint8Array;
  readonly salt: Hex32;
  readonly pointsSalt: Hex32;
  readonly points: readonly Hex32[];
  readonly shares: readonly Uint8Array[];
  readonly wrap: SealedMessage;
  readonly tags: readonly string[];
}

type AuthorWorld = Pick<Cluster, 'keys' | 'founders'> & { readonly custody: CustodyWorld };

const TAGS = 16;
const WRAP_INFO = utf8('simulated wrap');

/** For the custodians of the current epoch; by the patient's hospital. One record for each text. */
export function authorRecords(
  world: AuthorWorld,
  prng: Prng,
  state: StateReader,
  patient: Person,
  texts: readonly string[],
): Authored {
  const { custody, founders, keys } = world;
  const { hospital } = patient;
  const epoch = currentEpoch(state);
  const custodians = custodyEpoch(state, epoch)?.custodians ?? [];
  const prepared = texts.map((text) => prepare(custody, prng, patient, custodians.length, text));
  const records = prepared.map(({ id, salt, pointsSalt, blob, wrap }) => ({
    commitment: id,
    salt,
    chunks: [{ id: hashHex(blob), bytes: blob.length }],
    pointsSalt,
    wrap,
  }));
  const points = prepared.map((each) => each.points);
  const batch = batchRootOf(leavesOf(records, points));
  const envelopes = custodians.map(({ id, custodyKey }, place) => {
    const info = shareInfo({
      patient: patient.id,
      author: hospital.id,
      batch,
      epoch,
      dealer: 0,
      custodian: id,
    });
    const items = prepared.map((each) => ({
      aad: fromHex(each.id),
      share: each.shares[place] as Uint8Array,
    }));
    return sealSharesNow(custody.sealing, custodyKey, info, items);
  });
  const unsigned: UnsignedDealing = {
    dealer: 0,
    from: null,
    dealers: [],
    encs: envelopes.map((each) => each?.enc ?? ''),
    records: points.map((each, position) => ({
      points: each,
      shares: envelopes.map((envelope) => envelope?.sealed[position] ?? new Uint8Array(0)),
    })),
  };
  const content = {
    ...{ version: 1 as const, batch, epoch, records },
    patient: patient.id,
    author: hospital.id,
    sender: hospital.id,
  };
  const payload = signedBytes('custodyDealing', founders.genesisHash, dealingPayload(content, unsigned));
  const dealing: Dealing = { ...unsigned, signature: keys.sign(hospital.account, payload) };
  const whole: CustodyPackage = { ...content, dealings: [dealing] };
  return {
    ...{ patient, batch, epoch },
    bytes: encodePackage(whole),
    blobs: prepared.map(({ blob }) => blob),
    records: prepared.map(({ id, secret, text }) => ({ id, secret, text })),
    registration: (receipts) => registration(patient.id, epoch, prepared, receipts),
  };
}

function prepare(
  { sealing, group }: CustodyWorld,
  prng: Prng,
  patient: Person,
  count: number,
  text: string,
): Prepared {
  const secret = randomScalar(prng.bytes(64));
  const coefficients = Array.from({ length: custodyThreshold(count) - 1 }, () =>
    randomScalar(prng.bytes(64)),
  );
  const { points, shares } = deal(group, secret, coefficients, count);
  const blob = sealUnder(contentKey(secret), NO_AAD, utf8(text));
  const salt = toHex(prng.bytes(32));
  const wrap = sealNow(sealing, patient.encryption.publicKey, WRAP_INFO, secret);
  if (wrap === undefined) throw new Error('invariant: a person of this cluster can be sealed to');
  return {
    ...{ secret, text, blob, salt, shares, wrap },
    id: recordIdOf(salt, [hashHex(blob)]),
    pointsSalt: toHex(prng.bytes(32)),
    points: points.map(toHex),
    tags: Array.from({ length: TAGS }, () => toHex(prng.bytes(16))).sort(),
  };
}

function registration(
  patient: Hex32,
  epoch: number,
  prepared: readonly Prepared[],
  receipts: readonly Receipt[],
): Action {
  return actionOf('record.register', {
    patient,
    epoch,
    records: prepared.map(
      ({ id, pointsSalt, points, tags }): NewRecord => ({
        commitment: id,
        pointsHash: pointsHashOf(pointsSalt, points),
        amends: null,
        confidentiality: 'N',
        emergency: false,
        month: null,
        effects: [],
        tags,
        tagGeneration: 1,
      }),
    ),
    receipts,
  });
}

/** What a record says, for who has its secret; undefined: it is another's. */
export function contentOf(secret: Uint8Array, blob: Uint8Array): string | undefined {
  const text = openUnder(contentKey(secret), NO_AAD, blob);
  return text === undefined ? undefined : new TextDecoder().decode(text);
}

function contentKey(secret: Uint8Array): Uint8Array {
  return sha256(concat(secret, utf8('content')));
}
