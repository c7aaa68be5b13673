// Owns: custody packages, requests and releases of the sample hospitals: real commitments, points and signatures, the same
// on every machine. Sealed bytes are stand-ins: core never opens them. Does not own: batches on a ledger (records.ts).
import {
  batchProver,
  batchRootOf,
  type Chunk,
  type CustodyPackage,
  combinePoints,
  concat,
  custodyThreshold,
  type Dealing,
  type Dealt,
  type DealtRecord,
  deal,
  fromHex,
  genesisHash,
  type Hex32,
  hashHex,
  leavesOf,
  nextPointsSalt,
  nobleGroup,
  type OwnRecord,
  type OwnRequest,
  type PackageContent,
  type Release,
  type ReleasedRecord,
  type ReleaseRequest,
  randomScalar,
  recordIdOf,
  SEALED_SHARE_BYTES,
  type SealedMessage,
  type SealedRecord,
  type Signed,
  sha256,
  signDealing,
  signRelease,
  signRequest,
  toHex,
  type UnsignedDealing,
  utf8,
} from '../../src/index.ts';
import { HOSPITALS, type Hospital, sampleGenesis, setOf } from './sample-chain.ts';

export const GENESIS: Hex32 = genesisHash(sampleGenesis());
export const AUTHOR: Hospital = HOSPITALS[0] as Hospital;
export const PATIENT: Hex32 = hashHex(utf8('sample patient'));

/** In the order of their indexes. */
export const CUSTODIANS: readonly Hospital[] = setOf(HOSPITALS).map(
  ({ id }) => HOSPITALS.find((each) => each.id === id) as Hospital,
);
export const THRESHOLD: number = custodyThreshold(CUSTODIANS.length);

function bytesOf(name: string, length: number): Uint8Array {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, at) => sha256(utf8(`${name} ${at}`)));
  return concat(...blocks).subarray(0, length);
}

function scalarOf(name: string): Uint8Array {
  return randomScalar(bytesOf(name, 64));
}

function messageOf(name: string, length: number): SealedMessage {
  return { enc: hashHex(utf8(`enc of ${name}`)), sealed: bytesOf(`sealed ${name}`, length) };
}

export function sealedRecord(name: string, chunkCount = 2): SealedRecord {
  const salt = hashHex(utf8(`salt of ${name}`));
  const chunks = Array.from(
    { length: chunkCount },
    (_, at): Chunk => ({ id: hashHex(utf8(`chunk ${at} of ${name}`)), bytes: 512 + at }),
  );
  return {
    commitment: recordIdOf(
      salt,
      chunks.map(({ id }) => id),
    ),
    salt,
    chunks,
    pointsSalt: hashHex(utf8(`points salt of ${name}`)),
    wrap: name === 'closed' ? null : messageOf(name, 48),
  };
}

/** The author's polynomial of a record. */
function dealtBy(name: string, secret: Uint8Array): Dealt {
  const coefficients = Array.from({ length: THRESHOLD - 1 }, (_, at) =>
    scalarOf(`coefficient ${at} of ${name}`),
  );
  return deal(nobleGroup, secret, coefficients, CUSTODIANS.length);
}

function dealtRecord({ points }: Dealt, name: string): DealtRecord {
  const shares = CUSTODIANS.map((_, at) => bytesOf(`share ${at} of ${name}`, SEALED_SHARE_BYTES));
  return { points: points.map(toHex), shares };
}

export function encsOf(name: string): readonly Hex32[] {
  return CUSTODIANS.map((_, at) => hashHex(utf8(`enc ${at} of ${name}`)));
}

const NAMES = ['letter', 'closed', 'scan'] as const;
const DEALT: readonly Dealt[] = NAMES.map((name) => dealtBy(name, scalarOf(`secret of ${name}`)));

function contentOf(records: readonly SealedRecord[], batch: Hex32, epoch: number): PackageContent {
  const { id } = AUTHOR;
  return { version: 1, batch, epoch, patient: PATIENT, author: id, sender: id, records };
}

/** Three records, of which one is closed to the patient, dealt by their author to the four sample hospitals. */
export function authoredPackage(): CustodyPackage {
  const records = NAMES.map((name, at) => sealedRecord(name, at + 1));
  const dealt = NAMES.map((name, at) => dealtRecord(DEALT[at] as Dealt, name));
  const leaves = leavesOf(
    records,
    dealt.map(({ points }) => points),
  );
  const content = contentOf(records, batchRootOf(leaves), 0);
  const dealing: UnsignedDealing = {
    ...{ dealer: 0, from: null, dealers: [], encs: encsOf('author') },
    records: dealt,
  };
  return { ...content, dealings: [signDealing(AUTHOR.account, GENESIS, content, dealing)] };
}

export const DEALERS: readonly number[] = [1, 3];

/** The same batch after its custodians 1 and 3 dealt their shares again. */
export function redealtPackage(): CustodyPackage {
  const { batch, records: before } = authoredPackage();
  const records = before.map((record) => ({
    ...record,
    pointsSalt: toHex(nextPointsSalt(record.pointsSalt, 1)),
  }));
  const content = contentOf(records, batch, 1);
  const dealings = DEALERS.map((dealer): Dealing => {
    const dealt = NAMES.map((name, at) => {
      const share = (DEALT[at] as Dealt).shares[dealer - 1] as Uint8Array;
      return dealtRecord(dealtBy(`${name} by ${dealer}`, share), `${name} by ${dealer}`);
    });
    const unsigned = { dealer, from: 0, dealers: DEALERS, encs: encsOf(`dealer ${dealer}`), records: dealt };
    return signDealing((CUSTODIANS[dealer - 1] as Hospital).validator, GENESIS, content, unsigned);
  });
  return { ...content, dealings };
}

/** The points of each record, over all dealings of a package. */
export function pointsOf({ records, dealings }: CustodyPackage): readonly (readonly Hex32[])[] {
  return records.map((_, at) => {
    const parts = dealings.map(({ dealer, records: dealt }) => ({
      weightIndex: dealer,
      points: (dealt[at] as DealtRecord).points.map(fromHex),
    }));
    const [only] = parts;
    if (only?.weightIndex === 0) return only.points.map(toHex);
    return (combinePoints(nobleGroup, parts) ?? []).map(toHex);
  });
}

const NONCE = '00112233445566778899aabbccddeeff';

export const RELEASE_REQUEST: Signed<ReleaseRequest> = signRequest(AUTHOR.account, GENESIS, {
  ...{ type: 'release', patient: PATIENT, access: 7, reader: AUTHOR.id },
  ...{ places: [0, 2, 255], nonce: NONCE },
});

export const OWN_REQUEST: Signed<OwnRequest> = signRequest(AUTHOR.account, GENESIS, {
  ...{ type: 'own', patient: PATIENT, nonce: NONCE },
  records: authoredPackage().records.map(({ commitment }) => commitment),
});

/** What custodian 2 hands out of the sample batch. */
export function releasedRecords(): readonly ReleasedRecord[] {
  const custodyPackage = authoredPackage();
  const points = pointsOf(custodyPackage);
  const prove = batchProver(leavesOf(custodyPackage.records, points));
  return custodyPackage.records.map(({ commitment, salt, chunks, pointsSalt }, at) => ({
    ...{ place: at, record: commitment, epoch: 0, index: 2, salt, chunks, pointsSalt },
    share: (DEALT[at] as Dealt).shares[1] as Uint8Array,
    points: points[at] as readonly Hex32[],
    proof: prove(at),
  }));
}

export const RELEASER: Hospital = CUSTODIANS[1] as Hospital;

export function sampleRelease(): Release {
  return signRelease(RELEASER.validator, GENESIS, {
    ...{ patient: PATIENT, access: 7, custodian: RELEASER.id, envelope: messageOf('release', 300) },
    refusals: [{ place: 255, code: 'ACCESS_DENIED' }],
  });
}

export function refusedRelease(): Release {
  return signRelease(RELEASER.validator, GENESIS, {
    ...{ patient: PATIENT, access: 7, custodian: RELEASER.id, envelope: null },
    refusals: [0, 2].map((place) => ({ place, code: 'CUSTODY_PACKAGE_MISSING' })),
  });
}

export function ownRecords(): readonly OwnRecord[] {
  return authoredPackage().records.map(({ commitment, salt, chunks, wrap }) => ({
    record: commitment,
    ...{ salt, chunks, wrap },
  }));
}
