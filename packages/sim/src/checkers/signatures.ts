// Owns: checker 8: no honest key ever signs two things for one (height, round, type), restarts included. It sees the
// bytes of every signature.
import {
  DOMAIN_TAG_BYTES,
  DOMAINS,
  decode,
  domainTag,
  equalBytes,
  HASH_BYTES,
  type Hex32,
  OBJECT_BYTES_MAX,
  proposalContentShape,
  toHex,
  voteContentShape,
} from '@consilium/core';
import { type History, violate } from '../cluster/history.ts';

export type SignatureChecker = (node: Hex32, bytes: Uint8Array) => void;

export function createSignatureChecker(history: History): SignatureChecker {
  const signed = new Map<string, string>();
  return (node, bytes) => {
    const place = `${node} ${placeOf(bytes)}`;
    const content = toHex(bytes);
    const before = signed.get(place);
    if (before !== undefined && before !== content) violate(history, 'double-signing', place);
    signed.set(place, content);
  };
}

function placeOf(bytes: Uint8Array): string {
  const tag = bytes.subarray(0, DOMAIN_TAG_BYTES);
  const payload = bytes.subarray(DOMAIN_TAG_BYTES + HASH_BYTES);
  if (equalBytes(tag, domainTag(DOMAINS.vote))) {
    const { type, height, round } = decode(voteContentShape, payload, OBJECT_BYTES_MAX);
    return `${type} ${height}/${round}`;
  }
  const { height, round } = decode(proposalContentShape, payload, OBJECT_BYTES_MAX);
  return `proposal ${height}/${round}`;
}
