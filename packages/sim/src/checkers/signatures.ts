// Owns: checker 8: no honest key ever signs two things for one (height, round, type), restarts included. It sees the
// bytes of every signature.
import type { Hex32 } from '@consilium/core';
import { type History, violate } from '../cluster/history.ts';
import { decodeSigned, type SignedContent } from './signed-content.ts';

export type SignatureChecker = (node: Hex32, bytes: Uint8Array) => SignedContent;

/** Returns what was signed. */
export function createSignatureChecker(history: History): SignatureChecker {
  const signed = new Map<string, string>();
  return (node, bytes) => {
    const content = decodeSigned(bytes);
    const { type, height, round, blockId, validRound } = content;
    const place = `${node} ${type} ${height}/${round}`;
    const said = `${blockId}/${validRound}`;
    const before = signed.get(place);
    if (before !== undefined && before !== said) violate(history, 'double-signing', place);
    signed.set(place, said);
    return content;
  };
}
