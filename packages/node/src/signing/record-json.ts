// Owns: the signing record as JSON, to be carried by hand to another machine. It is no part of a backup: an old one
// invites double votes, so an import never goes backwards and leaves the record in doubt.
import { ConsiliumError, encode, type Hex32 } from '@consilium/core';
import { SIGNING_EXPORT_CHARS_MAX } from '../limits.ts';
import type { Done } from '../ports.ts';
import {
  comparePositions,
  type RecordOwner,
  recordShape,
  type SigningPosition,
  type SigningRecord,
} from './record.ts';
import { openRecordFile, type RecordFileDeps, type RecordFileOptions } from './record-file.ts';

const FORMAT = 'consilium-signing-record';
const FORMAT_VERSION = 1;

interface ExportedRecord extends SigningRecord {
  readonly format: string;
  readonly version: number;
  readonly genesis: Hex32;
  readonly validator: Hex32;
}

/** JSON text of the record on disk. Throws `SIGNING_RECORD_INVALID` when it is missing or damaged. */
export function exportSigningRecord(deps: RecordFileDeps, options: RecordFileOptions): string {
  const { status, record } = openRecordFile(deps, options);
  if (status === 'missing' || status === 'damaged') throw invalid(status);
  const { genesis, validator } = options;
  const exported: ExportedRecord = { format: FORMAT, version: FORMAT_VERSION, genesis, validator, ...record };
  return `${JSON.stringify(exported, null, 2)}\n`;
}

/**
 * Puts an exported record in place; the node then observes before it signs. Only while the node is stopped.
 * Throws `SIGNING_RECORD_INVALID`: malformed, of another network or validator, behind the record in place, or another
 * message at its very position.
 */
export function importSigningRecord(
  deps: RecordFileDeps,
  options: RecordFileOptions,
  json: string,
  done: Done,
): void {
  const imported = parseRecord(json, options);
  const file = openRecordFile(deps, options);
  const order = comparePositions(imported, file.record);
  if (order < 0) throw invalid('backwards', file.record);
  if (order === 0 && imported.hash !== file.record.hash) throw invalid('conflicting', file.record);
  file.write({ ...imported, doubted: true }, done);
}

function parseRecord(json: string, owner: RecordOwner): SigningRecord {
  const parsed = parseJson(json);
  const { format, version, genesis, validator, ...fields } = parsed;
  if (format !== FORMAT || version !== FORMAT_VERSION) throw invalid('format');
  if (genesis !== owner.genesis || validator !== owner.validator) throw invalid('owner');
  const record = fields as unknown as SigningRecord;
  try {
    encode(recordShape, record);
  } catch {
    throw invalid('malformed');
  }
  return record;
}

function parseJson(json: string): Record<string, unknown> {
  if (json.length > SIGNING_EXPORT_CHARS_MAX) throw invalid('too long');
  try {
    const parsed: unknown = JSON.parse(json);
    if (typeof parsed === 'object' && parsed !== null) return parsed as Record<string, unknown>;
  } catch {
    throw invalid('not JSON');
  }
  throw invalid('not an object');
}

function invalid(reason: string, inPlace?: SigningPosition): ConsiliumError {
  const place =
    inPlace === undefined ? {} : { height: inPlace.height, round: inPlace.round, kind: inPlace.kind };
  return new ConsiliumError('SIGNING_RECORD_INVALID', { reason, ...place });
}
