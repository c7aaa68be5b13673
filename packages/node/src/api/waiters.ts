// Owns: the requests that wait until a transaction is committed. Does not own: submitting it, answering the client.
import type { Hex32 } from '@consilium/core';
import type { Clock } from '../ports.ts';
import type { CommittedTx } from '../queries/index.ts';
import type { Commit } from './deps.ts';
import { ApiRefusal } from './problems.ts';

export interface Waiter {
  /** Rejects with `TX_WAIT_TIMEOUT` or `API_STOPPING`; never settles once cancelled. */
  readonly committed: Promise<CommittedTx>;
  readonly cancel: () => void;
}

export interface Waiters {
  /** Throws `API_BUSY` when too many wait, `API_STOPPING` after the stop. */
  readonly add: (id: Hex32, timeoutMs: number) => Waiter;
  readonly onCommit: (commit: Commit) => void;
  readonly stop: () => void;
}

interface Pending {
  readonly resolve: (tx: CommittedTx) => void;
  readonly reject: (refusal: ApiRefusal) => void;
}

export function createWaiters(clock: Clock, countMax: number): Waiters {
  const byId = new Map<Hex32, Set<Pending>>();
  let count = 0;
  let stopped = false;
  const remove = (id: Hex32, pending: Pending): void => {
    const waiting = byId.get(id);
    if (waiting?.delete(pending) !== true) return;
    count -= 1;
    if (waiting.size === 0) byId.delete(id);
  };
  const add = (id: Hex32, timeoutMs: number): Waiter => {
    if (stopped) throw new ApiRefusal('API_STOPPING');
    if (count >= countMax) throw new ApiRefusal('API_BUSY', { waiting: count });
    const { promise, resolve, reject } = Promise.withResolvers<CommittedTx>();
    const cancelTimer = clock.after(timeoutMs, () => {
      remove(id, pending);
      reject(new ApiRefusal('TX_WAIT_TIMEOUT', { id, timeoutMs }));
    });
    const settled = (): void => {
      cancelTimer();
      remove(id, pending);
    };
    const pending: Pending = {
      resolve: (tx) => {
        settled();
        resolve(tx);
      },
      reject: (refusal) => {
        settled();
        reject(refusal);
      },
    };
    const waiting = byId.get(id) ?? new Set();
    byId.set(id, waiting.add(pending));
    count += 1;
    // A stop may come while the caller is still submitting: the refusal then waits for it, unhandled by nobody.
    promise.catch(() => undefined);
    return { committed: promise, cancel: settled };
  };
  return {
    add,
    onCommit: ({ height, txs }) => {
      if (byId.size === 0) return;
      txs.forEach(({ id, code }, index) => {
        for (const pending of byId.get(id) ?? []) pending.resolve({ height, index, code });
      });
    },
    stop: () => {
      stopped = true;
      for (const pending of [...byId.values()].flatMap((waiting) => [...waiting]))
        pending.reject(new ApiRefusal('API_STOPPING'));
    },
  };
}
