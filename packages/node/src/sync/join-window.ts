// Owns: the blocks of the replay window below a snapshot (S5): fetched from the snapshot's block downwards, each linked by
// its parent's hash, until one is too old for any transaction in it to be valid still. Payload hashes need bodies: the id
// of a transaction covers its signature too. Does not own: the replay set (replica/replay-window.ts).
import { type ConsiliumError, type Hex32, headerId, merkleRoot, type Sha256 } from '@consilium/core';
import { SNAPSHOT_BLOCKS_MAX } from '../limits.ts';
import type { SnapshotAnswer, WindowBlock } from '../messages/snapshot.ts';
import type { Kv } from '../ports.ts';
import { checkBlockParts } from '../replica/inbound.ts';
import { isPast } from '../replica/replay-window.ts';
import type { Fetcher, Verdict } from './fetcher.ts';
import { readWindowBlock, windowWrite } from './join-rows.ts';

/** Whether bodies, evidence, certificate and results are the ones that the header names. */
export function isWholeBlock({ block, results }: WindowBlock, genesisHash: Hex32, sha256?: Sha256): boolean {
  return (
    checkBlockParts(block, genesisHash, sha256) === undefined &&
    results.length === block.txs.length &&
    merkleRoot(results, sha256) === block.header.resultRoot
  );
}

export interface WindowDeps {
  readonly fetcher: Fetcher;
  readonly kv: Kv;
  readonly genesisHash: Hex32;
  readonly sha256: Sha256;
  /** Time of the snapshot's block, whose row is there. */
  readonly timeMs: number;
}

/** Height of the window's first block, durable with all above it. `gone`: nobody has the blocks. */
export type WindowResult = number | 'gone' | ConsiliumError;

/** Goes on below what is there already. */
export function fetchWindow(deps: WindowDeps, height: number, done: (result: WindowResult) => void): void {
  const { kv, timeMs } = deps;
  let lowest: WindowBlock | undefined;
  for (let at = height; at >= 1; at -= 1) {
    const found = readWindowBlock(kv, at);
    if (found === undefined) break;
    lowest = found;
  }
  if (lowest === undefined) throw new Error("invariant: the snapshot's own block is kept with the journal");
  const { header } = lowest.block;
  if (header.height === 1 || isPast(header.time, timeMs)) return done(header.height);
  askBelow(deps, lowest, (result) =>
    typeof result === 'string' || result instanceof Error ? done(result) : fetchWindow(deps, result, done),
  );
}

function askBelow(deps: WindowDeps, above: WindowBlock, done: (result: WindowResult) => void): void {
  const top = above.block.header.height - 1;
  const from = Math.max(1, top - SNAPSHOT_BLOCKS_MAX + 1);
  deps.fetcher.fetch({
    request: (requestId) => ({ type: 'window-request', requestId, from, count: top - from + 1 }),
    take: (answer) => takeBelow(deps, above, answer, done),
    nobody: () => done('gone'),
  });
}

function takeBelow(
  deps: WindowDeps,
  above: WindowBlock,
  answer: SnapshotAnswer,
  done: (result: WindowResult) => void,
): Verdict {
  if (answer.type !== 'window') return 'absent';
  const kept: WindowBlock[] = [];
  let upper = above;
  for (const found of answer.blocks.toReversed()) {
    const { parent, height } = upper.block.header;
    const { header } = found.block;
    if (header.height !== height - 1 || headerId(header) !== parent) return 'false';
    const certificate = upper.block.lastCertificate;
    if (certificate === null || !isWholeBlock(found, deps.genesisHash, deps.sha256)) return 'false';
    // From here on the certificate that the block above carries is the one of this height.
    upper = { ...found, certificate };
    kept.push(upper);
    if (isPast(header.time, deps.timeMs)) break;
  }
  const { height } = upper.block.header;
  deps.kv.write(kept.map(windowWrite), (error) => done(error ?? height));
  return 'taken';
}
