// Owns: what honest nodes may not say: of themselves that they diverged, failed or were robbed of their key; of each
// other that one broke the protocol. Accountability (checker 7) names only hostile nodes.
import type { Hex32 } from '@consilium/core';
import type { ReportedEvent } from '@consilium/node/replica';
import { type History, violate } from '../cluster/history.ts';

/** What no honest node ever says. */
const NEVER = ['replica.diverged', 'agreement.replay-differs', 'signing.foreign', 'wal.damaged'];
/** What only a node says whose disk failed or was taken away. */
const NEVER_WITH_ITS_DISK = ['replica.failed', 'signing.observing', 'signing.refused'];

/** Event -> the fact that names who is to blame: it must be a hostile node. */
const BLAMES: ReadonlyMap<string, { readonly fact: string; readonly checker: string }> = new Map([
  ['peer.rejected', { fact: 'peer', checker: 'rejections' }],
  ['block.invalid', { fact: 'author', checker: 'reports' }],
  ['evidence.found', { fact: 'accused', checker: 'accountability' }],
  ['sync.refused-block', { fact: 'peer', checker: 'rejections' }],
  ['sync.bad-answer', { fact: 'peer', checker: 'rejections' }],
]);

export function checkReport(history: History, node: Hex32, event: ReportedEvent): void {
  if (history.hostile.has(node)) return;
  const what = `${node.slice(0, 8)} ${JSON.stringify(event)}`;
  const excused = history.excused.has(node);
  if (NEVER.includes(event.code) || (NEVER_WITH_ITS_DISK.includes(event.code) && !excused)) {
    violate(history, 'reports', what);
  }
  const blame = BLAMES.get(event.code);
  if (blame !== undefined && !history.hostile.has(String(event[blame.fact]))) {
    violate(history, blame.checker, what);
  }
}

/** Penalties of the network: an honest node charges only hostile ones. */
export function checkPenalties(
  history: History,
  penalties: readonly { readonly by: Hex32; readonly peer: Hex32; readonly code: string }[],
): void {
  for (const { by, peer, code } of penalties) {
    if (history.hostile.has(by) || history.hostile.has(peer)) continue;
    violate(history, 'rejections', `${by.slice(0, 8)} charged ${peer.slice(0, 8)} with ${code}`);
  }
}
