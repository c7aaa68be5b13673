// Owns: the named crash points of a simulated node as they pass.
import type { Effect, PersistencePhase, SimNode } from '@consilium/sim';
import {
  type CrashPhase,
  type CrashPointName,
  type DurableEffect,
  effectOfBatch,
  effectOfSync,
  type OnPoint,
} from '../faults/crash-points.ts';

const PHASES: Readonly<Record<PersistencePhase, CrashPhase>> = {
  asked: 'asked',
  'under-way': 'under-way',
  durable: 'synced',
};

/** Gives what ends the watching. */
export function onCrashPoints(node: SimNode, onPoint: OnPoint): () => void {
  return node.home.persistence.add((phase, effect) => onPoint(`${nameOf(effect)}-${PHASES[phase]}`));
}

/** Calls `fire` once, the next time that the node is there; it may end the node. Gives what ends the waiting. */
export function atCrashPoint(node: SimNode, point: CrashPointName, fire: () => void): () => void {
  const stop = onCrashPoints(node, (passed) => {
    if (passed !== point) return;
    stop();
    fire();
  });
  return stop;
}

function nameOf(effect: Effect): DurableEffect {
  switch (effect.kind) {
    case 'file':
      return effectOfSync(effect.name, effect.written);
    case 'batch':
      return effectOfBatch(effect.writes);
    case 'vault':
      return `vault-${effect.change}`;
  }
}
