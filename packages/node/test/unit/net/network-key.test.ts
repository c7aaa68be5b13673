import { expect, test } from 'vitest';
import { networkKeyPair } from '../../../src/net/index.ts';

test('A network key signs what it is given, each time, whatever it signed before.', async () => {
  const key = await networkKeyPair(new Uint8Array(32).fill(7));
  const message = Uint8Array.of(1, 2, 3);
  const [first, again] = await Promise.all([key.sign(message), key.sign(Uint8Array.of(1, 2, 3))]);
  expect(again).toEqual(first);
  expect(await key.publicKey.verify(message, first)).toBe(true);
  // Into the same buffer, and back.
  message[0] = 9;
  expect(await key.publicKey.verify(message, await key.sign(message))).toBe(true);
  message[0] = 1;
  expect(await key.sign(message)).toEqual(first);
});
