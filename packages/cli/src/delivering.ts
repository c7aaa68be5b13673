// Owns: where the content of opened records goes: into files, into the JSON that is printed, or to the screen. Does not own:
// which records are opened.
import {
  ConsiliumError,
  FHIR_MEDIA_TYPE,
  type Hex32,
  isConsiliumError,
  type RecordContent,
  type WholeContent,
  wholeContent,
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

/** Throws the code by which the content does not open, or `USAGE_INVALID` when it needs a file. */
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
  return json === true ? createJsonDelivery() : (_record, content) => show(io, content);
}

function createJsonDelivery(): Deliver {
  let left = JSON_CONTENT_BYTES_MAX;
  return async (_record, content) => {
    const { header, bytes } = await whole(content, left);
    left -= bytes.length;
    const resource = header.mediaType === FHIR_MEDIA_TYPE ? tryParse(bytes) : undefined;
    return resource === undefined
      ? { ...header, base64: Buffer.from(bytes).toString('base64') }
      : { ...header, resource };
  };
}

async function show(io: Io, content: RecordContent): Promise<Delivered> {
  const { header, bytes } = await whole(content);
  if (!isText(header.mediaType)) throw needsFile('it is no text');
  io.out(contentText(bytes));
  return header;
}

async function whole(content: RecordContent, bytesMax?: number): Promise<WholeContent> {
  try {
    return await wholeContent(content, bytesMax);
  } catch (error) {
    if (isConsiliumError(error, 'FILE_TOO_LARGE')) throw needsFile('it is too large to be shown');
    throw error;
  }
}

function needsFile(why: string): ConsiliumError {
  return new ConsiliumError('USAGE_INVALID', {}, `${why}: give --out FOLDER`);
}

function tryParse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
