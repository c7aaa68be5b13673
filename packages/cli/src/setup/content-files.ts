// Owns: opened content as files: for their owner only, streamed, named by record. Does not own: opening (the SDK).
import { join } from 'node:path';
import type { Hex32, RecordContent } from '@consilium/sdk';
import { extensionOf } from '@consilium/sdk/node';
import { SECRET_MODE, writeWhole } from './files.ts';

export interface WrittenContent {
  readonly mediaType: string;
  /** Of the file that it was; null when it was none. */
  readonly name: string | null;
  readonly bytes: number;
  readonly file: string;
}

/** Throws as `RecordContent.open`, or `FILE_UNREADABLE`; then no file is left. */
export async function writeContent(
  folder: string,
  record: Hex32,
  content: RecordContent,
): Promise<WrittenContent> {
  const { header, content: parts } = await content.open();
  const file = join(folder, `${record}${extensionOf(header.mediaType)}`);
  await writeWhole(file, parts, SECRET_MODE);
  return { ...header, file };
}
