// Owns: the checkers' ears in a simulated cluster: what its taps tell goes to each of them, in the order they need.
import { decode, genesisValidators, headerId, nextValidators, OBJECT_BYTES_MAX } from '@consilium/core';
import {
  type Committed,
  certificateListShape,
  heightKey,
  readBase,
  readBlock,
  readTip,
  stateReader,
  TABLES,
} from '@consilium/node/replica';
import { type Cluster, type SimNode, worldMs } from '@consilium/sim';
import { createBlockTimeChecker } from '../checkers/block-time.ts';
import type { StoreSeen } from '../checkers/checker.ts';
import { createConfidentialityChecker } from '../checkers/confidentiality.ts';
import { createEvidenceOwedChecker } from '../checkers/evidence-owed.ts';
import { createForkChecker } from '../checkers/fork.ts';
import { createPanel } from '../checkers/panel.ts';
import { type CommitSeen, createHistory, type History } from '../history/history.ts';
import { unlessRefused } from '../history/messages.ts';
import { hearConsentOperations } from './consent-operations.ts';
import { eyesOf } from './custody-eyes.ts';

export interface Watch {
  readonly history: History;
  /** The last word of those checkers that look back: call once, when the network was healed and has gone on. */
  end(): void;
}

/** Call before the first node starts. */
export function watchCluster(cluster: Cluster): Watch {
  const { founders, keys, taps, net, nodes } = cluster;
  const history = createHistory(cluster.hostile);
  const rules = {
    genesisHash: founders.genesisHash,
    validators: genesisValidators(founders.genesis),
    verify: keys.verify,
  };
  const panel = createPanel(history, {
    ...rules,
    // The nodes' own are told of as they are handed in.
    isOwnTx: () => false,
    operations: hearConsentOperations(cluster),
    further: [
      createForkChecker(history, rules),
      createEvidenceOwedChecker(history),
      createBlockTimeChecker(history, {
        nowMs: () => worldMs(cluster),
        precisionMs: founders.genesis.params.precisionMs,
      }),
    ],
  });
  const { checkers, coverage } = panel;
  taps.committed.push((node, committed) => checkers.committed(node, seenOf(committed)));
  taps.opened.push((node, tip) => {
    const kv = nodes.find(({ id }) => id === node)?.kv.reader;
    // A store that lies says that it has written what it has not.
    const isThere = kv !== undefined && readTip(kv)?.height === tip.height;
    const next = isThere ? { nextValidators: nextValidators(stateReader(kv)) } : {};
    checkers.opened(node, { ...tip, ...next });
  });
  taps.reported.push((node, event) => checkers.reported(node, event));
  taps.signed.push((node, content) => checkers.signed(node, content));
  taps.submitted.push((tx, node) => checkers.submitted(tx, node));
  net.onDelivered((_from, _to, channel, message) => {
    if (channel === 'sync') coverage.delivered(unlessRefused(() => cluster.decodeMessage(message)));
  });
  const endCustody = watchCustody(cluster, history);
  return {
    history,
    end: () => {
      for (const { by, peer, code } of net.penalties) checkers.penalized(by, peer, code);
      panel.end(nodes.map(storeOf));
      endCustody();
    },
  };
}

/** Gives the last word of the checker of confidentiality. */
function watchCustody(cluster: Cluster, history: History): () => void {
  const { custody, taps, net } = cluster;
  if (custody === undefined) return () => undefined;
  const checker = createConfidentialityChecker(history, eyesOf(cluster, custody, history));
  taps.released.push((released) => checker.released(released));
  taps.read.push((reading) => checker.read(reading));
  net.onDelivered((from, to, channel, message) => {
    if (channel === 'custody') checker.delivered(from, to, message);
  });
  return () => checker.ended();
}

export function seenOf({ block, blockId, certificate, by, execution }: Committed): CommitSeen {
  const { stateRoot, validators, txs } = execution;
  const txIds = txs.map(({ id }) => id);
  return { block, blockId, certificate, by, txIds, stateRoot, nextValidators: validators };
}

export function storeOf({ id, kv }: SimNode): StoreSeen {
  return {
    node: id,
    tip: readTip(kv.reader),
    base: readBase(kv.reader),
    blockIdAt: (height) => {
      const block = readBlock(kv.reader, height);
      return block === undefined ? undefined : headerId(block.header);
    },
    certificatesAt: (height) => {
      const bytes = kv.reader.get(TABLES.accountability, heightKey(height));
      return bytes === undefined ? [] : decode(certificateListShape, bytes, OBJECT_BYTES_MAX);
    },
  };
}
