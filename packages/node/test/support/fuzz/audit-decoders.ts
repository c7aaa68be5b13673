// The decoders of what stands around the audit log: an institution's own entries, their store and their proofs; agreements
// and what reports are made with.
import type { Hex32 } from '@consilium/core';
import { createAuditMap } from '../../../../sdk/src/aggregate/audit-map.ts';
import { buildAuditBatch, formatAuditBatch, parseAuditBatch } from '../../../../sdk/src/aggregate/batch.ts';
import { parseEntryInput } from '../../../../sdk/src/aggregate/entry-input.ts';
import { formatAuditHeads, parseAuditHeads } from '../../../../sdk/src/aggregate/heads-file.ts';
import { formatEntriesFile, parseEntriesFile } from '../../../../sdk/src/aggregate/proof-file.ts';
import { formatWaitingChunk, parseWaitingChunk } from '../../../../sdk/src/aggregate/waiting.ts';
import { AGREEMENT_KIND, parseAgreement } from '../../../../sdk/src/consents/agreements.ts';
import {
  DELEGATE_KIND,
  formatDelegateFile,
  parseDelegateFile,
} from '../../../../sdk/src/consents/delegate-file.ts';
import { parseAuditStore } from '../../../../sdk/src/node-only/audit-store/layout.ts';
import { parseCommitted, parseSending } from '../../../../sdk/src/node-only/audit-store/progress.ts';
import { NAME_BOOK_KIND, parseNameBook } from '../../../../sdk/src/reports/name-book.ts';
import { parseTemplate, TEMPLATE_KIND } from '../../../../sdk/src/reports/processing.ts';
import type { Decoder } from './decoder.ts';
import { textDecoderOf } from './make.ts';

const ID: Hex32 = 'ba'.repeat(32);

const LINE = JSON.stringify({
  time: '2026-11-26T10:15:00+01:00',
  patient: ID,
  actor: 'user',
  action: 'R',
  purpose: 'TREAT',
  detail: { form: 1 },
});
const DEPS = {
  actorSecret: ID,
  random: (length: number) => new Uint8Array(length).fill(9),
  pseudonymOf: () => undefined,
};
const ENTRY = parseEntryInput(LINE, DEPS);
const MAP = createAuditMap();
const BATCH = buildAuditBatch(MAP, { index: 0, first: 0 }, [ENTRY, ENTRY]);
const PROOF = formatEntriesFile({
  head: {
    kind: 'consilium-audit-entries',
    version: 1,
    genesis: ID,
    institution: ID,
    patient: ID,
    claim: 'one',
  },
  steps: [],
  headers: [],
  institutions: [],
  counts: [],
  batches: [],
  map: [{ head: MAP.headOf(ID), proof: MAP.prove(ID) }],
  entries: BATCH.entries.map(({ entry }) => ({
    entry,
    batch: 0,
    place: { index: 0, size: 2, path: [ID] },
    salt: null,
  })),
});

const fileOf = (kind: string, more: object): string => JSON.stringify({ kind, version: 1, ...more });

export const AUDIT_DECODERS: readonly Decoder[] = [
  textDecoderOf('sdk/src/aggregate/entry-input.ts#parseEntryInput', [LINE], (line) =>
    parseEntryInput(line, DEPS),
  ),
  textDecoderOf(
    'sdk/src/aggregate/waiting.ts#parseWaitingChunk',
    [formatWaitingChunk({ first: 7, entries: [ENTRY] })],
    parseWaitingChunk,
    formatWaitingChunk,
  ),
  textDecoderOf('sdk/src/aggregate/batch.ts#parseAuditBatch', [formatAuditBatch(BATCH)], parseAuditBatch),
  textDecoderOf(
    'sdk/src/aggregate/heads-file.ts#parseAuditHeads',
    [formatAuditHeads({ batches: 1, entries: 2, map: MAP })],
    parseAuditHeads,
  ),
  textDecoderOf('sdk/src/aggregate/proof-file.ts#parseEntriesFile', [PROOF], parseEntriesFile),
  textDecoderOf(
    'sdk/src/node-only/audit-store/layout.ts#parseAuditStore',
    [
      fileOf('consilium-audit-store', {
        genesis: ID,
        institution: ID,
        actorSecret: ID,
        begins: { batches: 2, mapRoot: ID },
      }),
    ],
    parseAuditStore,
  ),
  textDecoderOf(
    'sdk/src/node-only/audit-store/progress.ts#parseCommitted',
    [fileOf('consilium-audit-committed', { batches: 3 })],
    parseCommitted,
  ),
  textDecoderOf(
    'sdk/src/node-only/audit-store/progress.ts#parseSending',
    [fileOf('consilium-audit-sending', { batch: 3, tx: 'ab'.repeat(40) })],
    parseSending,
  ),
  textDecoderOf(
    'sdk/src/consents/agreements.ts#parseAgreement',
    [
      fileOf(AGREEMENT_KIND, {
        genesis: ID,
        patient: ID,
        project: 'P1',
        terms: [{ text: 'a term', salt: ID }],
      }),
    ],
    parseAgreement,
  ),
  textDecoderOf(
    'sdk/src/consents/delegate-file.ts#parseDelegateFile',
    [
      formatDelegateFile({
        kind: DELEGATE_KIND,
        version: 1,
        genesis: ID,
        institution: ID,
        patient: ID,
        tagSecret: ID,
        tagGeneration: 1,
      }),
    ],
    parseDelegateFile,
  ),
  textDecoderOf(
    'sdk/src/reports/name-book.ts#parseNameBook',
    [fileOf(NAME_BOOK_KIND, { names: { [ID]: { name: 'A', address: null } } })],
    parseNameBook,
  ),
  textDecoderOf(
    'sdk/src/reports/processing.ts#parseTemplate',
    [fileOf(TEMPLATE_KIND, { contact: ['Spitalweg 1'] })],
    parseTemplate,
  ),
];
