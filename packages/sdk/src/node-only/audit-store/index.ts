// The institution's store of entries of its own systems, on a disk.
export { type AuditAdder, openAuditAdder } from './adder.ts';
export { type AuditStore, openAuditStore, openOrMakeAuditStore } from './layout.ts';
export { openAuditQueue, type StoredQueue } from './queue.ts';
export { openEntriesSource, type StoredSource } from './source.ts';
