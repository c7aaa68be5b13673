import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  batchProver,
  batchRootOf,
  CUSTODIANS_MIN,
  custodyThreshold,
  DOMAINS,
  faultyMax,
  type Hex32,
  hashHex,
  isInBatch,
  merkleRoot,
  nextPointsSalt,
  pointsHashOf,
  RECORDS_PER_BATCH_MAX,
  type ReceiptStatement,
  type RecordCommitment,
  receiptPayload,
  receiptsNeeded,
  recordIdOf,
  recordLeaf,
  signPayload,
  signReceipt,
  toHex,
  utf8,
  VALIDATORS_MAX,
  verifyEd25519,
  verifyReceipt,
} from '../../../src/index.ts';
import { AUTHOR, GENESIS, RELEASER } from '../../kit/packages.ts';

const named = (name: string): Hex32 => hashHex(utf8(name));
const tagOf = (name: string): string => Buffer.from(name).toString('hex').padEnd(64, '0');
const sha = (hex: string): string => createHash('sha256').update(hex, 'hex').digest('hex');

describe('how many custodians it takes', () => {
  it.each([
    [3, 2, 3],
    [4, 2, 3],
    [5, 2, 3],
    [6, 2, 3],
    [7, 3, 5],
    [9, 3, 5],
    [10, 4, 7],
    [13, 5, 9],
    [64, 22, 43],
  ])('of %i: %i open a record, %i sign for it', (count, threshold, needed) => {
    expect([custodyThreshold(count), receiptsNeeded(count)]).toEqual([threshold, needed]);
  });

  it('leaves enough to open when as many of those who signed are lost as may be faulty, and is never all the others', () => {
    for (let count = CUSTODIANS_MIN; count <= VALIDATORS_MAX; count += 1) {
      const [faulty, threshold, needed] = [faultyMax(count), custodyThreshold(count), receiptsNeeded(count)];
      expect(threshold).toBeGreaterThan(faulty);
      expect(threshold).toBeGreaterThanOrEqual(2);
      expect(needed - Math.max(1, faulty)).toBe(threshold);
      // Reached without those who may be faulty, as soon as there may be any.
      expect(needed).toBeLessThanOrEqual(faulty === 0 ? count : count - faulty);
    }
  });
});

describe('the id of a record', () => {
  const salt = named('salt');
  const chunks = [named('chunk 1'), named('chunk 2')];

  it('is a tagged hash of its salt and of the hash of its chunk ids, by another engine', () => {
    expect(recordIdOf(salt, chunks)).toBe(sha(tagOf('consilium/record/v1') + salt + sha(chunks.join(''))));
  });

  it('changes with the salt, with a chunk, with their order and number', () => {
    const [one, two] = chunks as [Hex32, Hex32];
    const ids = [
      recordIdOf(salt, chunks),
      recordIdOf(named('other'), chunks),
      recordIdOf(salt, [one, named('chunk 3')]),
      recordIdOf(salt, [two, one]),
      recordIdOf(salt, [one]),
      recordIdOf(salt, [one, two, two]),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('the hash of the points', () => {
  it('is a tagged hash of their salt and themselves, by another engine', () => {
    const [salt, one, two] = [named('salt'), named('1'), named('2')] as [Hex32, Hex32, Hex32];
    expect(pointsHashOf(salt, [one, two])).toBe(sha(tagOf('consilium/points/v1') + salt + one + two));
    expect(pointsHashOf(salt, [two, one])).not.toBe(pointsHashOf(salt, [one, two]));
  });

  it('has a salt in the next epoch that comes of the one before and the number of the epoch', () => {
    const salt = named('salt');
    const expected = sha(`${tagOf('consilium/points-salt/v1')}${salt}0000000000000005`);
    expect(toHex(nextPointsSalt(salt, 5))).toBe(expected);
    expect(toHex(nextPointsSalt(salt, 6))).not.toBe(expected);
  });
});

describe('the root of a batch', () => {
  const records = (count: number): readonly RecordCommitment[] =>
    Array.from({ length: count }, (_, at) => ({
      commitment: named(`record ${at}`),
      pointsHash: named(`points ${at}`),
    }));

  it('is that of a list of leaves, each a tagged hash of the record and its points', () => {
    const [one, two] = records(2) as [RecordCommitment, RecordCommitment];
    const leaf = sha(tagOf('consilium/custody-leaf/v1') + one.commitment + one.pointsHash);
    expect(toHex(recordLeaf(one))).toBe(leaf);
    expect(batchRootOf([one])).toBe(sha(`00${leaf}`));
    expect(batchRootOf([one, two])).toBe(merkleRoot([one, two].map(recordLeaf)));
    expect(batchRootOf([two, one])).not.toBe(batchRootOf([one, two]));
  });

  it.each([1, 2, 3, 5, 63, RECORDS_PER_BATCH_MAX])('of %i proves each of them, and nothing else', (count) => {
    const batch = records(count);
    const root = batchRootOf(batch);
    const prove = batchProver(batch);
    for (const [at, record] of batch.entries()) {
      const proof = prove(at);
      expect(isInBatch(root, record, proof)).toBe(true);
      expect(isInBatch(root, { ...record, pointsHash: named('other points') }, proof)).toBe(false);
      expect(isInBatch(root, { ...record, commitment: named('other record') }, proof)).toBe(false);
      expect(isInBatch(named('other root'), record, proof)).toBe(false);
      const other = batch[(at + 1) % count] as RecordCommitment;
      if (count > 1) expect(isInBatch(root, other, proof)).toBe(false);
    }
  });
});

describe('a receipt', () => {
  const statement: ReceiptStatement = {
    patient: named('patient'),
    author: named('author'),
    batch: named('batch'),
    epoch: 4,
    root: named('root'),
    count: 9,
  };
  const signature = signReceipt(RELEASER.validator, GENESIS, statement);
  const verifies = (said: ReceiptStatement, key = RELEASER.validator.publicKey, genesis = GENESIS): boolean =>
    verifyReceipt(verifyEd25519, genesis, key, said, signature);

  it('verifies for what it says, under the key that signed it, in its network', () => {
    expect(verifies(statement)).toBe(true);
    expect(verifies(statement, AUTHOR.validator.publicKey)).toBe(false);
    expect(verifies(statement, RELEASER.account.publicKey)).toBe(false);
    expect(verifies(statement, RELEASER.validator.publicKey, named('other network'))).toBe(false);
  });

  it('says nothing of another patient, author, batch, epoch, root or count', () => {
    const owners = [{ patient: statement.author }, { author: statement.patient }];
    for (const change of [
      ...owners,
      { batch: statement.root },
      { epoch: 5 },
      { root: statement.batch },
      { count: 8 },
    ])
      expect(verifies({ ...statement, ...change })).toBe(false);
  });

  it('is signed in a domain of its own, over bytes that a signer elsewhere can have', () => {
    const payload = receiptPayload(statement);
    expect(signPayload(RELEASER.validator, 'custodyReceipt', GENESIS, payload)).toBe(signature);
    expect(signPayload(RELEASER.validator, 'custodyRelease', GENESIS, payload)).not.toBe(signature);
    expect(new Set(Object.values(DOMAINS)).size).toBe(Object.values(DOMAINS).length);
  });

  it('is for 1 to 64 records of an epoch', () => {
    for (const change of [{ count: 0 }, { count: 65 }, { epoch: -1 }])
      expect(() => signReceipt(RELEASER.validator, GENESIS, { ...statement, ...change })).toThrow(
        /canonical/,
      );
  });
});
