// Owns: checker 7: evidence, charges and complaints name only the guilty; and what an honest node may never say of itself.
import { accusedOf, type Hex32 } from '@consilium/core';
import type { ReportedEvent } from '@consilium/node/replica';
import { type History, violate } from '../history/history.ts';
import type { Checker } from './checker.ts';

/** What no honest node ever says. */
const NEVER = ['replica.diverged', 'agreement.replay-differs', 'signing.foreign'];
/** What only a node says whose disk failed or was taken away. */
const NEVER_WITH_ITS_DISK = ['wal.damaged', 'replica.failed', 'signing.observing', 'signing.refused'];

/** Event -> the fact that names who is to blame: it must be a hostile node. */
const BLAMES: ReadonlyMap<string, { readonly fact: string; readonly checker: string }> = new Map([
  ['peer.rejected', { fact: 'peer', checker: 'rejections' }],
  ['block.invalid', { fact: 'author', checker: 'reports' }],
  ['evidence.found', { fact: 'accused', checker: 'accountability' }],
  ['sync.refused-block', { fact: 'peer', checker: 'rejections' }],
  ['sync.bad-answer', { fact: 'peer', checker: 'rejections' }],
]);

export function createAccountabilityChecker(history: History): Checker {
  return {
    committed: (node, { block }) => {
      if (history.hostile.has(node)) return;
      const { height } = block.header;
      for (const accused of block.evidence.map(accusedOf))
        if (!history.hostile.has(accused))
          violate(history, 'accountability', `${accused} is named`, { height, nodes: [accused] });
    },
    reported: (node, event) => checkReport(history, node, event),
    /** An honest node charges only hostile ones. */
    penalized: (by, peer, code) => {
      if (history.hostile.has(by) || history.hostile.has(peer)) return;
      violate(history, 'rejections', `${by.slice(0, 8)} charged ${peer.slice(0, 8)} with ${code}`, {
        nodes: [by, peer],
      });
    },
  };
}

function checkReport(history: History, node: Hex32, event: ReportedEvent): void {
  if (history.hostile.has(node)) return;
  const what = `${node.slice(0, 8)} ${JSON.stringify(event)}`;
  const excused = history.excused.has(node);
  if (NEVER.includes(event.code) || (NEVER_WITH_ITS_DISK.includes(event.code) && !excused))
    violate(history, 'reports', what, { nodes: [node] });
  const blame = BLAMES.get(event.code);
  if (blame !== undefined && !history.hostile.has(String(event[blame.fact])))
    violate(history, blame.checker, what, { nodes: [node] });
}
