import { BLOB_BYTES_MAX, encode, PACKAGE_BYTES_MAX, toHex } from '@consilium/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLOBS_PER_REQUEST_MAX } from '../../../src/limits.ts';
import {
  type CustodyMessage,
  custodyShape,
  decodeCustodyMessage,
  encodeCustodyMessage,
} from '../../../src/messages/custody.ts';
import { codeThrownBy } from '../../support/fakes.ts';

const batch = 'ba'.repeat(32);
const epoch = 3;
const requestId = 7;
const bytes = Uint8Array.of(1, 2, 3);
const signature = '5a'.repeat(64);

const SAMPLES: readonly CustodyMessage[] = [
  { type: 'package', bytes, wantReceipt: true },
  { type: 'package-request', requestId, batch, epoch },
  { type: 'package-answer', requestId, bytes },
  { type: 'package-answer', requestId, bytes: null },
  { type: 'blobs-request', requestId, ids: [batch, 'bb'.repeat(32)] },
  { type: 'blobs-answer', requestId, blobs: [bytes, null] },
  { type: 'receipt', batch, epoch, root: batch, index: 1, signature },
  { type: 'receipt-refusal', batch, epoch, code: 'CUSTODY_BUSY' },
  { type: 'release-request', requestId, bytes },
  { type: 'release-answer', requestId, bytes },
  { type: 'refusal', requestId, code: 'CUSTODY_STALE' },
  { type: 'heights-request', requestId, height: 12 },
  { type: 'heights-answer', requestId, height: 14, steps: bytes },
  { type: 'dealing', batch, epoch, bytes },
  { type: 'dealing-request', batch, epoch, from: 2 },
];

describe('messages of custodians', () => {
  it.each(SAMPLES)('$type comes back from its bytes', (message) => {
    expect(decodeCustodyMessage(encodeCustodyMessage(message))).toEqual(message);
  });

  it('another version is refused', () => {
    const [sample] = SAMPLES as [CustodyMessage];
    const other = encodeCustodyMessage(sample);
    other[0] = 2;
    expect(codeThrownBy(() => decodeCustodyMessage(other))).toBe('ENCODING_INVALID');
    expect(codeThrownBy(() => decodeCustodyMessage(new Uint8Array()))).toBe('ENCODING_INVALID');
  });

  it.each<[string, CustodyMessage]>([
    ['a package', { type: 'package', bytes: new Uint8Array(PACKAGE_BYTES_MAX + 1), wantReceipt: false }],
    ['a blob', { type: 'blobs-answer', requestId, blobs: [new Uint8Array(BLOB_BYTES_MAX + 1)] }],
    [
      'a request',
      {
        type: 'blobs-request',
        requestId,
        ids: Array.from({ length: BLOBS_PER_REQUEST_MAX + 1 }, () => batch),
      },
    ],
    ['a request of nothing', { type: 'blobs-request', requestId, ids: [] }],
    ['an index', { type: 'receipt', batch, epoch, root: batch, index: 0, signature }],
    ['a request id', { type: 'heights-request', requestId: 2 ** 32, height: 1 }],
  ])('%s over its bound has no encoding', (_what, message) => {
    expect(codeThrownBy(() => encode(custodyShape, message))).toBe('ENCODING_INVALID');
  });

  it('any changed bytes are refused with a code, or decode to what encodes to them', () => {
    const samples = SAMPLES.map((message) => encodeCustodyMessage(message));
    const edit = fc.record({ sample: fc.nat(samples.length - 1), at: fc.nat(400), value: fc.nat(255) });
    fc.assert(
      fc.property(edit, ({ sample, at, value }) => {
        const changed = (samples[sample] as Uint8Array).slice();
        changed[at % changed.length] = value;
        let decoded: CustodyMessage | undefined;
        const code = codeThrownBy(() => {
          decoded = decodeCustodyMessage(changed);
        });
        if (decoded === undefined) expect(code).toBe('ENCODING_INVALID');
        else expect(toHex(encodeCustodyMessage(decoded))).toBe(toHex(changed));
      }),
      { numRuns: 500 },
    );
  });
});
