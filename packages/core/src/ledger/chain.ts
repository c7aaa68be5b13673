// Owns: the action that changes nothing. On an idle chain a client commits it after its lost transaction's validUntil:
// a later block without that transaction proves it dead.
import { struct } from '../codec.ts';
import type { ActionDefinition } from './context.ts';

export type ChainNoopBody = Readonly<Record<never, never>>;

export const chainNoop: ActionDefinition<ChainNoopBody> = {
  version: 1,
  senders: 'any',
  shape: struct<ChainNoopBody>({}),
  apply: () => ({ id: null, index: null }),
};
