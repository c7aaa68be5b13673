// Owns: that a learner asks for its place in the set by itself, once its node has caught up and could vote, and asks again
// while the ledger does not have it (docs/protocol.md, "Admission"). Portable. Does not own: what the ledger makes of it,
// how a node catches up (sync).
import {
  type Action,
  actionOf,
  followerRole,
  type Hex32,
  INSTITUTIONS,
  isQuorum,
  nextValidators,
  readRow,
} from '@consilium/core';
import { JOIN_AGAIN_MS, JOIN_CHECK_MS } from '../limits.ts';
import type { Cancel, Clock, Kv, Report } from '../ports.ts';
import { stateReader } from '../replica/chain.ts';
import type { ReplicaStatus } from '../replica/types.ts';

export interface PromoterDeps {
  /** Account id of this node's institution. */
  readonly self: Hex32;
  readonly kv: Pick<Kv, 'get'>;
  readonly clock: Clock;
  readonly report: Report;
  readonly status: () => Pick<ReplicaStatus, 'tip' | 'claimedTip' | 'diverged' | 'permission'>;
  readonly connected: () => readonly Hex32[];
  /** Whether this node can sign with this validator key. */
  readonly holdsKey: (validatorKey: Hex32) => boolean;
  /** Signs by the institution and hands in at this node's pool. */
  readonly submit: (action: Action) => void;
}

export class Promoter {
  readonly #deps: PromoterDeps;
  #cancel: Cancel | undefined;
  #stopped = false;
  /** Looks in a row that found the node ready: right after a connection its peers have not said yet how far they are. */
  #readyLooks = 0;
  #askedAtMs = Number.NEGATIVE_INFINITY;

  constructor(deps: PromoterDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.committed();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  /** The tip has moved: perhaps it was this node's institution that was let in. A node that is no learner has no timer. */
  committed(): void {
    if (this.#stopped || this.#cancel !== undefined || !this.#isLearner()) return;
    this.#deps.report({ level: 'info', code: 'membership.learner', height: this.#deps.status().tip.height });
    this.#readyLooks = 0;
    this.#arm();
  }

  #isLearner(): boolean {
    const { self, kv } = this.#deps;
    return followerRole(stateReader(kv), self) === 'learner';
  }

  #arm(): void {
    this.#cancel = this.#deps.clock.after(JOIN_CHECK_MS, () => {
      this.#cancel = undefined;
      if (this.#stopped || !this.#isLearner()) return;
      this.#look();
      this.#arm();
    });
  }

  #look(): void {
    const { clock, report, status, submit } = this.#deps;
    this.#readyLooks = this.#couldVote() ? this.#readyLooks + 1 : 0;
    const nowMs = clock.monotonicMs();
    if (this.#readyLooks < 2 || nowMs < this.#askedAtMs + JOIN_AGAIN_MS) return;
    this.#askedAtMs = nowMs;
    report({ level: 'info', code: 'membership.joining', height: status().tip.height });
    submit(actionOf('institutions.join', {}));
  }

  /** Caught up with those who decide, connected to a quorum of them, and free to sign with the key that they expect. */
  #couldVote(): boolean {
    const { self, kv, status, connected, holdsKey } = this.#deps;
    const { tip, claimedTip, diverged, permission } = status();
    if (diverged || permission !== 'yes' || tip.height < claimedTip) return false;
    const state = stateReader(kv);
    const validatorKey = readRow(state, INSTITUTIONS, self)?.validatorKey;
    if (validatorKey === undefined || !holdsKey(validatorKey)) return false;
    const set = nextValidators(state);
    const peers = connected();
    return isQuorum(set.filter(({ id }) => peers.includes(id)).length, set.length);
  }
}
