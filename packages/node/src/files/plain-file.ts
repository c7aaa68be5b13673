// Owns: one open file: writing at its end or in place, and making it and its folder entry durable.
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from './errors.ts';

export type Operation =
  | { readonly type: 'append'; readonly bytes: Uint8Array }
  | { readonly type: 'writeAt'; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly type: 'truncate'; readonly length: number };

export interface PlainFile {
  perform(operations: readonly Operation[]): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Only the owner reads what a node writes. */
const FILE_MODE = 0o600;

export async function openPlainFile(folder: string, name: string): Promise<PlainFile> {
  const handle = await openOrMake(join(folder, name));
  let length = (await handle.stat()).size;
  // Also for a file that was there: whoever made it may have died before its folder was synced.
  let folderPending = true;
  const perform = async (operation: Operation): Promise<void> => {
    if (operation.type === 'truncate') {
      await handle.truncate(operation.length);
      length = operation.length;
      return;
    }
    const offset = operation.type === 'append' ? length : operation.offset;
    // Nothing written past the end grows no file.
    if (operation.bytes.length === 0) return;
    await writeFully(handle, operation.bytes, offset);
    length = Math.max(length, offset + operation.bytes.length);
  };
  return {
    perform: async (operations) => {
      for (const operation of joinAppends(operations)) await perform(operation);
    },
    sync: async () => {
      await handle.datasync();
      // The entry after the content: a name that leads to lost bytes is worse than none.
      if (folderPending) await syncFolder(folder);
      folderPending = false;
    },
    close: () => handle.close(),
  };
}

async function openOrMake(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+');
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    return open(path, 'wx+', FILE_MODE);
  }
}

/** Neighbouring appends become one write. */
function joinAppends(operations: readonly Operation[]): readonly Operation[] {
  const joined: Operation[] = [];
  let run: Uint8Array[] = [];
  const flush = (): void => {
    if (run.length > 0) joined.push({ type: 'append', bytes: Buffer.concat(run) });
    run = [];
  };
  for (const operation of operations) {
    if (operation.type === 'append') run.push(operation.bytes);
    else {
      flush();
      joined.push(operation);
    }
  }
  flush();
  return joined;
}

/** A write may stop early (a signal, a nearly full disk): the rest follows, or the next try names the error. */
async function writeFully(handle: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, offset + written);
    written += bytesWritten;
  }
}

/** Makes the entries of a folder durable: a file that was made, renamed or removed in it. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
