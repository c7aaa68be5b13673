// Owns: following what each node says it committed, block by block, and telling the checkers. Does not own: any judgement.
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Block,
  type Genesis,
  genesisValidators,
  type Hex32,
  hashHex,
  headerId,
  type ValidatorSet,
  validatorSetHash,
} from '@consilium/core';
import type { Checker, StoreSeen } from '../checkers/checker.ts';
import { type CommitSeen, type History, violate } from '../history/history.ts';
import type { CommitTold, NodeApi, Told } from './node-api.ts';

export interface WatchedNode {
  readonly id: Hex32;
  readonly name: string;
  readonly api: NodeApi;
}

export interface ChainWatch {
  /** Of each node: the height up to which it told its commits. */
  heightOf(node: Hex32): number;
  /** What each node that answers holds now, to be compared height by height. */
  stores(): Promise<readonly StoreSeen[]>;
  stop(): Promise<void>;
}

export interface ChainWatchDeps {
  readonly genesis: Genesis;
  readonly nodes: readonly WatchedNode[];
  readonly history: History;
  readonly checkers: Required<Checker>;
  /** Of each block, before the checkers are told of it for the first time. */
  readonly onBlock: (block: Block) => void;
  readonly onCommit: (node: WatchedNode, seen: CommitSeen) => void;
  readonly onRound: (round: number) => void;
}

const POLL_MS = 150;

export function startChainWatch(deps: ChainWatchDeps): ChainWatch {
  const heights = new Map<Hex32, number>();
  const aborter = new AbortController();
  const reader = createReader(deps);
  const following = deps.nodes.map(async (node) => {
    while (!aborter.signal.aborted) {
      await look(deps, reader, node, heights);
      await delay(POLL_MS, undefined, { signal: aborter.signal }).catch(() => undefined);
    }
  });
  return {
    heightOf: (node) => heights.get(node) ?? 0,
    stores: async () => {
      const stores = await Promise.all(deps.nodes.map(storeOf));
      return stores.filter((store) => store !== undefined);
    },
    stop: async () => {
      aborter.abort();
      await Promise.all(following);
    },
  };
}

async function look(
  deps: ChainWatchDeps,
  reader: Reader,
  node: WatchedNode,
  heights: Map<Hex32, number>,
): Promise<void> {
  const status = await node.api.status();
  if (status === undefined) return;
  deps.onRound(status.round);
  const told = heights.get(node.id) ?? 0;
  if (status.height < told) {
    // What it told it had on its disk: it must have it after any restart.
    deps.checkers.opened(node.id, { height: status.height, blockId: status.blockId });
    heights.set(node.id, status.height);
  }
  try {
    await catchUp(deps, reader, node, status, heights);
  } catch (error) {
    if (!deps.history.hostile.has(node.id) && !isOutOfReach(error))
      violate(deps.history, 'exception', `${node.name}: ${String(error)}`, { nodes: [node.id] });
  }
}

async function catchUp(
  { checkers, history, onCommit }: ChainWatchDeps,
  reader: Reader,
  node: WatchedNode,
  status: Told,
  heights: Map<Hex32, number>,
): Promise<void> {
  const told = (): number => heights.get(node.id) ?? 0;
  while (told() < status.height) {
    const page = await node.api.commits(told() + 1);
    if (page.length === 0) return;
    for (const commit of page) {
      const seen = await reader.seenOf(node, commit);
      heights.set(node.id, commit.header.height);
      checkers.committed(node.id, seen);
      onCommit(node, seen);
    }
  }
  checkOwnWords(history, node, status);
}

/** What a node says of its tip and what its block says must be one. */
function checkOwnWords(history: History, { id, name }: WatchedNode, status: Told): void {
  const known = history.chain.get(status.height);
  if (known === undefined || history.hostile.has(id)) return;
  if (known.blockId === status.blockId && known.stateRoot === status.stateRoot) return;
  violate(history, 'agreement', `${name} is at another block or root than the chain at ${status.height}`, {
    height: status.height,
    nodes: [id],
  });
}

interface Reader {
  seenOf(node: WatchedNode, told: CommitTold): Promise<CommitSeen>;
}

/** Blocks and sets are fetched once for each id; certificates are every node's own. */
function createReader({ genesis, onBlock }: ChainWatchDeps): Reader {
  const blocks = new Map<Hex32, { readonly block: Block; readonly txIds: readonly Hex32[] }>();
  const founders = genesisValidators(genesis);
  const sets = new Map<Hex32, ValidatorSet>([[validatorSetHash(founders), founders]]);

  const blockOf = async ({ api }: WatchedNode, { id, header }: CommitTold) => {
    const known = blocks.get(id);
    if (known !== undefined) return known;
    const block = await api.block(header.height);
    if (headerId(block.header) !== id) throw new Error(`another block than its header at ${header.height}`);
    const found = { block, txIds: block.txs.map(hashHex) };
    if (!blocks.has(id)) onBlock(block);
    blocks.set(id, found);
    return found;
  };

  const setAfter = async ({ api }: WatchedNode, { header }: CommitTold): Promise<ValidatorSet> => {
    const known = sets.get(header.nextValidatorsHash);
    if (known !== undefined) return known;
    const set = (await api.lightStep(header.height))?.nextValidators ?? undefined;
    if (set === undefined || validatorSetHash(set) !== header.nextValidatorsHash)
      throw new Error(`no set as the header at ${header.height} announces it`);
    sets.set(header.nextValidatorsHash, set);
    return set;
  };

  return {
    seenOf: async (node, told) => {
      const { block, txIds } = await blockOf(node, told);
      const nextValidators = await setAfter(node, told);
      const { id: blockId, certificate, header } = told;
      // Which of the two it was, no answer tells.
      return {
        block,
        blockId,
        certificate,
        by: 'decision',
        txIds,
        stateRoot: header.stateRoot,
        nextValidators,
      };
    },
  };
}

async function storeOf({ id, api }: WatchedNode): Promise<StoreSeen | undefined> {
  const tip = await api.status();
  if (tip === undefined) return undefined;
  const held = new Map<number, CommitTold>();
  while (held.size < tip.height) {
    const page = await api.commits(held.size + 1);
    if (page.length === 0) break;
    for (const commit of page) held.set(commit.header.height, commit);
  }
  return {
    node: id,
    tip,
    base: 1,
    blockIdAt: (height) => held.get(height)?.id,
    // What else a node keeps beside its blocks is in its store alone, which is read after its end (inquest.ts).
    certificatesAt: (height) => [held.get(height)?.certificate].filter((each) => each !== undefined),
  };
}

/** It died, froze or drowned between two questions. */
function isOutOfReach(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof DOMException && error.name === 'TimeoutError');
}
