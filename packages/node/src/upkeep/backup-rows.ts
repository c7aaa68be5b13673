// Owns: the rows and blobs in a file of a backup, one after the other. Does not own: whether they are whole.
import { BLOB_BYTES_MAX } from '@consilium/core';
import { BACKUP_ROW_BYTES_MAX } from '../limits.ts';
import { framesOf } from './backup-files.ts';

export interface BackupRow {
  /** Table and key. */
  readonly key: Uint8Array;
  /** Value and checksum. */
  readonly row: Uint8Array;
}

export async function* rowsIn(path: string): AsyncGenerator<BackupRow> {
  const rest = (head: DataView): number => head.getUint32(0) + head.getUint32(4);
  for await (const frame of framesOf(path, 8, rest, BACKUP_ROW_BYTES_MAX)) {
    const keyEnd = 8 + new DataView(frame.buffer).getUint32(0);
    yield { key: frame.subarray(8, keyEnd), row: frame.subarray(keyEnd) };
  }
}

export interface BackupBlob {
  readonly id: Uint8Array;
  readonly bytes: Uint8Array;
}

export async function* blobsIn(path: string): AsyncGenerator<BackupBlob> {
  for await (const frame of framesOf(path, 36, (head) => head.getUint32(32), BLOB_BYTES_MAX)) {
    yield { id: frame.subarray(0, 32), bytes: frame.subarray(36) };
  }
}
