// The part of the SDK that needs Node.js: files and folders. Everything else runs in a browser too.
export { documentsAt, filesAt } from './documents.ts';
export { isFolder, readBytes, textOf, unreadable } from './files.ts';
