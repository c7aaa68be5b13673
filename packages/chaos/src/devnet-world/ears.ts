// Owns: the checkers' ears on a devnet: what nodes answer and log goes to each of them, in the order they need. Does not
// own: asking and reading (chain-watch.ts, log-tail.ts).
import { join } from 'node:path';
import { decodeTx, genesisHash, genesisValidators, type Hex32, hashHex } from '@consilium/core';
import type { Devnet } from '@consilium/devnet';
import { verifySodium } from '@consilium/node';
import type { SignedContent } from '@consilium/sim';
import type { StoreSeen } from '../checkers/checker.ts';
import { createForkChecker } from '../checkers/fork.ts';
import { createPanel, type Panel } from '../checkers/panel.ts';
import type { History } from '../history/history.ts';
import type { ConsentOperation } from '../history/operations.ts';
import { type ChainWatch, startChainWatch } from './chain-watch.ts';
import type { DevnetContext, DevnetNode } from './injector.ts';
import { type LogTail, tailLines, tailLog } from './log-tail.ts';
import { createNodeApi } from './node-api.ts';
import { kitFolder } from './node-faults.ts';
import { SIGNED_FILE } from './witness.ts';
import type { DevnetWorld } from './world.ts';

export interface Judges extends Panel {
  /** Of transactions that the nodes make themselves. */
  readonly ownTxs: Set<Hex32>;
  /** Of a fork, with all that the stores keep to explain it. */
  judgeFork(stores: readonly StoreSeen[]): void;
}

/** `operations`: grows while the run goes on. */
export function createJudges(
  { genesis }: Devnet,
  history: History,
  operations: readonly ConsentOperation[],
): Judges {
  const ownTxs = new Set<Hex32>();
  const rules = {
    genesisHash: genesisHash(genesis),
    validators: genesisValidators(genesis),
    verify: verifySodium,
  };
  const fork = createForkChecker(history, rules);
  const panel = createPanel(history, {
    ...rules,
    isOwnTx: (id) => ownTxs.has(id),
    operations: () => operations,
    further: [{ committed: (node, seen) => fork.committed?.(node, seen) }],
  });
  return { ...panel, ownTxs, judgeFork: (stores) => fork.ended?.(stores) };
}

export interface Ears {
  readonly watch: ChainWatch;
  readonly tails: ReadonlyMap<string, LogTail>;
  /** Of what each node signed. */
  readonly signed: readonly LogTail[];
  /** When a height was seen for the first time. */
  readonly commitsMs: readonly number[];
}

export function startEars(context: DevnetContext, world: DevnetWorld, judges: Judges): Ears {
  const { checkers, ownTxs } = judges;
  const { devnet, nodes, history } = context;
  const commitsMs: number[] = [];
  /** Where it came up, for the coverage alone: what it told before it died may be heard later, so that checker 1 cannot be asked. */
  const noteStart = ({ id, entry }: DevnetNode): void => {
    void createNodeApi(entry.api)
      .status()
      .then((tip) => tip !== undefined && judges.coverage.opened?.(id, tip));
  };
  const tails = new Map(
    nodes.map((node) => {
      const { id, name, entry } = node;
      const tail = tailLog(join(devnet.file.dir, 'logs', `${entry.name}.log`), (event) => {
        const { level, code, ...facts } = event;
        checkers.reported(id, event);
        if (level !== 'debug') world.say({ kind: 'report', node: name, level, code, facts });
        world.event(code);
        if (code === 'node.started') noteStart(node);
      });
      return [name, tail] as const;
    }),
  );
  const signed = nodes.map(({ id, entry }) =>
    tailLines(join(kitFolder(entry.home), SIGNED_FILE), (line) => {
      const content = signedOf(line);
      if (content === undefined) return;
      checkers.signed(id, content);
      world.round(content.round);
    }),
  );
  let highest = 0;
  const watch = startChainWatch({
    genesis: devnet.genesis,
    nodes: nodes.map(({ id, name, entry }) => ({ id, name, api: createNodeApi(entry.api) })),
    ...{ history, checkers },
    onBlock: ({ txs }) => {
      for (const tx of txs)
        if (decodeTx(tx).actions.every(({ type }) => isOfNodes(type))) ownTxs.add(hashHex(tx));
    },
    onCommit: ({ name }, { block, blockId, certificate, stateRoot, txIds }) => {
      const { height } = block.header;
      const { round } = certificate;
      world.say({ kind: 'commit', node: name, height, round, blockId, stateRoot, txs: txIds.length });
      if (height <= highest) return;
      highest = height;
      commitsMs.push(world.nowMs());
      world.committed();
    },
    onRound: world.round,
  });
  return { watch, tails, signed, commitsMs };
}

/** Whether nodes send it by themselves, and no client does. */
function isOfNodes(action: string): boolean {
  return action.startsWith('custody.') || ['institutions.join', 'institutions.reportSkip'].includes(action);
}

/** What a death left of a line is none. */
function signedOf(line: string): SignedContent | undefined {
  try {
    return JSON.parse(line) as SignedContent;
  } catch {
    return undefined;
  }
}
