// Owns: what a hostile validator remembers of what it heard and made, bounded. Does not own: what it does with it.
import { type Hex32, hashHex, headerId } from '@consilium/core';
import type { ProposalMessage, Value, WireMessage } from '@consilium/node/replica';
import { MEMORY_BODIES_MAX, MEMORY_MADE_MAX, MEMORY_OVERHEARD_MAX, MEMORY_VALUES_MAX } from '../limits.ts';

export interface Memory {
  /** Recent messages from anybody, as bytes. */
  readonly overheard: readonly Uint8Array[];
  /** Values proposed lately, oldest first. */
  readonly values: ReadonlyMap<Hex32, Value>;
  /** Transactions by id that it heard of or made, oldest first. */
  readonly bodies: ReadonlyMap<Hex32, Uint8Array>;
  valuesAt(height: number): readonly Hex32[];
  heard(bytes: Uint8Array, message: WireMessage): void;
  addBody(bytes: Uint8Array): Hex32;
  /** What was made for this occasion before; made now otherwise. So that a liar tells everybody the same lie. */
  made<T>(occasion: string, make: () => T): T;
  /** What was made for it, if anything was. */
  recall<T>(occasion: string): T | undefined;
  /** True the first time. */
  isFirst(occasion: string): boolean;
  /** The forged proposal that went out in place of its own of this id, and the value by the forged id. */
  standIn(id: Hex32 | null): ProposalMessage | undefined;
  forged(id: Hex32): Value | undefined;
  replace(id: Hex32, message: ProposalMessage): void;
}

export function createMemory(): Memory {
  const overheard: Uint8Array[] = [];
  const values = new Map<Hex32, Value>();
  const bodies = new Map<Hex32, Uint8Array>();
  const madeBefore = new Map<string, unknown>();
  const standIns = new Map<Hex32, ProposalMessage>();
  const forgedValues = new Map<Hex32, Value>();

  const addBody = (bytes: Uint8Array): Hex32 => {
    const id = hashHex(bytes);
    keep(bodies, id, bytes, MEMORY_BODIES_MAX);
    return id;
  };
  const made = <T>(occasion: string, make: () => T): T => {
    if (!madeBefore.has(occasion)) keep(madeBefore, occasion, make(), MEMORY_MADE_MAX);
    return madeBefore.get(occasion) as T;
  };

  return {
    overheard,
    values,
    bodies,
    addBody,
    made,
    recall: <T>(occasion: string) => madeBefore.get(occasion) as T | undefined,
    valuesAt: (height) => [...values].filter(([, { header }]) => header.height === height).map(([id]) => id),
    heard: (bytes, message) => {
      overheard.push(bytes);
      if (overheard.length > MEMORY_OVERHEARD_MAX) overheard.shift();
      if (message.type === 'proposal')
        keep(values, headerId(message.value.header), message.value, MEMORY_VALUES_MAX);
      if (message.type === 'transactions') for (const tx of message.txs) addBody(tx);
    },
    isFirst: (occasion) => {
      const known = madeBefore.has(occasion);
      made(occasion, () => true);
      return !known;
    },
    standIn: (id) => (id === null ? undefined : standIns.get(id)),
    forged: (id) => forgedValues.get(id),
    replace: (id, message) => {
      keep(standIns, id, message, MEMORY_VALUES_MAX);
      keep(forgedValues, headerId(message.value.header), message.value, MEMORY_VALUES_MAX);
    },
  };
}

/** The oldest goes when there are more than that. */
function keep<K, V>(map: Map<K, V>, key: K, value: V, max: number): void {
  if (map.has(key)) return;
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= max) return;
    map.delete(oldest);
  }
}
