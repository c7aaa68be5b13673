// Owns: checker 10: noticing the rare states that a run should reach (`sometimes` in a scenario), from what nodes sign,
// commit, report and send. Whoever asked for a state that was not reached convicts. Must be told before checker 1.
import { type Hex32, NO_ROUND } from '@consilium/core';
import type { WireMessage } from '@consilium/node/replica';
import type { SignedContent } from '@consilium/sim';
import { type CommitSeen, type History, reached } from '../history/history.ts';
import type { Checker } from './checker.ts';

export interface Coverage extends Checker {
  delivered(message: WireMessage | undefined): void;
}

/** What one node signed at the last height at which it signed. */
interface OwnHeight {
  readonly height: number;
  round: number;
  /** Value of its last precommit that was not nil. */
  precommitted: Hex32 | undefined;
}

const REPORTED: ReadonlyMap<string, string> = new Map([
  ['wal.torn', 'torn-tail'],
  ['signing.slot.torn', 'torn-signing-record'],
  ['signing.observed', 'signing-after-observation'],
  ['evidence.found', 'evidence-found'],
  ['sync.timeout', 'sync-timeout'],
  ['block.invalid', 'invalid-block'],
]);

export function createCoverage(history: History): Coverage {
  const own = new Map<Hex32, OwnHeight>();
  /** `height/round/value` -> who precommitted it. */
  const precommits = new Map<string, Set<Hex32>>();
  let changedSetAt = Number.NEGATIVE_INFINITY;

  const signed = (node: Hex32, content: SignedContent): void => {
    // Two machines with one key, or a liar, look as if a lock had moved.
    if (history.hostile.has(node)) return;
    const { type, height, round, blockId, validRound } = content;
    const before = own.get(node);
    const now = before?.height === height ? before : { height, round, precommitted: undefined };
    own.set(node, now);
    if (round > now.round + 1) reached(history, 'skipped-rounds');
    now.round = Math.max(now.round, round);
    if (type === 'proposal' && validRound !== NO_ROUND) reached(history, 'valid-value-proposed-again');
    if (type === 'prevote' && validRound !== NO_ROUND) reached(history, 'prevote-for-an-old-polka');
    if (type === 'precommit' && blockId !== null) notePrecommit(node, now, content);
  };

  const notePrecommit = (node: Hex32, now: OwnHeight, { height, round, blockId }: SignedContent): void => {
    if (now.precommitted !== undefined && now.precommitted !== blockId) reached(history, 'lock-moved');
    now.precommitted = blockId as Hex32;
    const place = `${height}/${round}/${blockId}`;
    precommits.set(place, (precommits.get(place) ?? new Set()).add(node));
  };

  const committed = (node: Hex32, { block, certificate, by }: CommitSeen): void => {
    if (history.hostile.has(node)) return;
    const { height } = block.header;
    const now = own.get(node);
    if (by === 'sync') reached(history, 'block-sync');
    if (by === 'sync' && now?.height === height) reached(history, 'sync-beside-voting');
    if (by === 'decision' && now?.height === height && now.round > certificate.round)
      reached(history, 'decided-a-past-round');
    if (!history.chain.has(height)) noteFirst({ block, certificate });
  };

  const noteFirst = ({ block, certificate }: Pick<CommitSeen, 'block' | 'certificate'>): void => {
    const { height, validatorsHash, nextValidatorsHash } = block.header;
    if (certificate.round > 0) reached(history, 'decided-after-round-0');
    if (block.txs.length === 0) reached(history, 'empty-block');
    if (block.evidence.length > 0) reached(history, 'evidence-committed');
    if (isHiddenLock(height, certificate.round)) reached(history, 'hidden-lock');
    precommits.clear();
    if (validatorsHash !== nextValidatorsHash) changedSetAt = height + 1;
    noteSetChange(height, certificate.round);
  };

  const noteSetChange = (height: number, round: number): void => {
    if (changedSetAt === height) reached(history, 'set-changed');
    const beside = height === changedSetAt || height === changedSetAt - 1;
    if (beside && round > 0) reached(history, 'set-change-across-a-round-change');
  };

  /** One node alone locked a value in a round before the one that decided. */
  const isHiddenLock = (height: number, decidedRound: number): boolean =>
    [...precommits].some(([place, nodes]) => {
      const [ofHeight, round] = place.split('/').map(Number) as [number, number];
      return ofHeight === height && round < decidedRound && nodes.size === 1;
    });

  const opened: Checker['opened'] = (node, { height }) => {
    if (history.hostile.has(node)) return;
    const now = own.get(node);
    if (now?.height !== height + 1) return;
    reached(history, now.round === 0 ? 'restart-inside-a-height' : 'restart-inside-a-later-round');
  };

  const reported: Checker['reported'] = (_node, event) => {
    const state = REPORTED.get(event.code);
    if (state !== undefined) reached(history, state);
  };

  const delivered = (message: WireMessage | undefined): void => {
    if (message?.type === 'bodies') reached(history, 'body-fetched-late');
  };

  return { signed, committed, opened, reported, delivered };
}
