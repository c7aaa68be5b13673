// Owns: what only the holder of a validator's key can make: its signature under any vote or proposal, and values that
// differ from a good one. Does not own: when such things are sent.
import {
  type Hex32,
  type Hex64,
  headerId,
  NO_ROUND,
  type ProposalContent,
  proposalPayload,
  type SignedProposal,
  signedBytes,
  type Vote,
  type VoteContent,
  votePayload,
} from '@consilium/core';
import type { ProposalMessage, Value } from '@consilium/node/replica';

export interface ForgeDeps {
  /** Account id of the institution. */
  readonly self: Hex32;
  readonly genesisHash: Hex32;
  /** By its validator key. Deterministic, as Ed25519 is. */
  sign(bytes: Uint8Array): Hex64;
}

export interface Forge {
  vote(content: VoteContent): Vote;
  proposal(content: ProposalContent): SignedProposal;
  /** The proposal of another value for the same height and round. */
  proposing(message: ProposalMessage, value: Value): ProposalMessage;
}

export function createForge({ self, genesisHash, sign }: ForgeDeps): Forge {
  const vote = ({ type, height, round, blockId, validRound }: VoteContent): Vote => {
    const content = { type, height, round, blockId, validRound };
    const signature = sign(signedBytes('vote', genesisHash, votePayload(content)));
    return { ...content, validator: self, signature };
  };
  const proposal = ({ height, round, blockId, validRound }: ProposalContent): SignedProposal => {
    const content = { height, round, blockId, validRound };
    const bytes = signedBytes('proposal', genesisHash, proposalPayload(content));
    return { ...content, validator: self, signature: sign(bytes) };
  };
  return {
    vote,
    proposal,
    proposing: (message, value) => {
      const { height, round } = message.proposal;
      const content = { height, round, blockId: headerId(value.header), validRound: NO_ROUND };
      return { type: 'proposal', proposal: proposal(content), value, polka: null };
    },
  };
}

/** As valid as the first one: the time of a block that carries no evidence stands in no row of state. */
export function laterValue(value: Value, byMs = 1): Value {
  return { ...value, header: { ...value.header, time: value.header.time + byMs } };
}
