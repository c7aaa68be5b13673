// Owns: the signing record on disk: two slots written in turn, so that a torn write harms only the slot being written,
// whose signature has not left yet. Does not own: what may be signed (signer.ts), the JSON form (record-json.ts).
import { ConsiliumError, concat } from '@consilium/core';
import { SIGNING_SLOT_BYTES } from '../limits.ts';
import type { Disk, Done, Report } from '../ports.ts';
import {
  decodeSlot,
  EMPTY_RECORD,
  encodeSlot,
  type RecordOwner,
  type SigningRecord,
  type Slot,
} from './record.ts';

/** Anything but `whole` makes the node observe before it signs (guard.ts). `imported`: by hand, or marked in doubt. */
export type RecordStatus = 'whole' | 'missing' | 'damaged' | 'imported';

export interface RecordFileDeps {
  readonly disk: Disk;
  readonly report: Report;
}

export interface RecordFileOptions extends RecordOwner {
  /** File name on the disk. */
  readonly name: string;
}

export interface RecordFile {
  readonly status: RecordStatus;
  /** What was found at opening; empty when missing or damaged. */
  readonly record: SigningRecord;
  /** One of the two slots cannot be read: torn while it was written, or changed since. */
  readonly isHarmed: boolean;
  /** Writes into the older slot. One write at a time: the next only after `done`. */
  write(record: SigningRecord, done: Done): void;
  /** Makes what was read at opening durable: a killed process leaves it in the system's memory. */
  sync(done: Done): void;
}

export function openRecordFile(deps: RecordFileDeps, options: RecordFileOptions): RecordFile {
  const { disk, report } = deps;
  const { name } = options;
  const file = disk.read(name);
  const slots = slotsOf(file, options);
  const newest = newestOf(slots);
  const status = statusOf(file, newest);
  if (status !== 'whole') report({ level: 'warn', code: `signing.record.${status}` });
  else if (slots.includes(undefined)) report({ level: 'warn', code: 'signing.slot.torn' });
  let created = file !== undefined && file.length >= 2 * SIGNING_SLOT_BYTES;
  let sequence = newest?.sequence ?? 0;
  let target = newest !== undefined && slots[0] === newest ? 1 : 0;

  const write = (record: SigningRecord, done: Done): void => {
    if (!created) layOut(disk, options, { ...EMPTY_RECORD, doubted: true });
    created = true;
    sequence += 1;
    disk.writeAt(name, target * SIGNING_SLOT_BYTES, encodeSlot({ sequence, record }, options));
    target = 1 - target;
    disk.sync(name, done);
  };

  const isHarmed = status !== 'missing' && slots.includes(undefined);
  return {
    status,
    isHarmed,
    record: newest?.record ?? EMPTY_RECORD,
    write,
    sync: (done) => (file === undefined ? done() : disk.sync(name, done)),
  };
}

/**
 * Gives a brand-new home its empty record, so that a deleted one is noticed as missing ever after.
 * Throws `SIGNING_RECORD_EXISTS` when there is one, in whatever state.
 */
export function initialiseRecordFile(disk: Disk, options: RecordFileOptions, done: Done): void {
  if (disk.read(options.name) !== undefined) throw new ConsiliumError('SIGNING_RECORD_EXISTS');
  layOut(disk, options, EMPTY_RECORD);
  disk.sync(options.name, done);
}

/**
 * Two whole slots in place of none, or of a broken file. Where a record had been lost they are in doubt: a crash may
 * leave them without the first record that is written after them.
 */
function layOut(disk: Disk, options: RecordFileOptions, record: SigningRecord): void {
  const { name } = options;
  if (disk.read(name) !== undefined) disk.truncate(name, 0);
  const slot = encodeSlot({ sequence: 0, record }, options);
  disk.append(name, concat(slot, slot));
}

/** Both slots as they are found; undefined: torn, altered or another's. */
export function slotsOf(file: Uint8Array | undefined, owner: RecordOwner): readonly (Slot | undefined)[] {
  return [0, 1].map((index) => slotOf(file, index, owner));
}

function slotOf(file: Uint8Array | undefined, index: number, owner: RecordOwner): Slot | undefined {
  const start = index * SIGNING_SLOT_BYTES;
  return file === undefined ? undefined : decodeSlot(file.subarray(start, start + SIGNING_SLOT_BYTES), owner);
}

function newestOf(slots: readonly (Slot | undefined)[]): Slot | undefined {
  return slots.reduce((newest, slot) => ((slot?.sequence ?? -1) > (newest?.sequence ?? -1) ? slot : newest));
}

function statusOf(file: Uint8Array | undefined, newest: Slot | undefined): RecordStatus {
  if (file === undefined) return 'missing';
  if (newest === undefined) return 'damaged';
  return newest.record.doubted ? 'imported' : 'whole';
}
