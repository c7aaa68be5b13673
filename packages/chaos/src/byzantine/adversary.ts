// Owns: an adversary that holds one hospital's key and wires. Its node runs the production replica; what leaves it passes
// through lies that are drawn anew every few seconds, and more is slipped in between. Does not own: the lies (lies.ts).

import { type Hex32, headerId, isConsiliumError } from '@consilium/core';
import { type Channel, decodeMessage, encodeMessage, type WireMessage } from '@consilium/node/replica';
import type { Cluster, Hospital, Prng, SimNode } from '@consilium/sim';
import { type History, reached } from '../history/history.ts';
import { createForge, type Forge } from './forge.ts';
import { drawLie, type Lie } from './lies.ts';

/** What the adversary knows and can do. */
export interface Grip {
  readonly self: Hex32;
  readonly forge: Forge;
  readonly prng: Prng;
  /** The height that its node runs. */
  height(): number;
  /** Recent messages from anybody, as bytes. */
  readonly overheard: readonly Uint8Array[];
  /** Ids of values proposed lately. */
  readonly values: readonly Hex32[];
  readonly peers: readonly Hex32[];
  send(to: Hex32, channel: Channel, bytes: Uint8Array): void;
}

const OVERHEARD_MAX = 200;
const VALUES_MAX = 12;
/** How long a lie is kept up, and how often something is slipped in meanwhile. Milliseconds. */
const LIE_MS_MIN = 500;
const LIE_MS_MAX = 6_000;
const SLIP_MS = 150;

/** Takes these nodes over, until the end of the run. */
export function startAdversaries(cluster: Cluster, history: History): void {
  const hands = new Map<Hex32, Hand>();
  for (const [index, node] of cluster.nodes.entries()) {
    if (!history.hostile.has(node.id)) continue;
    hands.set(node.id, new Hand(cluster, history, node, cluster.hospitals[index] as Hospital));
  }
  cluster.net.setTap((from, to, channel, bytes) => {
    // Lies about records are others (custody-lies.ts).
    if (channel === 'custody') return [bytes];
    const receiving = hands.get(to);
    const heard = receiving === undefined ? [bytes] : receiving.hear(bytes);
    const sending = hands.get(from);
    return sending === undefined ? heard : heard.flatMap((each) => sending.tell(to, channel, each));
  });
}

class Hand {
  readonly #cluster: Cluster;
  readonly #history: History;
  readonly #node: SimNode;
  readonly #grip: Grip;
  readonly #overheard: Uint8Array[] = [];
  readonly #values: Hex32[] = [];
  #lie: Lie;

  constructor(cluster: Cluster, history: History, node: SimNode, hospital: Hospital) {
    const prng = cluster.prng.fork(`adversary ${hospital.name}`);
    this.#cluster = cluster;
    this.#history = history;
    this.#node = node;
    this.#grip = {
      self: node.id,
      forge: createForge(cluster, hospital),
      prng,
      height: () => node.height + 1,
      overheard: this.#overheard,
      values: this.#values,
      peers: cluster.nodes.filter((each) => each !== node).map(({ id }) => id),
      send: (to, channel, bytes) => cluster.net.inject(node.id, to, channel, bytes),
    };
    this.#lie = drawLie(prng);
    this.#changeLies();
    this.#slip();
  }

  #changeLies(): void {
    const { prng } = this.#grip;
    this.#lie = drawLie(prng);
    this.#cluster.trace.say(`lie ${this.#node.id.slice(0, 8)} ${this.#lie.name}`);
    reached(this.#history, `lie:${this.#lie.name}`);
    this.#cluster.scheduler.after(prng.between(LIE_MS_MIN, LIE_MS_MAX) * 1000, () => this.#changeLies());
  }

  #slip(): void {
    this.#cluster.scheduler.after(SLIP_MS * 1000, () => {
      if (this.#node.isUp) this.#lie.slip?.(this.#grip);
      this.#slip();
    });
  }

  /** On the way to the hostile node: it keeps what it may use, and hears nothing that its own key did elsewhere. */
  hear(bytes: Uint8Array): Uint8Array[] {
    const message = tryDecode(bytes);
    if (message === undefined) return [bytes];
    this.#overheard.push(bytes);
    if (this.#overheard.length > OVERHEARD_MAX) this.#overheard.shift();
    if (message.type === 'proposal') this.#noteValue(headerId(message.value.header));
    return withoutOwn(this.#grip.self, message, bytes);
  }

  #noteValue(id: Hex32): void {
    if (this.#values.includes(id)) return;
    this.#values.push(id);
    if (this.#values.length > VALUES_MAX) this.#values.shift();
  }

  /** On the way out. */
  tell(to: Hex32, channel: Channel, bytes: Uint8Array): readonly Uint8Array[] {
    if (this.#lie.tell === undefined) return [bytes];
    const message = tryDecode(bytes);
    return message === undefined
      ? [bytes]
      : this.#lie.tell({ grip: this.#grip, to, channel, bytes, message });
  }
}

function withoutOwn(self: Hex32, message: WireMessage, bytes: Uint8Array): Uint8Array[] {
  if (message.type === 'proposal' && message.proposal.validator === self) return [];
  if (message.type !== 'votes') return [bytes];
  const votes = message.votes.filter(({ validator }) => validator !== self);
  return votes.length === 0 ? [] : [encodeMessage({ type: 'votes', votes })];
}

function tryDecode(bytes: Uint8Array): WireMessage | undefined {
  try {
    return decodeMessage(bytes);
  } catch (error) {
    if (!isConsiliumError(error)) throw error;
    return undefined;
  }
}
