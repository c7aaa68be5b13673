// Owns: the waiting transactions in one lane per institution, their shares of the room, and the turn in which lanes are
// served. Does not own: whether a transaction is good (mempool.ts).
//
// Room: a lane may use whatever nobody else needs. Once there is none left, a lane that stays within an equal share of
// it takes the place of the newest transaction of the largest lane; the largest lane then waits like everybody else.
// Turn: the next place in a block goes to the lane that has had the least of this block.
// Part: while other institutions send too, a lane has a bounded part of each block, and some blocks' worth of it waiting: one
// that floods makes nobody's block longer.
import type { Hex32, Tx } from '@consilium/core';
import {
  LANE_ACTIVE_MS,
  LANE_BLOCKS_WAITING,
  LANE_BYTES_PER_BLOCK,
  LANE_REST_MS,
  LANE_TXS_PER_BLOCK,
  LANE_TXS_PER_OTHER,
  TX_OVERHEAD_BYTES,
} from '../limits.ts';

export interface Waiting {
  readonly tx: Tx;
  readonly institution: Hex32;
  /** A patient or clinician, whose transactions in one block are counted. */
  readonly isPerson: boolean;
  /** The sender's key under which the signature was found valid. */
  readonly key: Hex32;
  /** When its bytes first came here. Milliseconds since the epoch, by this machine's clock. */
  readonly receivedMs: number;
}

export interface LaneLimits {
  readonly txsMax: number;
  readonly bytesMax: number;
}

export interface SelectionLimits extends LaneLimits {
  readonly perPersonMax: number;
  /** Expired ones are passed over. Milliseconds since the epoch. */
  readonly nowMs: number;
}

interface Lane {
  readonly institution: Hex32;
  /** In the order of arrival; those taken away leave a hole until the next sweep, but never at the end. */
  slots: (Waiting | undefined)[];
  count: number;
  bytes: number;
}

interface Place {
  readonly waiting: Waiting;
  readonly lane: Lane;
  slot: number;
}

interface Cursor {
  readonly lane: Lane;
  slot: number;
  taken: number;
  /** What it still may have. */
  left: Part;
}

/** What a lane may have of one block. */
interface Part {
  places: number;
  bytes: number;
}

export class Lanes {
  readonly #limits: LaneLimits;
  readonly #lanes = new Map<Hex32, Lane>();
  readonly #places = new Map<Hex32, Place>();
  readonly #perAccount = new Map<Hex32, number>();
  /** When each institution last sent one. Milliseconds since the epoch. */
  readonly #lastSentMs = new Map<Hex32, number>();
  /** When a block last took some of each. */
  readonly #lastTakenMs = new Map<Hex32, number>();
  #bytes = 0;

  constructor(limits: LaneLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#places.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(txId: Hex32): Waiting | undefined {
    return this.#places.get(txId)?.waiting;
  }

  *all(): IterableIterator<Waiting> {
    for (const place of this.#places.values()) yield place.waiting;
  }

  waitingOf(account: Hex32): number {
    return this.#perAccount.get(account) ?? 0;
  }

  /** `room`: there is some, or the institution is owed some by a larger one. `part`: it has more waiting than its part. */
  roomFor(institution: Hex32, bytes: number, nowMs: number): 'room' | 'full' | 'part' {
    const { txsMax, bytesMax } = this.#limits;
    const lane = this.#lanes.get(institution);
    const part = this.#partOf(institution, nowMs);
    if ((lane?.count ?? 0) >= LANE_BLOCKS_WAITING * part.places) return 'part';
    if ((lane?.bytes ?? 0) >= LANE_BLOCKS_WAITING * part.bytes) return 'part';
    const sharers = this.#lanes.size + (lane === undefined ? 1 : 0);
    const txsFit = this.count < txsMax || (lane?.count ?? 0) + 1 <= txsMax / sharers;
    const bytesFit = this.#bytes + bytes <= bytesMax || (lane?.bytes ?? 0) + bytes <= bytesMax / sharers;
    return txsFit && bytesFit ? 'room' : 'full';
  }

  /** Adds a transaction that `roomFor` let in; returns those that had to leave for it. */
  add(waiting: Waiting): Waiting[] {
    const { tx, institution, receivedMs } = waiting;
    this.#lastSentMs.set(institution, receivedMs);
    const displaced = this.#makeRoom(tx.bytes.length);
    const lane = this.#lanes.get(institution) ?? { institution, slots: [], count: 0, bytes: 0 };
    this.#lanes.set(institution, lane);
    this.#places.set(tx.id, { waiting, lane, slot: lane.slots.length });
    lane.slots.push(waiting);
    lane.count += 1;
    lane.bytes += tx.bytes.length;
    this.#bytes += tx.bytes.length;
    this.#perAccount.set(tx.sender, this.waitingOf(tx.sender) + 1);
    return displaced;
  }

  remove(txId: Hex32): Waiting | undefined {
    const place = this.#places.get(txId);
    if (place === undefined) return undefined;
    const { waiting, lane, slot } = place;
    this.#places.delete(txId);
    lane.slots[slot] = undefined;
    while (lane.slots.length > 0 && lane.slots.at(-1) === undefined) lane.slots.pop();
    lane.count -= 1;
    lane.bytes -= waiting.tx.bytes.length;
    this.#bytes -= waiting.tx.bytes.length;
    this.#forgetOneOf(waiting.tx.sender);
    if (lane.count === 0) this.#lanes.delete(lane.institution);
    else if (lane.slots.length > 2 * lane.count + 16) this.#sweep(lane);
    return waiting;
  }

  /** The next block's candidates in their order, within its bounds. Nothing is taken away. */
  select(limits: SelectionLimits): Tx[] {
    const selected: Tx[] = [];
    const perPerson = new Map<Hex32, number>();
    const cursors: Cursor[] = [...this.#lanes.values()].flatMap((lane) => {
      const left = this.#partOf(lane.institution, limits.nowMs);
      return this.#rests(lane, left, limits.nowMs) ? [] : [{ lane, slot: 0, taken: 0, left }];
    });
    let bytesLeft = limits.bytesMax;
    while (cursors.length > 0 && selected.length < limits.txsMax) {
      const served = leastServed(cursors);
      const waiting = isServed(served.left) ? undefined : nextOf(served, limits, perPerson);
      // A lane whose next one does not fit has had its turns of this block: nothing overtakes within a lane.
      if (waiting === undefined || waiting.tx.bytes.length > bytesLeft) {
        cursors.splice(cursors.indexOf(served), 1);
        continue;
      }
      const { tx, isPerson } = waiting;
      if (isPerson) perPerson.set(tx.sender, (perPerson.get(tx.sender) ?? 0) + 1);
      served.slot += 1;
      served.left.places -= 1;
      served.left.bytes -= tx.bytes.length;
      served.taken += tx.bytes.length + TX_OVERHEAD_BYTES;
      bytesLeft -= tx.bytes.length;
      selected.push(tx);
    }
    return selected;
  }

  /** Alone all of it; else a bounded part, or some times what the busiest other has waiting. */
  #partOf(institution: Hex32, nowMs: number): Part {
    const others = [...this.#lastSentMs].flatMap(([other, lastSentMs]) =>
      other === institution || nowMs - lastSentMs > LANE_ACTIVE_MS ? [] : [this.#lanes.get(other)],
    );
    if (others.length === 0) return { places: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };
    const busiest = (measure: 'count' | 'bytes'): number =>
      Math.max(...others.map((lane) => lane?.[measure] ?? 0));
    return {
      places: Math.max(LANE_TXS_PER_BLOCK, LANE_TXS_PER_OTHER * busiest('count')),
      bytes: Math.max(LANE_BYTES_PER_BLOCK, LANE_TXS_PER_OTHER * busiest('bytes')),
    };
  }

  /** A block was committed with transactions of this institution. */
  taken(institution: Hex32, nowMs: number): void {
    this.#lastTakenMs.set(institution, nowMs);
  }

  /** One with more waiting than its part comes into a block once in a while. */
  #rests({ institution, count, bytes }: Lane, part: Part, nowMs: number): boolean {
    const isLarge = count > part.places || bytes > part.bytes;
    const sinceMs = nowMs - (this.#lastTakenMs.get(institution) ?? Number.NEGATIVE_INFINITY);
    return isLarge && sinceMs >= 0 && sinceMs < LANE_REST_MS;
  }

  /** Who was served first is served last next time: with few places in a block the first turn decides. */
  moveToEnd(institution: Hex32): void {
    const lane = this.#lanes.get(institution);
    if (lane === undefined) return;
    this.#lanes.delete(institution);
    this.#lanes.set(institution, lane);
  }

  #makeRoom(bytes: number): Waiting[] {
    const { txsMax, bytesMax } = this.#limits;
    const displaced: Waiting[] = [];
    while (this.count + 1 > txsMax) displaced.push(this.#displaceFrom('count'));
    while (this.#bytes + bytes > bytesMax) displaced.push(this.#displaceFrom('bytes'));
    return displaced;
  }

  #displaceFrom(measure: 'count' | 'bytes'): Waiting {
    let largest: Lane | undefined;
    for (const lane of this.#lanes.values())
      if (largest === undefined || lane[measure] > largest[measure]) largest = lane;
    const newest = largest?.slots.at(-1);
    if (newest === undefined) throw new Error('invariant: no lane to displace from');
    this.remove(newest.tx.id);
    return newest;
  }

  #forgetOneOf(account: Hex32): void {
    const left = this.waitingOf(account) - 1;
    if (left > 0) this.#perAccount.set(account, left);
    else this.#perAccount.delete(account);
  }

  #sweep(lane: Lane): void {
    lane.slots = lane.slots.filter((slot) => slot !== undefined);
    lane.slots.forEach((waiting, slot) => {
      const place = waiting && this.#places.get(waiting.tx.id);
      if (place) place.slot = slot;
    });
  }
}

function isServed({ places, bytes }: Part): boolean {
  return places <= 0 || bytes <= 0;
}

function leastServed(cursors: readonly Cursor[]): Cursor {
  return cursors.reduce((least, cursor) => (cursor.taken < least.taken ? cursor : least));
}

/** Moves the cursor to the lane's next transaction that may stand in this block. */
function nextOf(
  cursor: Cursor,
  { perPersonMax, nowMs }: SelectionLimits,
  perPerson: ReadonlyMap<Hex32, number>,
): Waiting | undefined {
  const { slots } = cursor.lane;
  for (; cursor.slot < slots.length; cursor.slot += 1) {
    const waiting = slots[cursor.slot];
    if (waiting === undefined || waiting.tx.validUntil < nowMs) continue;
    if (waiting.isPerson && (perPerson.get(waiting.tx.sender) ?? 0) >= perPersonMax) continue;
    return waiting;
  }
  return undefined;
}
