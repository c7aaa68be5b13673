// Owns: what can be made a record, as its owner hands it over. Does not own: reading files (node-only).
import type { Confidentiality, Hex32, StatutoryEffect } from '@consilium/core';
import type { RegisteredPatient } from './register-file.ts';

interface Source {
  /** Where its owner finds it again: in results and refusals. Never leaves the client. */
  readonly source: string;
  readonly patient: RegisteredPatient;
  /** The record that this is a new version of. */
  readonly amends?: Hex32 | undefined;
  /** In the emergency dataset, whatever it says itself: what is recent, for instance. */
  readonly emergency?: boolean | undefined;
  /** Besides those that a resource says itself: of the Bundle it was in, of the version it amends. */
  readonly labels?: readonly string[] | undefined;
  /** The least. Default: what a resource says, N for a file, and R with a label. */
  readonly confidentiality?: Confidentiality | undefined;
  /** Besides those that the labels bring. */
  readonly effects?: readonly StatutoryEffect[] | undefined;
}

/** A FHIR R4 resource as JSON, sealed to the byte. It is validated and described by itself. */
export interface ResourceSource extends Source {
  readonly kind: 'resource';
  readonly json: Uint8Array;
}

/** Any other content, of any size. Nothing of it is looked at. */
export interface FileSource extends Source {
  readonly kind: 'file';
  readonly mediaType: string;
  readonly name: string | null;
  /** Length of the content. */
  readonly bytes: number;
  /** The content from its beginning; the same on every call, which may be several. */
  readonly open: () => AsyncIterable<Uint8Array>;
  /** Month of the data (`year * 12 + month - 1`); null when it is not known. */
  readonly month: number | null;
  /** Default: `documents`. */
  readonly category?: string | undefined;
}

export type RecordSource = ResourceSource | FileSource;

/** Content in memory as a stream. */
export async function* streamOf(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes;
}
