// Owns: that a node tells the ledger what it saw of a proposer that leaves out what waits (docs/protocol.md, "Skips").
// Portable. Does not own: what a skip is (skips.ts), what the ledger makes of it.
import { type Action, actionOf, type Hex32, skipReportRefusal } from '@consilium/core';
import type { Kv, Report } from '../ports.ts';
import { stateReader } from '../replica/chain.ts';
import type { Committed } from '../replica/types.ts';

export interface SkipReporterDeps {
  /** Account id of this node's institution. */
  readonly self: Hex32;
  readonly kv: Pick<Kv, 'get'>;
  readonly report: Report;
  /** Signs by the institution and hands in at this node's pool. */
  readonly submit: (action: Action) => void;
}

/**
 * Call for each commit, when it is durable. One report for each block that skipped: the proposer itself may leave it out, and
 * any other includes it. What the ledger would not take is not said.
 */
export function reportSkips(
  { self, kv, report, submit }: SkipReporterDeps,
  { block, skips }: Pick<Committed, 'block' | 'skips'>,
): void {
  const { author: proposer, height } = block.header;
  const [oldest] = skips;
  if (oldest === undefined || proposer === self) return;
  if (skipReportRefusal(stateReader(kv), self, height + 1, { proposer, height }) !== undefined) return;
  report({ level: 'info', code: 'skip.reported', height, author: proposer });
  submit(actionOf('institutions.reportSkip', { proposer, height, transaction: oldest.txId }));
}
