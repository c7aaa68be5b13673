// Owns: in which order a client's nodes are asked: as they were named, but one that let a request run into its timeout comes
// last for a while. A hospital whose machine is off answers nothing at all, and a person who waits would wait for it at every
// step. Does not own: asking (net/transport.ts), what is about a node (session.ts).
import { isConsiliumError } from '@consilium/core';
import { SILENT_NODE_MS } from '../limits.ts';
import type { AskNode } from '../net/transport.ts';
import type { Now } from '../random.ts';

export interface Turns {
  /** Those that answer first. Never empty when there was a node. */
  readonly inTurn: () => readonly string[];
  readonly ask: AskNode;
}

export function createTurns(nodes: readonly string[], ask: AskNode, now: Now): Turns {
  const silentUntil = new Map<string, number>();
  const isSilent = (node: string): boolean => (silentUntil.get(node) ?? 0) > now();
  return {
    inTurn: () =>
      silentUntil.size === 0
        ? nodes
        : [...nodes.filter((node) => !isSilent(node)), ...nodes.filter(isSilent)],
    ask: async (node, request) => {
      try {
        const answer = await ask(node, request);
        silentUntil.delete(node);
        return answer;
      } catch (error) {
        if (isConsiliumError(error, 'NODE_UNREACHABLE') && error.data['reason'] === 'timeout')
          silentUntil.set(node, now() + SILENT_NODE_MS);
        throw error;
      }
    },
  };
}
