// What every vault does, the one on disk and the one in memory that other tests use.
import { BLOB_BYTES_MAX } from '@consilium/core';
import { describe, expect, test } from 'vitest';
import type { Vault } from '../../../src/ports.ts';
import { createMemoryVault } from '../../support/memory-vault.ts';
import { blobOf, idOf } from './vault-blobs.ts';
import { flipBitOf, read, remove, vaultHome, write } from './vault-home.ts';

interface Subject extends AsyncDisposable {
  readonly vault: Vault;
  readonly damage: (blob: Uint8Array) => Promise<void>;
}

async function onDisk(): Promise<Subject> {
  const home = await vaultHome();
  const damage = (blob: Uint8Array): Promise<void> => flipBitOf(home.folder, blob);
  return { vault: home.vault, damage, [Symbol.asyncDispose]: () => home[Symbol.asyncDispose]() };
}

async function inMemory(): Promise<Subject> {
  const vault = createMemoryVault();
  const damage = async (blob: Uint8Array): Promise<void> => vault.damage(idOf(blob));
  return { vault, damage, [Symbol.asyncDispose]: async () => undefined };
}

describe.each([
  ['on disk', onDisk],
  ['in memory', inMemory],
])('a vault %s', (_, open) => {
  test('gives back bytes of its own, as long as they are not removed', async () => {
    await using subject = await open();
    const blob = blobOf(1, 300);
    expect(await write(subject.vault, blob, blob)).toBeUndefined();
    const first = await read(subject.vault, idOf(blob));
    first?.fill(0);
    expect(await read(subject.vault, idOf(blob))).toEqual(blob);
    expect(await remove(subject.vault, idOf(blob), idOf(blobOf(2, 1)))).toBeUndefined();
    expect(subject.vault.has(idOf(blob))).toBe(false);
    expect(await read(subject.vault, idOf(blob))).toBeUndefined();
  });

  test('answers after the call has returned, in the order of the calls', async () => {
    await using subject = await open();
    const blob = blobOf(1, 300);
    const order: string[] = [];
    const answers = [
      write(subject.vault, blob).then(() => order.push('write')),
      remove(subject.vault, idOf(blob)).then(() => order.push('remove')),
      write(subject.vault, blob).then(() => order.push('again')),
    ];
    order.push('returned');
    expect(subject.vault.has(idOf(blob))).toBe(false);
    await Promise.all(answers);
    expect(order).toEqual(['returned', 'write', 'remove', 'again']);
    expect(subject.vault.has(idOf(blob))).toBe(true);
  });

  test('refuses a call with a blob over the bound, and has none of it', async () => {
    await using subject = await open();
    const blob = blobOf(1, 300);
    const error = await write(subject.vault, blob, new Uint8Array(BLOB_BYTES_MAX + 1));
    expect(error).toMatchObject({ code: 'ENCODING_TOO_LARGE' });
    expect(subject.vault.has(idOf(blob))).toBe(false);
  });

  test('drops a damaged blob when it is read, and not before', async () => {
    await using subject = await open();
    const blob = blobOf(1, 300);
    await write(subject.vault, blob);
    await subject.damage(blob);
    expect(subject.vault.has(idOf(blob))).toBe(true);
    expect(await read(subject.vault, idOf(blob))).toBeUndefined();
    expect(subject.vault.has(idOf(blob))).toBe(false);
    await write(subject.vault, blob);
    expect(await read(subject.vault, idOf(blob))).toEqual(blob);
  });
});

describe('a vault in memory', () => {
  test('fails the writes that a test wants to fail', async () => {
    const vault = createMemoryVault();
    vault.failure = 'DISK_FULL';
    expect(await write(vault, blobOf(1, 10))).toMatchObject({ code: 'DISK_FULL' });
    expect(vault.ids()).toEqual([]);
  });

  test('leaves it to the test when something happens', () => {
    const waiting: (() => void)[] = [];
    const vault = createMemoryVault({ defer: (operation) => waiting.push(operation) });
    const blob = blobOf(1, 10);
    let done = false;
    vault.write([blob], () => {
      done = true;
    });
    expect([done, vault.has(idOf(blob))]).toEqual([false, false]);
    waiting.shift()?.();
    expect([done, vault.has(idOf(blob))]).toEqual([true, true]);
  });
});
