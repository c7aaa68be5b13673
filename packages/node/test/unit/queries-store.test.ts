import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  advanceAll,
  ConsiliumError,
  lightGenesis,
  toHex,
  verifyEd25519,
  verifyStateValue,
  verifyTxResult,
} from '@consilium/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KvWrite } from '../../src/ports.ts';
import {
  type ChainReader,
  committedTx,
  createBlockSource,
  headerPage,
  lightSteps,
  openChain,
  proveTx,
  readBlock,
  signedHeaderAt,
  stateEntry,
} from '../../src/queries/index.ts';
import { baseWrite, heightKey, lightHeaderWrites } from '../../src/replica/chain.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { TABLES } from '../../src/tables.ts';
import { createMemoryChain, type MemoryChain, validatorNamed } from '../support/memory-chain.ts';

const TABLE = 3;
const key = Uint8Array.of(1);
const value = Uint8Array.of(7);

describe('queries on the store of a node', () => {
  let folder: string;
  let store: Store;
  let chain: MemoryChain;
  let written = 0;
  const txs = ['a', 'b', 'c'].map((text) => new TextEncoder().encode(text));

  const write = (batch: readonly KvWrite[]): Promise<void> =>
    new Promise((resolve, reject) =>
      store.write(batch, (error) => (error === undefined ? resolve() : reject(error))),
    );
  const writeAll = async (): Promise<void> => {
    for (const batch of chain.batches.slice(written)) await write(batch);
    written = chain.batches.length;
  };
  const read = async <T>(question: (reader: ChainReader) => T | Promise<T>): Promise<T> => {
    const snapshot = openChain(store.snapshot());
    try {
      return await question(snapshot);
    } finally {
      snapshot.close();
    }
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'consilium-queries-'));
    store = await openStore(folder);
    chain = createMemoryChain({ sign: true });
    chain.commit({ txs, codes: ['OK', 'VALUE_INVALID', 'OK'], writes: [{ table: TABLE, key, value }] });
    const set = [...chain.set(), validatorNamed('Talblick')].sort((a, b) => (a.id < b.id ? -1 : 1));
    chain.commit({ nextSet: set });
    chain.commit();
    await writeAll();
  });
  afterAll(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });

  it('headers, light steps, state and transactions are found and proven', async () => {
    await read(async (reader) => {
      const blocks = createBlockSource(2);
      expect(reader.height).toBe(3);
      expect(headerPage(reader, blocks, 1, 10, 1_000_000).headers).toHaveLength(3);
      const light = await lightSteps(reader, blocks, 0, 10);
      const known = advanceAll(lightGenesis(chain.genesis), light.steps, verifyEd25519);
      expect(known.nextValidators).toEqual(chain.set());
      const tip = signedHeaderAt(reader, blocks, 3);
      const entry = stateEntry(reader, { table: TABLE, key });
      expect(tip && verifyStateValue(tip.header, TABLE, key, entry.value, entry.proof)).toBe(true);
      const id = readBlock(reader, 1)?.txIds()[1] ?? '';
      expect(committedTx(reader, blocks, id)).toEqual({ height: 1, index: 1, code: 'VALUE_INVALID' });
      const proof = proveTx(reader, blocks, id);
      const both = proof && { tx: proof.txProof, result: proof.resultProof };
      expect(proof && both && verifyTxResult(proof.header, id, proof.result, both)).toBe(true);
      expect(toHex(proof?.tx ?? key)).toBe(toHex(txs[1] ?? key));
    });
  });

  it('a page of light steps ends before the tip when there are more, and goes on from there', async () => {
    await read(async (reader) => {
      const blocks = createBlockSource(2);
      const first = await lightSteps(reader, blocks, 0, 1);
      expect(first.steps.map(({ header }) => header.height)).toEqual([2]);
      expect(first.next).toBe(2);
      const rest = await lightSteps(reader, blocks, 2, 1);
      expect(rest.steps.map(({ header }) => header.height)).toEqual([3]);
      expect(rest.next).toBeNull();
    });
  });

  it('a page of headers ends where the blocks become too many bytes, but holds one at least', async () => {
    await read((reader) => {
      const page = headerPage(reader, readBlock, 1, 10, 1);
      expect(page.headers).toHaveLength(1);
      expect(page.next).toBe(2);
    });
  });

  it('a snapshot shows its own height, whatever is committed meanwhile', async () => {
    const blocks = createBlockSource(8);
    const snapshot = openChain(store.snapshot());
    chain.commit({ writes: [{ table: TABLE, key, value: null }] });
    await writeAll();
    await read((reader) => {
      expect(reader.height).toBe(4);
      expect(blocks(reader, 4)).toBeDefined();
      expect(stateEntry(reader, { table: TABLE, key }).value).toBeNull();
    });
    expect(snapshot.height).toBe(3);
    expect(blocks(snapshot, 4)).toBeUndefined();
    expect(signedHeaderAt(snapshot, blocks, 3)?.certificate.height).toBe(3);
    expect(stateEntry(snapshot, { table: TABLE, key }).value).toEqual(value);
    snapshot.close();
  });

  it('below the base blocks are refused with the base, and the way of light clients is whole', async () => {
    const blocks = createBlockSource(8);
    const all = await read((reader) => lightSteps(reader, blocks, 0, 10));
    const kept = await read((reader) => [1, 2].flatMap((height) => lightHeaderWrites(reader, height)));
    const gone = [1, 2].map((height) => ({ table: TABLES.blocks, key: heightKey(height), value: null }));
    await write([...kept, ...gone, baseWrite(3)]);
    await read(async (reader) => {
      expect(reader.base).toBe(3);
      expect(await lightSteps(reader, blocks, 0, 10)).toEqual(all);
      expect(() => blocks(reader, 2)).toThrowError(
        new ConsiliumError('BLOCK_PRUNED', { height: 2, base: 3 }),
      );
      expect(() => headerPage(reader, blocks, 1, 10, 1_000)).toThrowError(ConsiliumError);
      expect(blocks(reader, 3)).toBeDefined();
    });
  });
});
