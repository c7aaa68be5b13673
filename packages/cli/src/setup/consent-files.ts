// Owns: FHIR R4 Consents in a file, one or a Bundle of them, as consents in words. Does not own: what can be held and what is
// refused (the fhir package), what they mean on the ledger (the SDK).
import { ConsiliumError, consentFromFhir, isConsiliumError, type PlainConsent } from '@consilium/sdk';
import type { Io } from '../io.ts';
import { pathOf, readText } from './files.ts';

export interface FiledConsent {
  /** In the file, from 0. */
  readonly position: number;
  readonly consent: PlainConsent;
}

export interface FiledConsents {
  readonly consents: readonly FiledConsent[];
  /** What was taken more strictly than it is written. */
  readonly notes: readonly { readonly position: number; readonly path: string; readonly effect: string }[];
  /** Of resources that count for nothing: not active. */
  readonly inactive: readonly number[];
}

/** Throws `FILE_INVALID`, and with its place in the file what reading a FHIR Consent throws. */
export async function consentsInFile(io: Io, file: string): Promise<FiledConsents> {
  const path = pathOf(io, file);
  const resources = resourcesIn(path, await readText(path));
  const consents: FiledConsent[] = [];
  const notes: FiledConsents['notes'][number][] = [];
  const inactive: number[] = [];
  for (const [position, resource] of resources.entries()) {
    const read = await readAt(path, position, resource);
    if (read.consents.length === 0) inactive.push(position);
    consents.push(...read.consents.map((consent) => ({ position, consent })));
    notes.push(...read.notes.map((note) => ({ position, ...note })));
  }
  return { consents, notes, inactive };
}

async function readAt(file: string, position: number, resource: unknown): ReturnType<typeof consentFromFhir> {
  try {
    return await consentFromFhir(resource);
  } catch (error) {
    if (isConsiliumError(error)) throw new ConsiliumError(error.code, { ...error.data, file, position });
    throw error;
  }
}

interface Bundle {
  readonly resourceType?: unknown;
  readonly entry?: unknown;
}

function resourcesIn(file: string, text: string): readonly unknown[] {
  let parsed: Bundle;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new ConsiliumError('FILE_INVALID', { file, rule: 'JSON' });
  }
  if (parsed?.resourceType !== 'Bundle') return [parsed];
  if (!Array.isArray(parsed.entry)) throw new ConsiliumError('FILE_INVALID', { file, rule: 'no entries' });
  return parsed.entry.map((entry: { readonly resource?: unknown }) => entry?.resource);
}
