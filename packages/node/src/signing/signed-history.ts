// Owns: every message of the record's height that this key has signed, on disk: what a signer apart goes by in place of a
// node's word (docs/protocol.md 4.7). Does not own: the record, which is written before anything stands here.
import type { Hex32 } from '@consilium/core';
import { SIGNED_HISTORY_MESSAGES_MAX, SIGNING_SLOT_BYTES } from '../limits.ts';
import type { Disk, Done } from '../ports.ts';
import {
  comparePositions,
  decodeSlot,
  encodeSlot,
  type RecordOwner,
  type SigningPosition,
  type SigningRecord,
} from './record.ts';

export interface SignedHistory {
  /** It holds a message above the record: the record is an old copy. */
  readonly isAheadOfRecord: boolean;
  /** The message of this very place was signed, with exactly these bytes. */
  holds(position: SigningPosition, hash: Hex32): boolean;
  /** Nothing was signed at this place or above it. */
  isAbove(position: SigningPosition): boolean;
  /** Remembers what the record says now; of a height above, what was before is forgotten. */
  add(record: SigningRecord, done: Done): void;
}

/** Entries that a crash has torn are skipped: what is not held is only not signed again. */
export function openSignedHistory(
  disk: Disk,
  options: RecordOwner & { readonly name: string },
  record: SigningRecord,
): SignedHistory {
  const { name } = options;
  const found = entriesOf(disk.read(name) ?? new Uint8Array(0), options);
  const isAheadOfRecord = found.some((entry) => comparePositions(entry, record) > 0);
  const held = new Map<string, SigningRecord>();
  let highest: SigningRecord = record;
  for (const entry of [...found, record]) {
    if (comparePositions(entry, highest) > 0) highest = entry;
    held.set(placeOf(entry), entry);
  }
  forgetOthers(held, highest.height);
  // What a crash has torn would put every later entry in the wrong place.
  let mustRewrite = true;

  const add = (added: SigningRecord, done: Done): void => {
    if (comparePositions(added, highest) > 0) {
      if (added.height > highest.height) mustRewrite = true;
      highest = added;
      forgetOthers(held, added.height);
    }
    remember(added);
    disk.sync(name, done);
  };
  const remember = (added: SigningRecord): void => {
    const isKnown = held.get(placeOf(added))?.hash === added.hash;
    if ((isKnown && !mustRewrite) || held.size >= SIGNED_HISTORY_MESSAGES_MAX) return;
    held.set(placeOf(added), added);
    if (mustRewrite) disk.truncate(name, 0);
    for (const entry of mustRewrite ? held.values() : [added])
      disk.append(name, encodeSlot({ sequence: 0, record: entry }, options));
    mustRewrite = false;
  };
  return {
    isAheadOfRecord,
    holds: (position, hash) => held.get(placeOf(position))?.hash === hash,
    isAbove: (position) => comparePositions(position, highest) > 0,
    add,
  };
}

function entriesOf(file: Uint8Array, owner: RecordOwner): readonly SigningRecord[] {
  const entries: SigningRecord[] = [];
  for (let start = 0; start + SIGNING_SLOT_BYTES <= file.length; start += SIGNING_SLOT_BYTES) {
    const slot = decodeSlot(file.subarray(start, start + SIGNING_SLOT_BYTES), owner);
    if (slot !== undefined) entries.push(slot.record);
  }
  return entries;
}

function forgetOthers(held: Map<string, SigningRecord>, height: number): void {
  for (const [place, entry] of held) if (entry.height !== height) held.delete(place);
}

function placeOf({ height, round, kind }: SigningPosition): string {
  return `${height}/${round}/${kind}`;
}
