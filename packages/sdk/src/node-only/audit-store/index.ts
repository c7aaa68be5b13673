// The institution's store of entries of its own systems, on a disk.
export { type AuditAdder, openAuditAdder } from './adder.ts';
export {
  type AuditStore,
  makeAuditStore,
  type NewStore,
  openAuditStore,
  openOrMakeAuditStore,
} from './layout.ts';
export { openAuditQueue, type StoredQueue } from './queue.ts';
export { countAdded } from './segments.ts';
export { openEntriesSource, type StoredSource } from './source.ts';
export { openStoredBatches } from './stored-batches.ts';
