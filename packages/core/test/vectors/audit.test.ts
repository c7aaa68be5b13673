import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  type Aggregate,
  auditChainFault,
  auditDetailDigest,
  auditEntryDigest,
  auditEntryShape,
  decode,
  fromHex,
  OBJECT_BYTES_MAX,
  toHex,
  verifyAuditHead,
  verifyBatchEntry,
  ZERO_HASH,
} from '../../src/index.ts';
import type { AuditVectors } from '../kit/vectors/audit.ts';

const vectors = JSON.parse(readFileSync(new URL('audit.json', import.meta.url), 'utf8')) as AuditVectors;
const { entries, root, mapRoot, map } = vectors;
const row: Aggregate = { root, count: entries.length, mapRoot, previous: ZERO_HASH, height: 1, time: 0 };

describe("the published vectors of entries of an institution's own systems", () => {
  it('have details whose digest needs their salt', () => {
    for (const { salt, detail, digest } of vectors.details)
      expect(auditDetailDigest(salt, fromHex(detail))).toBe(digest);
  });

  it('have entries that are read from their bytes, and stand in the batch where they say', () => {
    for (const { entry, bytes, digest, place } of entries) {
      expect(decode(auditEntryShape, fromHex(bytes), OBJECT_BYTES_MAX)).toEqual(entry);
      expect(auditEntryDigest(entry)).toBe(digest);
      expect(verifyBatchEntry(row, entry, place)).toBe(true);
    }
  });

  it('have a map that says how far each chain reaches, and who has none', () => {
    for (const { patient, head, proof } of map) {
      expect(verifyAuditHead(mapRoot, patient, head, proof)).toBe(true);
      const own = entries.map(({ entry }) => entry).filter((entry) => entry.patient === patient);
      if (head === null) expect(own).toEqual([]);
      else expect(auditChainFault(patient, own, head)).toBeUndefined();
    }
    expect(map.map(({ head }) => head?.count ?? 0)).toEqual([3, 2, 0]);
    expect(toHex(fromHex(mapRoot))).toBe(mapRoot);
  });
});
