// The part of the SDK that needs Node.js: files and folders. Everything else runs in a browser too.
export {
  type AuditAdder,
  type AuditStore,
  countAdded,
  makeAuditStore,
  type NewStore,
  openAuditAdder,
  openAuditQueue,
  openAuditStore,
  openEntriesSource,
  openOrMakeAuditStore,
  openStoredBatches,
  type StoredQueue,
  type StoredSource,
} from './audit-store/index.ts';
export { documentsAt, filesAt } from './documents.ts';
export { isFolder, readBytes, textOf, unreadable } from './files.ts';
export { extensionOf, mediaTypeOf } from './media-types.ts';
export {
  type FileMarks,
  type RecordFileOptions,
  type RefusedFile,
  recordSourcesAt,
} from './record-sources.ts';
export { createSecureFetch, type SecureOptions } from './secure-fetch.ts';
export { readToken } from './token-file.ts';
