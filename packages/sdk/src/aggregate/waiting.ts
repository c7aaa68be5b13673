// Owns: one entry of an institution's own systems as it waits for its batch, and the chunks in which such entries are kept,
// one line each, so that a line that was not wholly written is noticed. Does not own: the files (node-only/audit-store).
import {
  AUDIT_ACTIONS,
  type AuditFact,
  auditActorShape,
  type Hex32,
  hashHex,
  hex16,
  hex32,
  indexShape,
  list,
  nullable,
  oneOf,
  purposeShape,
  type Shape,
  struct,
  timeMs,
  utf8,
} from '@consilium/core';
import { AUDIT_CHUNK_ENTRIES_MAX, AUDIT_CHUNK_LENGTH_MAX } from '../limits.ts';
import { jsonOfShape } from '../shaped-json.ts';

/** The salt lets its holder show what the digest of the detail is of; destroyed, the digest means nothing. */
export interface WaitingEntry extends AuditFact {
  readonly salt: Hex32;
  /** Stands for what its system calls it, so that it is not taken twice; null where it has no name. */
  readonly key: string | null;
}

/** Entries that were made durable together. `first`: the number of the first one among all of the institution, from 0. */
export interface WaitingChunk {
  readonly first: number;
  readonly entries: readonly WaitingEntry[];
}

const chunkShape: Shape<WaitingChunk> = struct<WaitingChunk>({
  first: indexShape,
  entries: list(
    struct<WaitingEntry>({
      time: timeMs,
      patient: hex32,
      actor: auditActorShape,
      action: oneOf(...AUDIT_ACTIONS),
      purpose: purposeShape,
      detail: hex32,
      salt: hex32,
      key: nullable(hex16),
    }),
    AUDIT_CHUNK_ENTRIES_MAX,
    1,
  ),
});

const CHECK_LENGTH = 16;

/** `CHECK JSON`: 8 bytes of the hash of the rest. */
export function formatWaitingChunk(chunk: WaitingChunk): string {
  const body = JSON.stringify(chunk);
  return `${checkOf(body)} ${body}`;
}

/** undefined: not, or not wholly, what `formatWaitingChunk` wrote. */
export function parseWaitingChunk(line: string): WaitingChunk | undefined {
  if (line.length > AUDIT_CHUNK_LENGTH_MAX) return undefined;
  const body = line.slice(CHECK_LENGTH + 1);
  if (line !== `${checkOf(body)} ${body}`) return undefined;
  return jsonOfShape(chunkShape, body);
}

function checkOf(body: string): string {
  return hashHex(utf8(body)).slice(0, CHECK_LENGTH);
}
