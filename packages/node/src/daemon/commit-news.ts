// Owns: telling the HTTP API of commits, in order, after their batch is durable.
import { type Commit, commitOf } from '../api/deps.ts';
import type { Cancel } from '../ports.ts';
import type { Committed } from '../replica/replica.ts';

export interface CommitNews {
  listen(listener: (commit: Commit) => void): Cancel;
  tell(committed: Committed): void;
}

export function createCommitNews(): CommitNews {
  const listeners = new Set<(commit: Commit) => void>();
  return {
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    tell: (committed) => {
      const commit = commitOf(committed);
      for (const listener of listeners) listener(commit);
    },
  };
}
