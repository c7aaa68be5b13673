// Owns: from a source to what is sealed and what will stand on the ledger of it: marks and tags. Does not own: validation
// and description of resources (the fhir package), which is loaded when the first resource comes.
import { ConsiliumError, type Hex32, isConsiliumError, type RecordMarks } from '@consilium/core';
import type { RecordHeader } from '@consilium/sealing';
import type { RandomBytes } from '../random.ts';
import { describeProtected, protectionOf } from './protection.ts';
import type { RegisteredPatient } from './register-file.ts';
import { type FileSource, type RecordSource, type ResourceSource, streamOf } from './sources.ts';
import { recordTags } from './tags.ts';

export const FHIR_MEDIA_TYPE = 'application/fhir+json';

export interface PreparedRecord {
  readonly source: string;
  readonly patient: RegisteredPatient;
  readonly amends: Hex32 | null;
  readonly marks: RecordMarks;
  readonly header: RecordHeader;
  readonly open: () => AsyncIterable<Uint8Array>;
}

/**
 * Throws, with the source's name in its data: `RESOURCE_INVALID`, `RESOURCE_TYPE_UNKNOWN`; `VALUE_INVALID` for more
 * labels than a record has room for.
 */
export async function prepareRecord(source: RecordSource, random: RandomBytes): Promise<PreparedRecord> {
  try {
    return source.kind === 'resource' ? await prepareResource(source, random) : prepareFile(source, random);
  } catch (error) {
    if (isConsiliumError(error))
      throw new ConsiliumError(error.code, { ...error.data, source: source.source });
    throw error;
  }
}

async function prepareResource(source: ResourceSource, random: RandomBytes): Promise<PreparedRecord> {
  const { json, patient } = source;
  const resource = parseResource(json);
  const { requireValid } = await import('@consilium/fhir');
  await requireValid(resource);
  const { category, labels, confidentiality, month, emergency, effects } = describeProtected(
    resource,
    source,
  );
  return {
    ...common(source),
    marks: {
      confidentiality,
      month,
      effects,
      emergency: emergency || source.emergency === true,
      tags: recordTags(patient, { category, labels }, random),
      tagGeneration: patient.tagGeneration,
    },
    header: { mediaType: FHIR_MEDIA_TYPE, name: null, bytes: json.length },
    open: () => streamOf(json),
  };
}

/** The JSON value of a resource's bytes. Throws `RESOURCE_INVALID`. */
export function parseResource(json: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch {
    throw new ConsiliumError('RESOURCE_INVALID', { path: '', rule: 'json', findings: 1 });
  }
}

function prepareFile(source: FileSource, random: RandomBytes): PreparedRecord {
  const { patient, mediaType, name, bytes, month, open, category = 'documents' } = source;
  const { labels, confidentiality, effects } = protectionOf(source);
  return {
    ...common(source),
    marks: {
      confidentiality,
      month,
      effects,
      emergency: source.emergency === true,
      tags: recordTags(patient, { category, labels }, random),
      tagGeneration: patient.tagGeneration,
    },
    header: { mediaType, name, bytes },
    open,
  };
}

function common({
  source,
  patient,
  amends,
}: RecordSource): Pick<PreparedRecord, 'source' | 'patient' | 'amends'> {
  return { source, patient, amends: amends ?? null };
}
