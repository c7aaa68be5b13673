// Owns: how a simulated machine tells of each step of its durable writes, to who looks for a place to crash at.
import type { KvWrite } from '@consilium/node/replica';
import type { Life } from './life.ts';

/** A durable write as it goes: about to be asked for, on its way, durable and told to nobody yet. */
export type PersistencePhase = 'asked' | 'under-way' | 'durable';

/** What is made durable. */
export type Effect =
  /** `written`: what was written to the file since a sync of it was asked for last. */
  | { readonly kind: 'file'; readonly name: string; readonly written: readonly Uint8Array[] }
  | { readonly kind: 'batch'; readonly writes: readonly KvWrite[] }
  | { readonly kind: 'vault'; readonly change: 'write' | 'remove' };

/** May end the life of the process that writes. */
export type PersistenceHook = (phase: PersistencePhase, effect: Effect) => void;

/** Nobody watches while there is no hook, and then it costs nothing. */
export interface PersistenceWatch {
  readonly hook: PersistenceHook | undefined;
}

export const UNWATCHED: PersistenceWatch = { hook: undefined };

/** A write that takes so long was begun: half of the time later it is under way. */
export function tellUnderWay({ hook }: PersistenceWatch, life: Life, tookUs: number, effect: Effect): void {
  if (hook !== undefined) life.after(tookUs / 2, () => hook('under-way', effect));
}

export interface PersistenceWatchers extends PersistenceWatch {
  /** Gives what ends the watching. */
  add(hook: PersistenceHook): () => void;
}

export function createPersistenceWatchers(): PersistenceWatchers {
  let hooks: readonly PersistenceHook[] = [];
  const tellAll: PersistenceHook = (phase, effect) => {
    for (const hook of hooks) hook(phase, effect);
  };
  return {
    get hook() {
      return hooks.length === 0 ? undefined : tellAll;
    },
    add: (hook) => {
      hooks = [...hooks, hook];
      return () => {
        hooks = hooks.filter((each) => each !== hook);
      };
    },
  };
}
