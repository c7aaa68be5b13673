// Owns: which media type a file's name stands for, and the other way round. Does not own: what is in the file.
import { extname } from 'node:path';
import { FHIR_MEDIA_TYPE } from '../records/prepare.ts';

const UNKNOWN = 'application/octet-stream';

/** Of several extensions of one type the first is written. */
const MEDIA_TYPES: Readonly<Record<string, string>> = {
  bmp: 'image/bmp',
  csv: 'text/csv',
  dcm: 'application/dicom',
  doc: 'application/msword',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  gif: 'image/gif',
  html: 'text/html',
  htm: 'text/html',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  json: 'application/json',
  md: 'text/markdown',
  mp3: 'audio/mpeg',
  mp4: 'video/mp4',
  odt: 'application/vnd.oasis.opendocument.text',
  pdf: 'application/pdf',
  png: 'image/png',
  rtf: 'application/rtf',
  svg: 'image/svg+xml',
  tif: 'image/tiff',
  tiff: 'image/tiff',
  txt: 'text/plain',
  wav: 'audio/wav',
  webp: 'image/webp',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  xml: 'application/xml',
  zip: 'application/zip',
};

export function mediaTypeOf(path: string): string {
  const extension = extname(path).slice(1).toLowerCase();
  return Object.hasOwn(MEDIA_TYPES, extension) ? (MEDIA_TYPES[extension] as string) : UNKNOWN;
}

/** With its dot; `.bin` for what is not known. */
export function extensionOf(mediaType: string): string {
  const plain = mediaType.split(';')[0]?.trim().toLowerCase();
  if (plain === FHIR_MEDIA_TYPE) return '.json';
  const found = Object.entries(MEDIA_TYPES).find(([, type]) => type === plain);
  return found === undefined ? '.bin' : `.${found[0]}`;
}
