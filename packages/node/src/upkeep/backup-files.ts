// Owns: writing and reading the files of a backup with little in memory: parts of bounded size, each with its digest.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hex32 } from '@consilium/core';
import { SECRET_FILE_MODE } from '../files/atomic-file.ts';
import { BACKUP_PART_BYTES } from '../limits.ts';
import type { BackupFile } from './backup-format.ts';

export interface PartWriter {
  /** One frame stays in one file. */
  add(...pieces: readonly Uint8Array[]): Promise<void>;
  /** The files, durable. */
  end(): Promise<readonly BackupFile[]>;
}

/** `pace`: is told of bytes written, and waits as long as the disk is to be left to others. */
export function createPartWriter(
  folder: string,
  prefix: string,
  pace: (bytes: number) => Promise<void>,
): PartWriter {
  const files: BackupFile[] = [];
  let current: { readonly name: string; readonly handle: FileHandle; bytes: number } | undefined;
  let hash = createHash('sha256');
  const close = async (): Promise<void> => {
    if (current === undefined) return;
    await current.handle.sync();
    await current.handle.close();
    files.push({ name: current.name, bytes: current.bytes, sha256: hash.digest('hex') });
    current = undefined;
    hash = createHash('sha256');
  };
  return {
    add: async (...pieces) => {
      if (current !== undefined && current.bytes >= BACKUP_PART_BYTES) await close();
      if (current === undefined) {
        const name = `${prefix}-${(files.length + 1).toString().padStart(6, '0')}.bin`;
        current = { name, handle: await open(join(folder, name), 'wx', SECRET_FILE_MODE), bytes: 0 };
      }
      const frame = Buffer.concat(pieces);
      await current.handle.appendFile(frame);
      hash.update(frame);
      current.bytes += frame.length;
      await pace(frame.length);
    },
    end: async () => {
      await close();
      return files;
    },
  };
}

/** SHA-256 and length of a file, read in pieces. */
export async function digestOf(path: string): Promise<{ readonly bytes: number; readonly sha256: Hex32 }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of createReadStream(path)) {
    const chunk = piece as Buffer;
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** Frames with a head of fixed length that says how long the rest is. Ends early where the file does not go on. */
export async function* framesOf(
  path: string,
  headBytes: number,
  restBytes: (head: DataView) => number,
  frameBytesMax: number,
): AsyncGenerator<Uint8Array> {
  const handle = await open(path, 'r');
  try {
    for (let at = 0; ; ) {
      const head = await exactly(handle, at, headBytes);
      if (head === undefined) return;
      const rest = restBytes(new DataView(head.buffer, head.byteOffset, head.length));
      const frame = rest > frameBytesMax ? undefined : await exactly(handle, at, headBytes + rest);
      if (frame === undefined) return;
      yield frame;
      at += frame.length;
    }
  } finally {
    await handle.close();
  }
}

async function exactly(handle: FileHandle, at: number, length: number): Promise<Uint8Array | undefined> {
  const bytes = new Uint8Array(length);
  const { bytesRead } = await handle.read(bytes, 0, length, at);
  return bytesRead === length ? bytes : undefined;
}
