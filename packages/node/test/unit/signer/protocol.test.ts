import { type Hex64, hashHex, isConsiliumError, utf8 } from '@consilium/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SIGNER_FRAME_BYTES_MAX, SIGNER_PAYLOAD_BYTES_MAX } from '../../../src/limits.ts';
import {
  decodeAnswer,
  decodeRequest,
  encodeRequest,
  SIGNER_PROTOCOL_VERSION,
  type SignerAnswer,
  type SignerRequest,
} from '../../../src/signer/protocol.ts';
import { createSession, type Session } from '../../../src/signer/session.ts';
import { initialiseRecordFile } from '../../../src/signing/record-file.ts';
import { createRememberingSigner } from '../../../src/signing/remembering-signer.ts';
import { createMemoryDisk } from '../../support/memory-disk.ts';

const genesis = hashHex(utf8('a network'));
const validator = hashHex(utf8('a hospital'));
const HELLO: SignerRequest = { type: 'hello', version: SIGNER_PROTOCOL_VERSION, genesis, validator };

function sessionOf(): { session: Session; answers: SignerAnswer[] } {
  const disk = createMemoryDisk();
  const options = { name: 'record', historyName: 'history', genesis, validator };
  initialiseRecordFile(disk, options, () => {});
  const signBytes = (bytes: Uint8Array): Hex64 => hashHex(bytes) + hashHex(bytes);
  const answers: SignerAnswer[] = [];
  const session = createSession({
    ...{ genesis, validator, publicKey: validator, signBytes },
    openSigner: () => createRememberingSigner({ disk, report: () => undefined, signBytes }, options),
    send: (answer) => answers.push(answer),
    fail: (code) => {
      throw new Error(code);
    },
  });
  return { session, answers };
}

const id = fc.nat(1_000);
const payload = fc.uint8Array({ maxLength: 64 });
const requests: fc.Arbitrary<SignerRequest> = fc.oneof(
  fc.constant(HELLO),
  fc.record({
    ...{ type: fc.constant('sign' as const), id, payload },
    kind: fc.constantFrom('proposal' as const, 'prevote' as const, 'precommit' as const),
    height: fc.nat(3),
    round: fc.nat(3),
  }),
  fc.record({
    ...{ type: fc.constant('statement' as const), id, payload },
    domain: fc.constantFrom('custodyReceipt' as const, 'custodyRelease' as const, 'custodyDealing' as const),
  }),
  fc.record({ type: fc.constant('distrust' as const), id }),
  fc.constant({ type: 'ping' as const }),
);

describe('frames between a node and its signer', () => {
  test('come back as they were', () => {
    fc.assert(
      fc.property(requests, (request) => {
        expect(decodeRequest(encodeRequest(request))).toEqual(request);
      }),
    );
  });

  test('whatever stands in a frame, it is a message or refused with a code of the encoding', () => {
    const whole = requests.map(encodeRequest);
    const damaged = fc
      .tuple(whole, fc.nat(), fc.nat(255))
      .map(([bytes, at, byte]) => bytes.with(at % bytes.length, byte));
    const any = fc.oneof(fc.uint8Array({ maxLength: 512 }), damaged);
    fc.assert(
      fc.property(any, (bytes) => {
        for (const decode of [decodeRequest, decodeAnswer]) {
          try {
            decode(bytes);
          } catch (error) {
            expect(isConsiliumError(error) && error.code).toMatch(/^ENCODING_/);
          }
        }
      }),
    );
  });

  test('have their bounds', () => {
    const long = { type: 'sign', id: 1, kind: 'prevote', height: 1, round: 0 } as const;
    expect(() => encodeRequest({ ...long, payload: new Uint8Array(SIGNER_PAYLOAD_BYTES_MAX + 1) })).toThrow();
    const largest = encodeRequest({ ...long, payload: new Uint8Array(SIGNER_PAYLOAD_BYTES_MAX) });
    expect(largest.length).toBeLessThan(SIGNER_FRAME_BYTES_MAX);
  });
});

describe('a session with a node', () => {
  test('says who it is, signs by the record, and answers each request once', () => {
    const { session, answers } = sessionOf();
    const sign = (round: number, text: string): SignerRequest => ({
      ...{ type: 'sign', id: answers.length, kind: 'prevote', height: 1, round, payload: utf8(text) },
    });
    const frames = [HELLO, sign(0, 'a'), sign(0, 'b'), { type: 'ping' } as const, sign(1, 'b')];
    for (const request of frames) expect(session.received(encodeRequest(request))).toBeUndefined();
    expect(answers.map(({ type }) => type)).toEqual(['welcome', 'signed', 'refused', 'pong', 'signed']);
    expect(answers[0]).toMatchObject({ status: 'whole', height: 0, publicKey: validator });
    expect(answers[2]).toMatchObject({ code: 'SIGNING_REFUSED' });
  });

  test.each<[string, SignerRequest, string]>([
    ['speaks another version', { ...HELLO, version: 2 }, 'SIGNER_VERSION'],
    ['is of another network', { ...HELLO, genesis: validator }, 'SIGNER_OTHER_VALIDATOR'],
    ['is another validator', { ...HELLO, validator: genesis }, 'SIGNER_OTHER_VALIDATOR'],
    ['asks before it said hello', { type: 'ping' }, 'SIGNER_FRAME_MALFORMED'],
  ])('a node that %s is sent away', (_case, request, code) => {
    const { session, answers } = sessionOf();
    expect(session.received(encodeRequest(request))).toBe(code);
    expect(answers).toEqual([]);
  });

  test('whatever a node sends, it is answered or sent away, and no two messages of one place are signed', () => {
    const frames = fc.array(
      fc.oneof({ weight: 5, arbitrary: requests.map(encodeRequest) }, fc.uint8Array()),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(frames, (sent) => {
        const { session, answers } = sessionOf();
        const places = new Map<string, string>();
        for (const frame of [encodeRequest(HELLO), ...sent]) {
          const code = session.received(frame);
          if (code !== undefined) expect(code).toMatch(/^SIGNER_/);
          if (code !== undefined) return;
          const answer = answers.at(-1);
          if (answer?.type === 'signed') noteSigned(places, decodeRequest(frame));
        }
      }),
    );
  });
});

function noteSigned(places: Map<string, string>, request: SignerRequest): void {
  if (request.type !== 'sign') return;
  const place = `${request.height}/${request.round}/${request.kind}`;
  const said = String(request.payload);
  expect(places.get(place) ?? said).toBe(said);
  places.set(place, said);
}
