// Owns: that a call to a part which stops before it answers is answered all the same. Does not own: the calls.
import type { ConsiliumError } from '@consilium/core';

export interface PendingCalls {
  /** `done` as the part is given it; `refuse` is called in its place when the part stops. One of both, once. */
  add<T>(done: (answer: T) => void, refuse: (error: ConsiliumError) => void): (answer: T) => void;
  /** The part has stopped. */
  refuse(error: ConsiliumError): void;
}

export function createPendingCalls(): PendingCalls {
  const pending = new Set<(error: ConsiliumError) => void>();
  return {
    add: (done, refuse) => {
      pending.add(refuse);
      return (answer) => {
        if (pending.delete(refuse)) done(answer);
      };
    },
    refuse: (error) => {
      const refused = [...pending];
      pending.clear();
      for (const refuse of refused) refuse(error);
    },
  };
}
