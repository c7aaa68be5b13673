// Owns: how an erasure looks to a person: whose word, and which custodians destroyed what they held.
import type { ErasureView } from '@consilium/sdk';
import { fields, table, time } from './text.ts';

export function erasureLines(erasure: ErasureView): readonly string[] {
  const { index, authorName, by, author, reason, height, time: atMs, receipts, complete } = erasure;
  const said = receipts.filter((receipt) => receipt.height !== null).length;
  return [
    ...fields([
      ['erasure', index],
      ['by', by === author ? authorName : `${by}, of ${authorName}`],
      ['reason', reason],
      ['erased', `height ${height}, ${time(atMs)}`],
      [
        'destroyed',
        complete
          ? `by all ${receipts.length} custodians`
          : `by ${said} of ${receipts.length} custodians so far`,
      ],
    ]),
    ...table([
      ['CUSTODIAN', 'DESTROYED'],
      ...receipts.map((receipt) => [
        receipt.name,
        receipt.height === null || receipt.time === null
          ? 'not heard from yet'
          : `height ${receipt.height}, ${time(receipt.time)}`,
      ]),
    ]),
  ];
}
