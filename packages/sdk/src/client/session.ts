// Owns: what one client holds while it lives, and asking its nodes one after the other. Does not own: any question.
import { ConsiliumError, type ErrorCode, isConsiliumError, type Verify } from '@consilium/core';
import { RETRY_BASE_MS, STALE_RETRIES } from '../limits.ts';
import type { Pause } from '../net/pause.ts';
import type { AskNode } from '../net/transport.ts';
import type { Now, RandomBytes } from '../random.ts';
import type { Chain } from './chain.ts';

export interface Session {
  /** In the order in which they are asked now. */
  readonly nodes: readonly string[];
  readonly ask: AskNode;
  readonly chain: Chain;
  readonly now: Now;
  readonly random: RandomBytes;
  readonly pause: Pause;
  readonly verify: Verify;
  /** No answer below this height is taken. */
  readonly minHeight: number;
  /** Answers are taken as they come. */
  readonly trustNode: boolean;
}

/** How one question is asked. */
export interface ReadOptions {
  /** An older answer is refused with `STALE`. */
  readonly minHeight?: number;
  /** A quorum of validators shows its height first, and no answer below the newest of these is taken. */
  readonly fresh?: boolean;
}

/** Another node may do better: the refusal is about this node and now, not about the question. */
const NEXT_NODE: readonly ErrorCode[] = [
  'API_BUSY',
  'API_STOPPING',
  'BLOCK_PRUNED',
  'CUSTODY_BUSY',
  'CUSTODY_NOT_READY',
  'CUSTODY_STALE',
  'INTERNAL_ERROR',
  'NODE_ANSWER_INVALID',
  'NODE_UNREACHABLE',
  'RATE_LIMITED',
  'STALE',
  'STORE_DAMAGED',
];

export function isAboutNode(error: unknown): error is ConsiliumError {
  return error instanceof ConsiliumError && NEXT_NODE.includes(error.code);
}

/**
 * The first node's answer that is not merely late, busy or unreachable. A lie is not passed over: it is thrown, naming
 * the node. When all are late, they are asked again for a moment: a node may be one block behind the one asked before.
 */
export async function askNodes<T>(session: Session, question: (node: string) => Promise<T>): Promise<T> {
  for (let round = 0; ; round += 1) {
    try {
      return await askOnce(session, question);
    } catch (error) {
      if (!isConsiliumError(error, 'STALE') || round === STALE_RETRIES) throw error;
    }
    await session.pause(RETRY_BASE_MS * 2 ** round);
  }
}

async function askOnce<T>(session: Session, question: (node: string) => Promise<T>): Promise<T> {
  let last: unknown;
  for (const node of session.nodes) {
    try {
      return await question(node);
    } catch (error) {
      if (isConsiliumError(error, 'PROOF_INVALID')) throw blaming(error, node);
      if (!isAboutNode(error)) throw error;
      last = error;
    }
  }
  throw last;
}

export function blaming(error: ConsiliumError, node: string): ConsiliumError {
  return new ConsiliumError(error.code, { ...error.data, node });
}

export function stale(height: number, needed: number): ConsiliumError {
  return new ConsiliumError('STALE', { height, needed });
}
