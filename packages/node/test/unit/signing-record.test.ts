import { type Hex64, hashHex, toHex, utf8 } from '@consilium/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SignedKind } from '../../src/signing/record.ts';
import { initialiseRecordFile, type RecordFileOptions } from '../../src/signing/record-file.ts';
import { exportSigningRecord, importSigningRecord } from '../../src/signing/record-json.ts';
import { createSigner, type Signer, type SignRequest, type SignResult } from '../../src/signing/signer.ts';
import { codeThrownBy, createEventLog, type EventLog } from '../support/fakes.ts';
import { createMemoryDisk, type MemoryDisk } from '../support/memory-disk.ts';

const NAME = 'signing';
const OPTIONS: RecordFileOptions = {
  name: NAME,
  genesis: hashHex(utf8('a network')),
  validator: hashHex(utf8('a hospital')),
};

/** Deterministic like Ed25519: the signature is a function of the bytes. */
function signBytes(bytes: Uint8Array): Hex64 {
  return hashHex(bytes) + hashHex(utf8(toHex(bytes)));
}

function freshDisk(): MemoryDisk {
  const disk = createMemoryDisk();
  initialiseRecordFile(disk, OPTIONS, () => {});
  return disk;
}

function signerOn(disk: MemoryDisk, options = OPTIONS): { signer: Signer; events: EventLog } {
  const events = createEventLog();
  const signer = createSigner({ disk, report: events.report, signBytes }, options);
  if (signer.status === 'whole') signer.settle(undefined, () => {});
  return { signer, events };
}

function request(height: number, round: number, kind: SignedKind, text = 'a block'): SignRequest {
  return { height, round, kind, payload: utf8(`${kind} ${height}/${round} ${text}`) };
}

/** The answer when it came at once. */
function answerOf(signer: Signer, asked: SignRequest, heldByLog = true): SignResult | undefined {
  let answer: SignResult | undefined;
  signer.sign(asked, heldByLog, (result) => {
    answer = result;
  });
  return answer;
}

function refusedAt(height: number, round: number, kind: SignedKind): SignResult {
  return { refused: 'SIGNING_REFUSED', onRecord: { height, round, kind } };
}

describe('signing record', () => {
  test('signs in ascending order: height, round, then proposal, prevote, precommit', () => {
    const { signer } = signerOn(freshDisk());
    const ascending = [
      request(1, 0, 'proposal'),
      request(1, 0, 'prevote'),
      request(1, 0, 'precommit'),
      request(1, 1, 'proposal'),
      request(1, 3, 'prevote'),
      request(2, 0, 'prevote'),
    ];
    for (const each of ascending) expect(answerOf(signer, each, false)).toHaveProperty('signature');
    expect(signer.record()).toMatchObject({ height: 2, round: 0, kind: 'prevote' });
  });

  test('no signature leaves before its record is durable', () => {
    const disk = freshDisk();
    const { signer } = signerOn(disk);
    disk.holdSyncs = true;
    let answer: SignResult | undefined;
    signer.sign(request(4, 0, 'prevote'), true, (result) => {
      answer = result;
    });
    expect(answer).toBeUndefined();
    disk.completeSyncs();
    expect(answer).toHaveProperty('signature');
    disk.crash();
    expect(signerOn(disk).signer.record()).toMatchObject({ height: 4, round: 0, kind: 'prevote' });
  });

  test('refuses what is lower than or equal to the record when the log does not hold it, and says what is on record', () => {
    const { signer, events } = signerOn(freshDisk());
    answerOf(signer, request(5, 2, 'prevote'));
    for (const lower of [
      request(5, 2, 'prevote'),
      request(5, 2, 'prevote', 'another block'),
      request(5, 2, 'proposal'),
      request(5, 1, 'precommit'),
      request(4, 9, 'precommit'),
    ])
      expect(answerOf(signer, lower, false)).toEqual(refusedAt(5, 2, 'prevote'));
    expect(events.codes()).toEqual(Array(5).fill('signing.refused'));
  });

  test('signs again what the log holds, with the same signature, after a restart', () => {
    const disk = freshDisk();
    const { signer } = signerOn(disk);
    const messages = [request(3, 0, 'proposal'), request(3, 0, 'prevote'), request(3, 0, 'precommit')];
    const before = messages.map((each) => answerOf(signer, each));
    disk.crash();
    const restarted = signerOn(disk);
    expect(restarted.signer.status).toBe('whole');
    expect(messages.map((each) => answerOf(restarted.signer, each))).toEqual(before);
  });

  test('refuses other bytes at the very place of the record even when a log holds them', () => {
    const { signer } = signerOn(freshDisk());
    answerOf(signer, request(3, 0, 'prevote'));
    expect(answerOf(signer, request(3, 0, 'prevote', 'another block'), true)).toEqual(
      refusedAt(3, 0, 'prevote'),
    );
  });

  test('the messages of one input share one write, and are answered in their order', () => {
    const disk = freshDisk();
    const { signer } = signerOn(disk);
    disk.holdSyncs = true;
    const answered: string[] = [];
    const ask = (asked: SignRequest): void => signer.sign(asked, true, () => answered.push(asked.kind));
    ask(request(1, 0, 'proposal'));
    const before = disk.syncs;
    ask(request(1, 0, 'prevote'));
    ask(request(1, 0, 'precommit'));
    disk.completeSyncs();
    expect(answered).toEqual(['proposal']);
    disk.completeSyncs();
    expect(answered).toEqual(['proposal', 'prevote', 'precommit']);
    expect(disk.syncs - before).toBe(2);
  });

  test('a record found after a kill is synced before anything is signed again on its word', () => {
    const disk = freshDisk();
    const { signer } = signerOn(disk);
    disk.holdSyncs = true;
    answerOf(signer, request(3, 0, 'prevote'));
    const restarted = signerOn(disk);
    let answer: SignResult | undefined;
    restarted.signer.sign(request(3, 0, 'prevote'), true, (result) => {
      answer = result;
    });
    expect(answer).toBeUndefined();
    disk.completeSyncs();
    expect(answer).toHaveProperty('signature');
  });

  test.each([1, 100, 511])(
    'of a record found after a kill and one written after it, a power cut tears one at most (%i bytes)',
    (torn) => {
      const disk = freshDisk();
      const { signer } = signerOn(disk);
      answerOf(signer, request(3, 0, 'proposal'));
      disk.holdSyncs = true;
      answerOf(signer, request(3, 0, 'prevote'));
      const { signer: restarted } = signerOn(disk);
      answerOf(restarted, request(3, 0, 'precommit'));
      expect(disk.unsynced(NAME)).toBe(1);
      disk.completeSyncs();
      disk.crash(0, torn);
      expect(signerOn(disk).signer.record()).toMatchObject({ height: 3, round: 0, kind: 'prevote' });
    },
  );

  test.each([0, 1, 100, 511])('a write torn after %i bytes leaves the record before it', (torn) => {
    const disk = freshDisk();
    const { signer } = signerOn(disk);
    for (const round of [0, 1, 2]) answerOf(signer, request(6, round, 'prevote'));
    disk.holdSyncs = true;
    answerOf(signer, request(6, 3, 'prevote'));
    disk.crash(0, torn);
    disk.holdSyncs = false;
    const restarted = signerOn(disk);
    expect(restarted.signer.status).toBe('whole');
    expect(restarted.signer.record()).toMatchObject({ height: 6, round: 2, kind: 'prevote' });
    expect(answerOf(restarted.signer, request(6, 3, 'prevote'))).toHaveProperty('signature');
  });

  test('a failed sync ends all signing', () => {
    const disk = freshDisk();
    const { signer } = signerOn(disk);
    disk.failSyncs = true;
    expect(answerOf(signer, request(1, 0, 'prevote'))).toMatchObject({ refused: 'DISK_FAILED' });
    disk.failSyncs = false;
    expect(answerOf(signer, request(2, 0, 'prevote'))).toMatchObject({ refused: 'DISK_FAILED' });
  });
});

describe('signing record file', () => {
  test('a brand-new home gets one record, which is never overwritten', () => {
    const disk = freshDisk();
    expect(signerOn(disk).signer.status).toBe('whole');
    expect(codeThrownBy(() => initialiseRecordFile(disk, OPTIONS, () => {}))).toBe('SIGNING_RECORD_EXISTS');
  });

  test('a deleted record is missing, and stays in doubt until one was signed after it', () => {
    const disk = freshDisk();
    disk.remove(NAME);
    const { signer, events } = signerOn(disk);
    expect(signer.status).toBe('missing');
    expect(events.codes()).toEqual(['signing.record.missing']);
    disk.holdSyncs = true;
    answerOf(signer, request(9, 0, 'prevote'));
    disk.crash(1, 0);
    expect(signerOn(disk).signer.status).toBe('imported');
    disk.holdSyncs = false;
    answerOf(signerOn(disk).signer, request(9, 0, 'prevote'));
    expect(signerOn(disk).signer.status).toBe('whole');
  });

  test('both slots harmed, or those of another validator or network, are damage', () => {
    const disk = freshDisk();
    disk.put(
      NAME,
      (disk.read(NAME) ?? new Uint8Array(0)).map((byte) => byte ^ 1),
    );
    expect(signerOn(disk).signer.status).toBe('damaged');
    for (const other of [{ validator: hashHex(utf8('b')) }, { genesis: hashHex(utf8('b')) }])
      expect(signerOn(freshDisk(), { ...OPTIONS, ...other }).signer.status).toBe('damaged');
  });

  test('any one bit flipped leaves the record or the one before it, or damage: never another one, and nothing that the log holds is signed differently', () => {
    const disk = freshDisk();
    const { signer } = signerOn(disk);
    const before = request(9, 0, 'prevote');
    const last = request(9, 0, 'precommit');
    for (const each of [before, last]) answerOf(signer, each);
    const records = [before, last].map(({ kind }) => `9/0 ${kind}`);
    const content = disk.read(NAME) ?? new Uint8Array(0);
    for (let bit = 0; bit < 8 * content.length; bit += 1) {
      const harmed = createMemoryDisk();
      harmed.put(
        NAME,
        content.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)),
      );
      const { signer: found } = signerOn(harmed);
      const { height, round, kind } = found.record();
      expect(found.status).toBe('whole');
      expect(records).toContain(`${height}/${round} ${kind}`);
    }
  });

  test('after distrust nothing is signed, and the next start finds the record in doubt', () => {
    const disk = freshDisk();
    const { signer } = signerOn(disk);
    answerOf(signer, request(2, 0, 'prevote'));
    signer.distrust(() => {});
    expect(answerOf(signer, request(3, 0, 'prevote'))).toEqual(refusedAt(2, 0, 'prevote'));
    expect(signerOn(disk).signer.status).toBe('imported');
  });
});

describe('signing record as JSON', () => {
  function exported(height: number, text = 'a block'): string {
    const disk = freshDisk();
    answerOf(signerOn(disk).signer, request(height, 1, 'precommit', text));
    return exportSigningRecord({ disk, report: () => {} }, OPTIONS);
  }

  function importInto(disk: MemoryDisk, json: string): void {
    importSigningRecord({ disk, report: () => {} }, OPTIONS, json, () => {});
  }

  test('travels to another machine and is in doubt there', () => {
    const disk = createMemoryDisk();
    importInto(disk, exported(8));
    disk.crash();
    const { signer } = signerOn(disk);
    expect(signer.status).toBe('imported');
    expect(signer.record()).toMatchObject({ height: 8, round: 1, kind: 'precommit' });
    expect(answerOf(signer, request(8, 1, 'prevote'), false)).toEqual(refusedAt(8, 1, 'precommit'));
  });

  test('never goes backwards, and never names other bytes for the place in force', () => {
    const disk = createMemoryDisk();
    importInto(disk, exported(8));
    expect(codeThrownBy(() => importInto(disk, exported(7)))).toBe('SIGNING_RECORD_INVALID');
    expect(codeThrownBy(() => importInto(disk, exported(8, 'another block')))).toBe('SIGNING_RECORD_INVALID');
    importInto(disk, exported(8));
    importInto(disk, exported(9));
    expect(signerOn(disk).signer.record().height).toBe(9);
  });

  test('refuses what is not a record of this network, validator and version', () => {
    const json = exported(8);
    const broken = [
      '',
      'null',
      '[]',
      json.slice(0, -3),
      json.replace('"version": 1', '"version": 2'),
      json.replace(OPTIONS.genesis, OPTIONS.validator),
      json.replace('"height": 8', '"height": -8'),
      json.replace('"round"', '"around"'),
      json.replace('{', '{"extra": 1,'),
      `${json}${' '.repeat(5000)}`,
    ];
    for (const text of broken)
      expect(codeThrownBy(() => importInto(createMemoryDisk(), text))).toBe('SIGNING_RECORD_INVALID');
  });

  test('whatever stands in the text, it is taken over as it is or refused with its code, and the record never goes back', () => {
    const before = exported(8);
    const fields = JSON.parse(before) as Record<string, unknown>;
    const changed = fc
      .tuple(fc.constantFrom(...Object.keys(fields), 'extra'), fc.oneof(fc.jsonValue(), fc.nat(20)))
      .map(([name, value]) => JSON.stringify({ ...fields, [name]: value }));
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), changed), (text) => {
        const disk = createMemoryDisk();
        importInto(disk, before);
        const code = codeThrownBy(() => importInto(disk, text));
        expect([undefined, 'SIGNING_RECORD_INVALID']).toContain(code);
        const { signer } = signerOn(disk);
        expect(signer.status).toBe('imported');
        expect(signer.record().height).toBeGreaterThanOrEqual(8);
      }),
    );
  });

  test('a missing or damaged record is not exported', () => {
    const deps = { disk: createMemoryDisk(), report: () => {} };
    expect(codeThrownBy(() => exportSigningRecord(deps, OPTIONS))).toBe('SIGNING_RECORD_INVALID');
  });
});
