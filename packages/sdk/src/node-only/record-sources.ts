// Owns: from files and folders to what is made records: each resource of a FHIR Bundle, a resource in a file of its own, any
// other file as it is, streamed from the disk. The order is that of the sorted paths. Does not own: sealing (records/).
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename, extname, relative, sep } from 'node:path';
import {
  CHUNK_PLAIN_BYTES,
  type Confidentiality,
  ConsiliumError,
  type ErrorCode,
  type ErrorData,
  type Hex32,
  isConsiliumError,
  type StatutoryEffect,
} from '@consilium/core';
import { CONTENT_BYTES_MAX } from '@consilium/sealing';
import { documentsOfBundle } from '../anchor/bundle.ts';
import { BUNDLE_BYTES_MAX } from '../limits.ts';
import { highest, type Protection, protectionOfBundle } from '../records/protection.ts';
import type { RegisteredPatient } from '../records/register-file.ts';
import type { FileSource, RecordSource } from '../records/sources.ts';
import { filesBelow } from './documents.ts';
import { isFolder, readBytes, unreadable } from './files.ts';
import { mediaTypeOf } from './media-types.ts';

/** What a file cannot say of itself. A FHIR resource says it; of these it takes what protects it more. */
export interface FileMarks {
  /** Month of the data (`year * 12 + month - 1`). */
  readonly month?: number | null;
  readonly category?: string;
  readonly labels?: readonly string[];
  /** The least; labels may demand more. */
  readonly confidentiality?: Confidentiality;
  /** Besides those that the labels bring. */
  readonly effects?: readonly StatutoryEffect[];
  readonly emergency?: boolean;
}

export interface RefusedFile {
  readonly source: string;
  readonly code: ErrorCode;
  readonly data: ErrorData;
}

export interface RecordFileOptions {
  readonly patient: RegisteredPatient;
  /** What the files are called in results: default the last part of the path. */
  readonly shown?: string;
  readonly amends?: Hex32;
  readonly marks?: FileMarks;
  /** A Bundle that cannot be cut is told here and left out; without it the first one ends all. */
  readonly onRefused?: (refused: RefusedFile) => void;
}

/**
 * Throws `FILE_MISSING`, `FILE_UNREADABLE`, `FILE_TOO_LARGE`, `BUNDLE_INVALID` naming the file, or `FILE_INVALID` for an
 * empty folder, for a list of resources, and for NDJSON, by its name or with a resource on its first line. Whether a resource is valid is found out when it is sealed.
 */
export async function* recordSourcesAt(
  path: string,
  options: RecordFileOptions,
): AsyncGenerator<RecordSource, void, void> {
  const shown = options.shown ?? basename(path);
  if (!(await isFolder(path))) {
    yield* sourcesOfFile(path, shown, options);
    return;
  }
  const files = await filesBelow(path);
  if (files.length === 0) throw new ConsiliumError('FILE_INVALID', { file: path, rule: 'no file in it' });
  for (const file of files) {
    const below = relative(path, file).split(sep).join('/');
    yield* sourcesOfFile(file, `${shown.replace(/\/+$/, '')}/${below}`, options);
  }
}

async function* sourcesOfFile(
  file: string,
  source: string,
  options: RecordFileOptions,
): AsyncGenerator<RecordSource, void, void> {
  if (extname(file).toLowerCase() === '.ndjson') throw ndjson(file);
  const bytes = await sizeOf(file);
  const { patient, amends } = options;
  const found = await resourcesIn(file, source, bytes, options);
  if (found === undefined) yield fileSource(file, source, bytes, options);
  else
    for (const { json, place, protection } of found) {
      const { labels, confidentiality, effects } = highest(protection, options.marks ?? {});
      yield {
        kind: 'resource',
        source: `${source}${place}`,
        patient,
        amends,
        json,
        labels,
        confidentiality,
        effects,
      };
    }
}

interface FoundResource {
  readonly json: Uint8Array;
  /** In its Bundle. */
  readonly place: string;
  /** What its Bundle says of all that is in it. */
  readonly protection: Partial<Protection>;
}

/** undefined: the file is taken as it is. */
async function resourcesIn(
  file: string,
  source: string,
  bytes: number,
  { onRefused }: RecordFileOptions,
): Promise<readonly FoundResource[] | undefined> {
  const named = extname(file).toLowerCase() === '.json';
  if (!named && !(await beginsAsObject(file))) return undefined;
  if (bytes > BUNDLE_BYTES_MAX) {
    if (!named) return undefined;
    throw new ConsiliumError('FILE_TOO_LARGE', { file, bytes, bytesMax: BUNDLE_BYTES_MAX });
  }
  const json = await readBytes(file);
  const parsed = tryParse(json);
  if (parsed === undefined) return unparsed(file, json, named);
  if (parsed.isListOfResources)
    throw new ConsiliumError('FILE_INVALID', {
      file,
      rule: 'a list of resources is not taken: make it a Bundle',
    });
  if (parsed.resourceType === undefined) return undefined;
  if (parsed.resourceType !== 'Bundle') return [{ json, place: '', protection: {} }];
  try {
    const protection = protectionOfBundle(parsed.meta);
    return documentsOfBundle(parsed.text).map((resource, index) => ({
      json: resource,
      place: `#${index}`,
      protection,
    }));
  } catch (error) {
    if (!isConsiliumError(error)) throw error;
    if (onRefused === undefined) throw new ConsiliumError(error.code, { ...error.data, file });
    onRefused({ source, code: error.code, data: error.data });
    return [];
  }
}

/**
 * A `.json` that is no JSON is given on as a resource and refused as one: it would otherwise be filed as a document,
 * without the labels of what it holds.
 */
function unparsed(file: string, json: Uint8Array, named: boolean): readonly FoundResource[] | undefined {
  if (beginsAsNdjson(json)) throw ndjson(file);
  return named ? [{ json, place: '', protection: {} }] : undefined;
}

function ndjson(file: string): ConsiliumError {
  return new ConsiliumError('FILE_INVALID', { file, rule: 'NDJSON is not taken: make it a Bundle' });
}

/** Whether the first line alone is a resource, whatever the file is called. */
function beginsAsNdjson(bytes: Uint8Array): boolean {
  const end = bytes.indexOf(0x0a);
  return end > 0 && tryParse(bytes.subarray(0, end))?.resourceType !== undefined;
}

interface ParsedFile {
  readonly text: string;
  /** undefined when it is no object that names one. */
  readonly resourceType: unknown;
  readonly meta: unknown;
  readonly isListOfResources: boolean;
}

interface MaybeResource {
  readonly resourceType?: unknown;
  readonly meta?: unknown;
}

function tryParse(bytes: Uint8Array): ParsedFile | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const value = JSON.parse(text) as MaybeResource | readonly (MaybeResource | null)[] | null;
    if (Array.isArray(value)) {
      const isListOfResources = value.some((item: MaybeResource | null) => item?.resourceType !== undefined);
      return { text, resourceType: undefined, meta: undefined, isListOfResources };
    }
    const { resourceType, meta } = (value ?? {}) as MaybeResource;
    return { text, resourceType, meta, isListOfResources: false };
  } catch {
    return undefined;
  }
}

/** Where white space ends is looked for in so many bytes. */
const BEGINNING_BYTES = 1024;

async function beginsAsObject(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'r');
    try {
      const beginning = new Uint8Array(BEGINNING_BYTES);
      await handle.read(beginning, 0, BEGINNING_BYTES, 0);
      return beginning.find((byte) => byte > 0x20) === 0x7b;
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw unreadable(file, error);
  }
}

function fileSource(
  file: string,
  source: string,
  bytes: number,
  { patient, amends, marks = {} }: RecordFileOptions,
): FileSource {
  if (bytes > CONTENT_BYTES_MAX)
    throw new ConsiliumError('FILE_TOO_LARGE', { file, bytes, bytesMax: CONTENT_BYTES_MAX });
  return {
    kind: 'file',
    source,
    patient,
    amends,
    mediaType: mediaTypeOf(file),
    name: basename(file),
    bytes,
    open: () => streamFile(file),
    month: marks.month ?? null,
    category: marks.category,
    emergency: marks.emergency,
    labels: marks.labels,
    confidentiality: marks.confidentiality,
    effects: marks.effects,
  };
}

async function* streamFile(file: string): AsyncGenerator<Uint8Array, void, void> {
  try {
    for await (const part of createReadStream(file, { highWaterMark: CHUNK_PLAIN_BYTES }))
      yield new Uint8Array(part as Buffer);
  } catch (error) {
    if (isConsiliumError(error)) throw error;
    throw unreadable(file, error);
  }
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    throw unreadable(file, error);
  }
}
