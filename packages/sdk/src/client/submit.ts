// Owns: getting a transaction committed: signed once, the same bytes sent until its fate is known or its time is over,
// and a commit believed only with its proof. Never signs a second transaction for the same request.
import {
  type Action,
  ConsiliumError,
  type ErrorCode,
  type Hex32,
  isConsiliumError,
  signTx,
  TX_NONCE_BYTES,
  type Tx,
  toHex,
} from '@consilium/core';
import type { Signer } from '../keys/derive.ts';
import {
  REQUEST_TIMEOUT_MS,
  RETRY_BASE_MS,
  RETRY_MAX_MS,
  TX_VALIDITY_MS,
  WAIT_GRACE_MS,
  WAIT_SLICE_MS,
} from '../limits.ts';
import { blaming, isAboutNode, type Session, stale } from './session.ts';
import { freshnessFloor, syncWith, syncWithOthers } from './sync.ts';
import { findTxAt, type ProvenTx } from './transactions.ts';

export interface SubmitOptions {
  /** `received`: a node took it, and may lose it. `committed` (default): acknowledged and proven. */
  readonly wait?: 'received' | 'committed';
  /** How long to try. Default: until the transaction is dead. Milliseconds. */
  readonly timeoutMs?: number;
}

export interface UnsettledTx {
  readonly id: Hex32;
  /** `received`: taken by a node. `unknown`: perhaps sent, never seen committed, not dead before `validUntil`. */
  readonly state: 'received' | 'unknown';
  readonly validUntil: number;
  /** What to send again, never anything else for the same request. */
  readonly bytes: Uint8Array;
}

export type SubmitOutcome = ProvenTx | UnsettledTx;

/** A transaction of these actions, valid for two minutes from now. */
export function buildTx(session: Session, actions: readonly Action[], signer: Signer): Tx {
  return signTx(signer.key, {
    genesis: session.chain.genesisHash,
    sender: signer.account,
    validUntil: session.now() + TX_VALIDITY_MS,
    nonce: toHex(session.random(TX_NONCE_BYTES)),
    actions,
  });
}

/** What one try came to. `retry` says whether the node may have the bytes now. */
type Try =
  | { readonly kind: 'settled'; readonly outcome: SubmitOutcome }
  | { readonly kind: 'retry'; readonly sent: boolean; readonly error: ConsiliumError };

/** Worth the same bytes again, later or elsewhere; the node may hold them already or not. */
const LATER: readonly ErrorCode[] = ['TX_DUPLICATE', 'TX_QUOTA_EXCEEDED', 'TX_WAIT_TIMEOUT'];

/**
 * Sends until settled. Throws the refusal of a node when nothing was sent before, `NODE_UNREACHABLE` when nobody ever
 * answered, `PROOF_INVALID` when a node claims a commit that it cannot show.
 */
export async function sendTx(session: Session, tx: Tx, options: SubmitOptions = {}): Promise<SubmitOutcome> {
  const wait = options.wait ?? 'committed';
  const begun = session.now();
  const deadline = Math.min(
    begun + (options.timeoutMs ?? Number.MAX_SAFE_INTEGER),
    tx.validUntil + WAIT_GRACE_MS,
  );
  let sent = false;
  for (let round = 0; ; round += 1) {
    let last: ConsiliumError | undefined;
    for (const node of session.nodes) {
      const result = await trySend(session, node, tx, wait, deadline, sent);
      if (result.kind === 'settled') return result.outcome;
      sent ||= result.sent;
      last = result.error;
    }
    const delay = Math.min(RETRY_BASE_MS * 2 ** round, RETRY_MAX_MS);
    if (session.now() + delay >= deadline || isHopeless(round, sent, last)) return giveUp(tx, sent, last);
    await session.pause(delay);
  }
}

/** Nobody is there: four rounds ride out a restart behind a proxy; more would only make a person wait for bad news. */
const UNREACHABLE_ROUNDS = 4;

function isHopeless(round: number, sent: boolean, last: ConsiliumError | undefined): boolean {
  return !sent && round + 1 >= UNREACHABLE_ROUNDS && isConsiliumError(last, 'NODE_UNREACHABLE');
}

function giveUp(tx: Tx, sent: boolean, last: ConsiliumError | undefined): SubmitOutcome {
  if (!sent && last !== undefined) throw last;
  return { id: tx.id, state: 'unknown', validUntil: tx.validUntil, bytes: tx.bytes };
}

async function trySend(
  session: Session,
  node: string,
  tx: Tx,
  wait: 'received' | 'committed',
  deadline: number,
  sentBefore: boolean,
): Promise<Try> {
  try {
    await post(session, node, tx, wait, deadline);
    if (wait === 'received')
      return settled({ id: tx.id, state: 'received', validUntil: tx.validUntil, bytes: tx.bytes });
    return await confirm(session, node, tx);
  } catch (error) {
    if (isConsiliumError(error, 'TX_DUPLICATE')) return confirm(session, node, tx);
    if (isConsiliumError(error, 'PROOF_INVALID')) throw blaming(error, node);
    if (isLater(error)) return { kind: 'retry', sent: mayBeSent(error), error };
    // Some node may hold the bytes since an earlier try: then this refusal is not the end of the story.
    if (isConsiliumError(error, 'TX_EXPIRED') && sentBefore) return { kind: 'retry', sent: true, error };
    const behind = await lagOf(session, node);
    if (behind !== undefined) return { kind: 'retry', sent: sentBefore, error: behind };
    throw error;
  }
}

/**
 * A node that is behind what this client has seen, or what its other nodes can show, refuses by an old state: that says
 * nothing of the transaction.
 */
async function lagOf(session: Session, node: string): Promise<ConsiliumError | undefined> {
  if (session.trustNode) return undefined;
  try {
    const height = await syncWith(session, node);
    await syncWithOthers(session, node);
    const seen = session.chain.tip().height;
    return height < seen ? stale(height, seen) : undefined;
  } catch (error) {
    if (isAboutNode(error)) return error;
    throw error;
  }
}

async function post(
  session: Session,
  node: string,
  tx: Tx,
  wait: 'received' | 'committed',
  deadline: number,
): Promise<void> {
  if (wait === 'received') {
    await session.ask(node, { path: '/v1/tx', body: tx.bytes });
    return;
  }
  const slice = Math.max(1, Math.min(WAIT_SLICE_MS, Math.ceil(deadline - session.now())));
  await session.ask(node, {
    path: `/v1/tx?wait=committed&timeoutMs=${slice}`,
    body: tx.bytes,
    timeoutMs: slice + REQUEST_TIMEOUT_MS,
  });
}

/** A node says that the transaction is committed: it must show it. */
async function confirm(session: Session, node: string, tx: Tx): Promise<Try> {
  try {
    const answer = await findTxAt(session, node, tx.id, await freshnessFloor(session, {}));
    if (answer.state === 'committed') return settled(answer);
    return { kind: 'retry', sent: true, error: new ConsiliumError('TX_STATE_UNKNOWN', { id: tx.id }) };
  } catch (error) {
    if (isAboutNode(error)) return { kind: 'retry', sent: true, error };
    throw error;
  }
}

function settled(outcome: SubmitOutcome): Try {
  return { kind: 'settled', outcome };
}

function isLater(error: unknown): error is ConsiliumError {
  return isAboutNode(error) || LATER.some((code) => isConsiliumError(error, code));
}

/** A refused connection carried nothing, and a full pool kept nothing; after anything else the node may have it. */
function mayBeSent(error: ConsiliumError): boolean {
  if (error.code === 'NODE_UNREACHABLE') return error.data['reason'] !== 'refused';
  return !['API_BUSY', 'API_STOPPING', 'RATE_LIMITED', 'TX_QUOTA_EXCEEDED'].includes(error.code);
}
