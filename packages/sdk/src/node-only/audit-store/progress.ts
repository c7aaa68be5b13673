// Owns: how far the batches of a store have come: decided, signed for, committed. Does not own: the batches themselves.
import { stat } from 'node:fs/promises';
import { ConsiliumError, INDEX_MAX, TX_BYTES_MAX, toHex, tryFromHex } from '@consilium/core';
import { parseObject } from '../../keys/key-file.ts';
import { errnoOf, onDisk, readIfThere, writeDurable } from './durable-files.ts';
import { type AuditStore, batchPath, committedPath, sendingPath } from './layout.ts';

export const AUDIT_COMMITTED_KIND = 'consilium-audit-committed';
export const AUDIT_SENDING_KIND = 'consilium-audit-sending';

export interface Progress {
  /** Batches that are known to stand on the ledger: those before this index. */
  readonly committed: number;
  /** Batches there are: the same, or one more. */
  readonly decided: number;
}

export async function readProgress({ folder, begins }: AuditStore): Promise<Progress> {
  const bytes = await readIfThere(committedPath(folder));
  const committed = bytes === undefined ? begins.batches : parseCommitted(bytes.toString('utf8'));
  const pending = await isThere(batchPath(folder, committed));
  return { committed, decided: pending ? committed + 1 : committed };
}

async function isThere(path: string): Promise<boolean> {
  return onDisk(path, async () => {
    try {
      return (await stat(path)).isFile();
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return false;
      throw error;
    }
  });
}

/** How many. Throws `FILE_INVALID`. */
export function parseCommitted(text: string): number {
  const { version, batches } = parseObject(text, AUDIT_COMMITTED_KIND);
  if (version !== 1 || !isIndex(batches)) throw malformed(AUDIT_COMMITTED_KIND);
  return batches;
}

export function writeCommitted(store: string, batches: number): Promise<void> {
  const facts = { kind: AUDIT_COMMITTED_KIND, version: 1, batches };
  return writeDurable(committedPath(store), `${JSON.stringify(facts)}\n`);
}

/** The transaction that was signed for a batch. */
export interface Sending {
  readonly batch: number;
  readonly tx: Uint8Array;
}

/** undefined when none was signed for this batch. */
export async function readSending(store: string, batch: number): Promise<Uint8Array | undefined> {
  const bytes = await readIfThere(sendingPath(store));
  const sending = bytes === undefined ? undefined : parseSending(bytes.toString('utf8'));
  return sending?.batch === batch ? sending.tx : undefined;
}

/** Throws `FILE_INVALID`. */
export function parseSending(text: string): Sending {
  const { version, batch, tx } = parseObject(text, AUDIT_SENDING_KIND);
  const bytes = typeof tx === 'string' && tx.length <= 2 * TX_BYTES_MAX ? tryFromHex(tx) : undefined;
  if (version !== 1 || !isIndex(batch) || bytes === undefined) throw malformed(AUDIT_SENDING_KIND);
  return { batch, tx: bytes };
}

export function writeSending(store: string, { batch, tx }: Sending): Promise<void> {
  const facts = { kind: AUDIT_SENDING_KIND, version: 1, batch, tx: toHex(tx) };
  return writeDurable(sendingPath(store), `${JSON.stringify(facts)}\n`);
}

function isIndex(raw: unknown): raw is number {
  return Number.isSafeInteger(raw) && (raw as number) >= 0 && (raw as number) <= INDEX_MAX;
}

function malformed(kind: string): ConsiliumError {
  return new ConsiliumError('FILE_INVALID', { kind, rule: 'form' });
}
