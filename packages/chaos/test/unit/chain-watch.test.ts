// What the collector tells the checkers of nodes that contradict each other or themselves.
import {
  type Block,
  type Certificate,
  genesisValidators,
  type Header,
  headerId,
  validatorSetHash,
  ZERO_HASH,
} from '@consilium/core';
import { createFounders } from '@consilium/sim';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createAgreementChecker } from '../../src/checkers/agreement.ts';
import { allOf } from '../../src/checkers/checker.ts';
import { type ChainWatch, startChainWatch } from '../../src/devnet-world/chain-watch.ts';
import type { NodeApi } from '../../src/devnet-world/node-api.ts';
import { createHistory, type History } from '../../src/history/history.ts';

const GENESIS = createFounders(4).genesis;
const SET_HASH = validatorSetHash(genesisValidators(GENESIS));
const ROOT = 'ab'.repeat(32);

interface Told {
  blocks: Block[];
  /** Instead of what its blocks say. */
  stateRoot: string | undefined;
  answers: boolean;
}

let history: History;
let nodes: readonly [Told, Told];
let watch: ChainWatch;

beforeEach(() => {
  history = createHistory();
  nodes = [toldOf(chain(3)), toldOf(chain(3))];
});

afterEach(() => watch.stop());

describe('Following two nodes', () => {
  test('that agree convicts nobody, and knows how far each is', async () => {
    nodes[1].blocks = chain(2);
    await followed(3, 2);
    expect(history.violations).toEqual([]);
    expect([...history.chain.keys()]).toEqual([1, 2, 3]);
  });

  test('of which one is at another block convicts of a fork', async () => {
    nodes[1].blocks = chain(3, 7);
    await followed(3, 3);
    expect(checkersConvicting()).toEqual(['agreement']);
  });

  test('of which one says another root of its tip than its block does', async () => {
    nodes[1].stateRoot = 'cd'.repeat(32);
    await followed(3, 3);
    await vi.waitUntil(() => history.violations.length > 0);
    expect(history.violations[0]?.what).toContain('another block or root');
  });

  test('of which one forgot what it had told convicts it, unless its disk was taken away', async () => {
    await followed(3, 3);
    nodes[1].blocks = chain(1);
    await vi.waitUntil(() => history.violations.length > 0);
    expect(history.violations[0]?.what).toBe('told of height 3 and came up at 1');

    history.violations.length = 0;
    history.excused.add('b');
    nodes[1].blocks = chain(4);
    await followed(3, 4);
    nodes[1].blocks = chain(2);
    await followed(3, 2);
    expect(history.violations).toEqual([]);
  });

  test('of which one does not answer goes on with the other', async () => {
    nodes[0].answers = false;
    await followed(0, 3);
    expect(await watch.stores()).toHaveLength(1);
    expect(history.violations).toEqual([]);
  });
});

async function followed(first: number, second: number): Promise<void> {
  if (started !== history) watch = start();
  await vi.waitUntil(() => watch.heightOf('a') === first && watch.heightOf('b') === second);
}

let started: History | undefined;

function start(): ChainWatch {
  started = history;
  return startChainWatch({
    genesis: GENESIS,
    nodes: [
      { id: 'a', name: 'n1', api: apiOf(nodes[0]) },
      { id: 'b', name: 'n2', api: apiOf(nodes[1]) },
    ],
    history,
    checkers: allOf([createAgreementChecker(history)]),
    onBlock: () => undefined,
    onCommit: () => undefined,
    onRound: () => undefined,
  });
}

function apiOf(told: Told): NodeApi {
  return {
    status: async () => {
      const header = told.blocks.at(-1)?.header;
      if (!told.answers || header === undefined) return undefined;
      const { height, stateRoot } = header;
      return { height, round: 0, blockId: headerId(header), stateRoot: told.stateRoot ?? stateRoot };
    },
    commits: async (from) =>
      told.blocks
        .slice(from - 1)
        .map(({ header }) => ({ id: headerId(header), header, certificate: {} as Certificate })),
    block: async (height) => told.blocks[height - 1] as Block,
    lightStep: async () => undefined,
  };
}

function toldOf(blocks: Block[]): Told {
  return { blocks, stateRoot: undefined, answers: true };
}

/** `salt`: chains with another one differ in every block. */
function chain(length: number, salt = 0): Block[] {
  return Array.from({ length }, (_, index) => ({
    header: headerAt(index + 1, salt),
    lastCertificate: null,
    evidence: [],
    txs: [],
  }));
}

function headerAt(height: number, salt: number): Header {
  return {
    version: 1,
    height,
    time: height * 1_000 + salt,
    stateRoot: ROOT,
    validatorsHash: SET_HASH,
    nextValidatorsHash: SET_HASH,
    ...{ genesis: ZERO_HASH, parent: ZERO_HASH, author: ZERO_HASH, txRoot: ZERO_HASH, resultRoot: ZERO_HASH },
    ...{ lastCertificateHash: ZERO_HASH, evidenceRoot: ZERO_HASH },
  };
}

function checkersConvicting(): readonly string[] {
  return [...new Set(history.violations.map(({ checker }) => checker))];
}
