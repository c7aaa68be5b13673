// Owns: the hand of a hostile validator: it sits between an honest production replica and its network, and changes what
// leaves by the strategy that it was given. The same in the simulator and in a daemon. Does not own: the strategies, when
// one begins (the director).
import type { Hex32 } from '@consilium/core';
import type { Cancel, Channel } from '@consilium/node/replica';
import type { Prng, Wire } from '@consilium/sim';
import type { FaultName } from '../faults/names.ts';
import { tryDecode } from '../history/messages.ts';
import type { ParamValue } from '../scenario/scenario.ts';
import { createEar } from './ear.ts';
import type { Forge } from './forge.ts';
import { createMemory } from './memory.ts';
import { STRATEGIES } from './strategies.ts';
import type { Grip, Strategy } from './strategy.ts';

export interface HandDeps {
  readonly self: Hex32;
  readonly forge: Forge;
  readonly prng: Prng;
  peers(): readonly Hex32[];
  /** The height that its replica runs; undefined: the one that the replica last told its peers. */
  height?(): number;
  /** Past the hand. */
  send(to: Hex32, channel: Channel, bytes: Uint8Array): void;
  after(delayMs: number, fire: () => void): Cancel;
  /** A strategy begins, or `honest`. */
  note(state: string): void;
}

export interface StrategyOptions {
  /** Probability for each message. */
  readonly chance?: number;
  readonly params?: Readonly<Record<string, ParamValue>>;
}

export interface Hand extends Wire {
  /** undefined: honest from now on. */
  setStrategy(name: FaultName | undefined, options?: StrategyOptions): void;
}

/** How often something is slipped in between. */
const SLIP_MS = 150;

export function createHand(deps: HandDeps): Hand {
  const { self, forge, prng } = deps;
  const memory = createMemory();
  const ear = createEar(self, forge);
  let strategy: Strategy = {};
  let chance = 1;
  /** Counts the strategies: what one of them put off ends with it. */
  let epoch = 0;
  let params: Readonly<Record<string, ParamValue>> = {};
  let toldHeight = 1;

  const grip: Grip = {
    ...{ self, forge, prng, memory },
    get params() {
      return params;
    },
    height: () => deps.height?.() ?? toldHeight,
    peers: () => deps.peers(),
    send: (to, channel, bytes) => deps.send(to, channel, bytes),
    after: (delayMs, fire) => {
      const began = epoch;
      deps.after(delayMs, () => {
        if (began === epoch) fire();
      });
    },
  };
  const slip = (): void =>
    grip.after(SLIP_MS, () => {
      if (deps.peers().length > 0 && prng.chance(chance)) strategy.slip?.(grip);
      slip();
    });

  return {
    setStrategy: (name, options = {}) => {
      epoch += 1;
      strategy = (name === undefined ? undefined : STRATEGIES.get(name)) ?? {};
      ({ chance = 1, params = {} } = options);
      deps.note(name ?? 'honest');
      if (strategy.slip !== undefined) slip();
    },
    tell: (to, channel, bytes) => {
      const message = channel === 'custody' ? undefined : tryDecode(bytes);
      if (message !== undefined) ear.said(message);
      if (message?.type === 'status') toldHeight = Math.max(toldHeight, message.height);
      if (strategy.tell === undefined || !prng.chance(chance)) return [bytes];
      return strategy.tell({ grip, to, channel, bytes, message });
    },
    hear: (from, channel, bytes) => {
      const message = channel === 'custody' ? undefined : tryDecode(bytes);
      if (message !== undefined) memory.heard(bytes, message);
      const heard = strategy.hear?.({ grip, from, channel, bytes, message }) ?? [bytes];
      return message === undefined ? heard : heard.flatMap((each) => throughEar(each));
    },
  };

  function throughEar(bytes: Uint8Array): readonly Uint8Array[] {
    const message = tryDecode(bytes);
    return message === undefined ? [bytes] : ear.hear(message, bytes);
  }
}
