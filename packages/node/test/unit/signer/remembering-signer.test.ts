import { type Hex64, hashHex, toHex, utf8 } from '@consilium/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SignedKind } from '../../../src/signing/record.ts';
import { initialiseRecordFile } from '../../../src/signing/record-file.ts';
import { createRememberingSigner, type RememberingSigner } from '../../../src/signing/remembering-signer.ts';
import type { SignRequest, SignResult } from '../../../src/signing/signer.ts';
import { createMemoryDisk, type MemoryDisk } from '../../support/memory-disk.ts';

const OPTIONS = {
  ...{ name: 'record', historyName: 'history' },
  ...{ genesis: hashHex(utf8('a network')), validator: hashHex(utf8('a hospital')) },
};
const KINDS: readonly SignedKind[] = ['proposal', 'prevote', 'precommit'];

function freshDisk(): MemoryDisk {
  const disk = createMemoryDisk();
  initialiseRecordFile(disk, OPTIONS, () => {});
  return disk;
}

/** Deterministic like Ed25519. */
function signatureOf(bytes: Uint8Array): Hex64 {
  return hashHex(bytes) + hashHex(utf8(toHex(bytes)));
}

function signerOn(disk: MemoryDisk): RememberingSigner {
  return createRememberingSigner({ disk, report: () => undefined, signBytes: signatureOf }, OPTIONS);
}

function request(height: number, round: number, kind: SignedKind, text = 'a block'): SignRequest {
  return { height, round, kind, payload: utf8(`${kind} ${height}/${round} ${text}`) };
}

function answerOf(signer: RememberingSigner, asked: SignRequest): SignResult | undefined {
  let answer: SignResult | undefined;
  signer.sign(asked, (result) => {
    answer = result;
  });
  return answer;
}

const isSigned = (answer: SignResult | undefined): boolean => answer !== undefined && 'signature' in answer;

describe('a signer that takes nobody at their word', () => {
  test('signs again what it signed at this height, and nothing else at or below the record', () => {
    const disk = freshDisk();
    const signer = signerOn(disk);
    const own = KINDS.map((kind) => request(3, 0, kind));
    const before = own.map((each) => answerOf(signer, each));
    expect(before.every(isSigned)).toBe(true);
    disk.crash();
    const restarted = signerOn(disk);
    expect(own.map((each) => answerOf(restarted, each))).toEqual(before);
    for (const kind of KINDS)
      expect(isSigned(answerOf(restarted, request(3, 0, kind, 'another')))).toBe(false);
    expect(isSigned(answerOf(restarted, request(2, 5, 'precommit')))).toBe(false);
    expect(isSigned(answerOf(restarted, request(4, 0, 'prevote')))).toBe(true);
    expect(isSigned(answerOf(restarted, own[0] as SignRequest))).toBe(false);
  });

  test('no signature is answered before record and memory are durable', () => {
    const disk = freshDisk();
    const signer = signerOn(disk);
    disk.holdSyncs = true;
    let answer: SignResult | undefined;
    signer.sign(request(4, 0, 'prevote'), (result) => {
      answer = result;
    });
    disk.completeSyncs();
    expect(answer).toBeUndefined();
    disk.completeSyncs();
    expect(isSigned(answer)).toBe(true);
  });

  test('an old copy of the record beside a newer memory is damage, and nothing of that height is signed anew', () => {
    const disk = freshDisk();
    const signer = signerOn(disk);
    answerOf(signer, request(5, 0, 'prevote'));
    const old = disk.read('record') ?? new Uint8Array(0);
    answerOf(signer, request(5, 1, 'prevote'));
    disk.put('record', old);
    const restored = signerOn(disk);
    expect(restored.status).toBe('damaged');
    expect(isSigned(answerOf(restored, request(5, 0, 'precommit')))).toBe(false);
    expect(isSigned(answerOf(restored, request(5, 1, 'prevote', 'another')))).toBe(false);
    expect(isSigned(answerOf(restored, request(5, 1, 'prevote')))).toBe(true);
  });

  test('whatever is asked, and wherever power is lost, no two messages of one place are signed', () => {
    const asked = fc.record({
      type: fc.constant('sign' as const),
      height: fc.integer({ min: 1, max: 3 }),
      round: fc.nat(2),
      kind: fc.constantFrom(...KINDS),
      text: fc.constantFrom('a', 'b'),
      durable: fc.boolean(),
    });
    const crash = fc.record({ type: fc.constant('crash' as const), kept: fc.nat(4), torn: fc.nat(512) });
    const restart = fc.record({ type: fc.constant('restart' as const) });
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 6, arbitrary: asked }, crash, restart), { maxLength: 40 }),
        runSteps,
      ),
    );
  });
});

type Step =
  | ({ readonly type: 'sign'; readonly text: string; readonly durable: boolean } & Omit<
      SignRequest,
      'payload'
    >)
  | { readonly type: 'crash'; readonly kept: number; readonly torn: number }
  | { readonly type: 'restart' };

function runSteps(steps: readonly Step[]): void {
  const disk = freshDisk();
  let signer = signerOn(disk);
  const signed = new Map<string, string>();
  const note = (place: string, text: string): void => {
    expect([place, signed.get(place) ?? text]).toEqual([place, text]);
    signed.set(place, text);
  };
  for (const step of steps) {
    disk.holdSyncs = step.type === 'sign' && !step.durable;
    if (step.type === 'sign') {
      const { height, round, kind, text } = step;
      signer.sign(request(height, round, kind, text), (result) => {
        if ('signature' in result) note(`${height}/${round}/${kind}`, text);
      });
    } else {
      if (step.type === 'crash') disk.crash(step.kept, step.torn);
      else disk.completeSyncs();
      signer = signerOn(disk);
    }
  }
}
