import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  ACCESSES,
  ACTION_TYPES,
  checkBlock,
  checkGenesis,
  createMemoryTree,
  createOverlay,
  decode,
  decodeBlock,
  decodeTx,
  decodeTxResult,
  encodeBlock,
  fromHex,
  type Genesis,
  genesisHash,
  genesisShape,
  genesisState,
  genesisTip,
  headerId,
  type LedgerTip,
  OBJECT_BYTES_MAX,
  type Overlay,
  proposerOrder,
  type StateChange,
  toHex,
  verifyEd25519,
} from '../../src/index.ts';
import { createTestDeps } from '../kit/chain.ts';
import { type ChainVector, ledgerChainVector, type RowVector } from '../kit/ledger-chain-vector.ts';

const file = new URL('ledger-chain.json', import.meta.url);
const vector = JSON.parse(readFileSync(file, 'utf8')) as ChainVector;

function genesisOf({ genesisBytes }: ChainVector): Genesis {
  return decode(genesisShape, fromHex(genesisBytes), OBJECT_BYTES_MAX);
}

function write(state: Overlay, rows: readonly RowVector[]): void {
  for (const [table, key, value] of rows) {
    if (value === null) state.delete(table, fromHex(key));
    else state.put(table, fromHex(key), fromHex(value));
  }
}

function rowsOf(changes: readonly StateChange[]): readonly RowVector[] {
  return changes.map(({ table, key, value }) => [table, toHex(key), value === null ? null : toHex(value)]);
}

describe('the published chain', () => {
  it('begins with a valid genesis, whose state has the given rows and root', () => {
    const genesis = genesisOf(vector);
    checkGenesis(genesis, verifyEd25519);
    expect(genesisHash(genesis)).toBe(vector.genesisHash);
    const { stateRoot, changes } = genesisState(genesis);
    expect(stateRoot).toBe(vector.genesisStateRoot);
    expect(rowsOf(changes)).toEqual(vector.genesisRows);
  });

  it('is executed from its bytes alone, to the given results, rows, roots and proposers', () => {
    const genesis = genesisOf(vector);
    const deps = createTestDeps(genesis);
    const state = createOverlay({ get: () => undefined });
    const tree = createMemoryTree();
    write(state, vector.genesisRows);
    tree.write(genesisState(genesis).treeNodes);
    let tip: LedgerTip = genesisTip(genesis);
    for (const expected of vector.blocks) {
      const block = decodeBlock(fromHex(expected.bytes));
      expect(toHex(encodeBlock(block))).toBe(expected.bytes);
      expect(block.header).toEqual(expected.header);
      expect(headerId(block.header)).toBe(expected.id);
      const execution = checkBlock(deps, { state, tree, tip, isReplayed: () => false }, block);
      expect(execution.txs.map(({ id }) => id)).toEqual(expected.txIds);
      expect(execution.results).toEqual(expected.results);
      expect(execution.resultBytes.map(toHex)).toEqual(expected.resultBytes);
      expect(expected.resultBytes.map((bytes) => decodeTxResult(fromHex(bytes)))).toEqual(expected.results);
      expect(rowsOf(execution.changes)).toEqual(expected.changes);
      write(state, expected.changes);
      tree.write(execution.treeNodes);
      tip = { height: block.header.height, id: expected.id, time: block.header.time };
      expect(proposerOrder(state, tip.height + 1)).toEqual(expected.nextProposers);
    }
  });

  it('holds every action of this network, a failure, evidence, a missed round and a change of the set', () => {
    const blocks = vector.blocks.map(({ bytes }) => decodeBlock(fromHex(bytes)));
    const types = blocks.flatMap(({ txs }) =>
      txs.flatMap((tx) => decodeTx(tx).actions.map((action) => action.type)),
    );
    expect([...new Set(types)].sort()).toEqual(ACTION_TYPES);
    const codes = vector.blocks.flatMap(({ results }) => results.map(({ code }) => code));
    expect(new Set(codes)).toEqual(new Set(['OK', 'ANCHOR_EXISTS']));
    expect(blocks.map(({ evidence }) => evidence.length)).toEqual([0, 0, 1, 0, 0, 0]);
    expect(blocks.map(({ lastCertificate }) => lastCertificate?.round)).toEqual([undefined, 0, 1, 0, 0, 0]);
    expect(new Set(blocks.map(({ header }) => header.validatorsHash)).size).toBe(2);
  });

  it('holds accesses by each rule that decides a named record', () => {
    const rules = vector.blocks.flatMap(({ changes }) =>
      changes
        .filter(([table]) => table === ACCESSES.number)
        .map(([, , value]) => {
          const { items } = decode(ACCESSES.shape, fromHex(value as string), OBJECT_BYTES_MAX);
          return items.map(({ rule }) => rule).join(' ');
        }),
    );
    expect(rules).toEqual([
      'excluded law-psychotherapy-notes consent',
      'no-consent no-consent no-consent record-retracted record-unknown',
      'author author author record-retracted',
      '',
      'delegate',
      'emergency emergency-dataset',
      'emergency',
      'emergency-privilege',
      'emergency-suspended',
    ]);
  });

  it('is what its generator makes', () => {
    expect(JSON.parse(JSON.stringify(ledgerChainVector()))).toEqual(vector);
  });
});
