// Owns: where the content of opened records goes: into files, into the JSON that is printed, or to the screen. Does not own:
// which records are opened.
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  FHIR_MEDIA_TYPE,
  type Hex32,
  isConsiliumError,
  type RecordContent,
  readWhole,
  type WholeContent,
} from '@consilium/sdk';
import type { Io } from './io.ts';
import { JSON_CONTENT_BYTES_MAX } from './limits.ts';
import { contentText, isText } from './print/content.ts';
import { writeContent } from './setup/content-files.ts';
import { makeFolder, pathOf } from './setup/files.ts';

export interface Delivered {
  readonly mediaType: string;
  readonly name: string | null;
  readonly bytes: number;
  readonly file?: string;
  /** A FHIR resource as JSON; anything else as base64. */
  readonly resource?: unknown;
  readonly base64?: string;
}

/** Throws the code by which the content does not open, or by which it cannot be written. */
export type Deliver = (record: Hex32, content: RecordContent) => Promise<Delivered>;

export interface DeliveryOptions {
  readonly out?: string;
  readonly json?: boolean;
}

/** Before anything is opened: a folder that cannot be made is found out first. Throws `FILE_UNREADABLE`. */
export async function createDelivery(io: Io, { out, json }: DeliveryOptions): Promise<Deliver> {
  if (out !== undefined) {
    const folder = pathOf(io, out);
    await makeFolder(folder);
    return (record, content) => writeContent(folder, record, content);
  }
  return orAside(io, json === true ? createJsonDelivery() : (_record, content) => show(io, content));
}

/** For what can be neither shown nor printed. */
const ASIDE_FOLDER = 'opened';

type DeliverIfFit = (...args: Parameters<Deliver>) => Promise<Delivered | undefined>;

/** The access is entered, and a second clinician's word used up: content that does not fit goes into a file, unasked. */
function orAside(io: Io, deliver: DeliverIfFit): Deliver {
  return async (record, content) => {
    const delivered = await deliver(record, content);
    if (delivered !== undefined) return delivered;
    const written = await writeContent(await asideFolder(io), record, content);
    io.err(`  not printed, but written to ${written.file}\n`);
    return written;
  };
}

/** Where one may write, in any case. */
async function asideFolder(io: Io): Promise<string> {
  const folder = pathOf(io, ASIDE_FOLDER);
  try {
    await makeFolder(folder);
    return folder;
  } catch (error) {
    if (!isConsiliumError(error, 'FILE_UNREADABLE')) throw error;
    return mkdtemp(join(tmpdir(), `consilium-${ASIDE_FOLDER}-`));
  }
}

function createJsonDelivery(): DeliverIfFit {
  let left = JSON_CONTENT_BYTES_MAX;
  return async (_record, content) => {
    const read = await whole(await content.open(), left);
    if (read === undefined) return undefined;
    const { header, bytes } = read;
    left -= bytes.length;
    const resource = header.mediaType === FHIR_MEDIA_TYPE ? tryParse(bytes) : undefined;
    return resource === undefined
      ? { ...header, base64: Buffer.from(bytes).toString('base64') }
      : { ...header, resource };
  };
}

async function show(io: Io, content: RecordContent): Promise<Delivered | undefined> {
  const opened = await content.open();
  if (!isText(opened.header.mediaType)) {
    await opened.content.return();
    return undefined;
  }
  const read = await whole(opened);
  if (read === undefined) return undefined;
  io.out(contentText(read.bytes));
  return read.header;
}

type OpenedContent = Awaited<ReturnType<RecordContent['open']>>;

/** Undefined when it is too large. */
async function whole(opened: OpenedContent, bytesMax?: number): Promise<WholeContent | undefined> {
  try {
    return await readWhole(opened, bytesMax);
  } catch (error) {
    if (isConsiliumError(error, 'FILE_TOO_LARGE')) return undefined;
    throw error;
  }
}

function tryParse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
