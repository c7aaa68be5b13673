// Owns: a few files kept open for reading, those used last.
import { type FileHandle, open } from 'node:fs/promises';

export interface HandlePool {
  /** Opens the file or takes it as it is open; it stays open at least until `work` has ended. */
  use<T>(path: string, work: (handle: FileHandle) => Promise<T>): Promise<T>;
  /** When nobody uses any more. */
  close(): Promise<void>;
}

interface Pooled {
  readonly handle: Promise<FileHandle>;
  users: number;
}

export function createHandlePool(openMax: number): HandlePool {
  const pooled = new Map<string, Pooled>();

  /** Moves it to the end: the first of the map is the one that was not used for longest. */
  const take = (path: string): Pooled => {
    const entry = pooled.get(path) ?? { handle: open(path, 'r'), users: 0 };
    pooled.delete(path);
    pooled.set(path, entry);
    entry.users += 1;
    return entry;
  };
  const trim = async (): Promise<void> => {
    for (const [path, entry] of pooled) {
      if (pooled.size <= openMax) return;
      if (entry.users > 0) continue;
      pooled.delete(path);
      await (await entry.handle).close();
    }
  };
  const use = async <T>(path: string, work: (handle: FileHandle) => Promise<T>): Promise<T> => {
    const entry = take(path);
    try {
      const handle = await entry.handle.catch((error: unknown) => {
        if (pooled.get(path) === entry) pooled.delete(path);
        throw error;
      });
      return await work(handle);
    } finally {
      entry.users -= 1;
      await trim();
    }
  };
  const close = async (): Promise<void> => {
    const all = [...pooled.values()];
    pooled.clear();
    for (const { handle } of all) await (await handle).close();
  };
  return { use, close };
}

/** Up to `length` bytes at an offset: fewer only where the file ends. */
export async function readAt(handle: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}
