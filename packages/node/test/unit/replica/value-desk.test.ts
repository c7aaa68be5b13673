import { BLOCK_TX_BYTES_MAX, TX_BYTES_MAX, type Tx } from '@consilium/core';
import { expect, test } from 'vitest';
import { createChain } from '../../../../core/test/kit/chain.ts';
import { ValueDesk } from '../../../src/replica/value-desk.ts';

test('bodies of a value that names more bytes than a block holds are not gathered further', () => {
  const { header } = createChain().build([]).block;
  const count = BLOCK_TX_BYTES_MAX / TX_BYTES_MAX + 2;
  const txs = Array.from({ length: count }, (_, index) => ({
    id: index.toString(16).padStart(64, '0'),
    bytes: new Uint8Array(TX_BYTES_MAX),
  })) as unknown as Tx[];
  const txIds = txs.map((tx) => tx.id);
  const desk = new ValueDesk({ body: () => undefined, hold: () => undefined });
  const id = desk.add({ header, lastCertificate: null, evidence: [], txIds });
  expect(desk.addBodies(txs.slice(0, 3))).toBe(true);
  expect(desk.addBodies(txs)).toBe(true);
  expect(desk.missing(id)).toEqual(txIds.slice(-2));
  expect(desk.addBodies(txs)).toBe(false);
});
