// Owns: what a signature of agreement says, from the bytes that it covers.
import {
  DOMAIN_TAG_BYTES,
  DOMAINS,
  decode,
  domainTag,
  equalBytes,
  HASH_BYTES,
  OBJECT_BYTES_MAX,
  type ProposalContent,
  proposalContentShape,
  type VoteContent,
  voteContentShape,
} from '@consilium/core';

export type SignedContent = VoteContent | (ProposalContent & { readonly type: 'proposal' });

const VOTE_TAG = domainTag(DOMAINS.vote);

export function decodeSigned(bytes: Uint8Array): SignedContent {
  const payload = bytes.subarray(DOMAIN_TAG_BYTES + HASH_BYTES);
  if (equalBytes(bytes.subarray(0, DOMAIN_TAG_BYTES), VOTE_TAG)) {
    return decode(voteContentShape, payload, OBJECT_BYTES_MAX);
  }
  return { type: 'proposal', ...decode(proposalContentShape, payload, OBJECT_BYTES_MAX) };
}
