// Owns: from a file or a folder to the documents that are anchored: each resource of a FHIR Bundle is one, to the byte;
// any other file is one as a whole. The order is that of the sorted paths, so that it is the same on every machine.
import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { ConsiliumError, isConsiliumError } from '@consilium/core';
import type { DocumentToAnchor } from '../anchor/anchor.ts';
import { documentsOfBundle } from '../anchor/bundle.ts';
import { isFolder, readBytes, textOf } from './files.ts';

/** Throws `FILE_UNREADABLE`, `BUNDLE_INVALID` naming the file, or `FILE_INVALID` for an empty folder. */
export async function documentsAt(path: string): Promise<readonly DocumentToAnchor[]> {
  const folder = await isFolder(path);
  const files = await filesAt(path);
  const documents: DocumentToAnchor[] = [];
  for (const file of files) {
    const name = relative(folder ? path : join(path, '..'), file)
      .split(sep)
      .join('/');
    documents.push(...(await documentsOfFile(file, name)));
  }
  return documents;
}

/** The file, or all files of a folder, sorted. Throws `FILE_UNREADABLE`, or `FILE_INVALID` for an empty folder. */
export async function filesAt(path: string): Promise<readonly string[]> {
  const files = (await isFolder(path)) ? await filesBelow(path) : [path];
  if (files.length === 0) throw new ConsiliumError('FILE_INVALID', { file: path, rule: 'no file in it' });
  return files;
}

/** Sorted; without those whose name begins with a dot. Throws `FILE_UNREADABLE`. */
export async function filesBelow(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.'));
    return files.map((entry) => join(entry.parentPath, entry.name)).sort();
  } catch {
    throw new ConsiliumError('FILE_UNREADABLE', { file: folder, reason: 'cannot be listed' });
  }
}

async function documentsOfFile(file: string, name: string): Promise<readonly DocumentToAnchor[]> {
  const bytes = await readBytes(file);
  const text = bundleText(bytes, file);
  if (text === undefined) return [{ bytes, source: name }];
  try {
    return documentsOfBundle(text).map((resource, index) => ({
      bytes: resource,
      source: `${name}#${index}`,
    }));
  } catch (error) {
    if (isConsiliumError(error)) throw new ConsiliumError(error.code, { ...error.data, file });
    throw error;
  }
}

/** The text when the file is a Bundle in JSON, whether or not it can be cut; undefined for anything else. */
function bundleText(bytes: Uint8Array, file: string): string | undefined {
  const firstByte = bytes.find((byte) => byte > 0x20);
  if (firstByte !== 0x7b) return undefined;
  try {
    const text = textOf(bytes, file);
    const value = JSON.parse(text) as { readonly resourceType?: unknown };
    return value.resourceType === 'Bundle' ? text : undefined;
  } catch {
    return undefined;
  }
}
