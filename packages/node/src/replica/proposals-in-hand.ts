// Owns: the proposals of the running height as they were received, to be passed on. Does not own: which of them agreement
// keeps.
import type { State } from '@consilium/consensus';
import type { SignedProposal } from '@consilium/core';
import type { ProposalMessage } from '../messages/wire.ts';

export class ProposalsInHand {
  readonly #messages = new Map<string, ProposalMessage>();

  add(message: ProposalMessage): void {
    this.#messages.set(nameOf(message.proposal), message);
  }

  get(proposal: SignedProposal): ProposalMessage | undefined {
    return this.#messages.get(nameOf(proposal));
  }

  forgetUnlessKept(proposal: SignedProposal, { proposals }: Pick<State, 'proposals'>): void {
    const kept = (proposals.get(proposal.round) ?? []).some(
      (received) => nameOf(received.proposal) === nameOf(proposal),
    );
    if (!kept) this.#messages.delete(nameOf(proposal));
  }

  clear(): void {
    this.#messages.clear();
  }
}

function nameOf({ round, blockId, validRound }: SignedProposal): string {
  return `${round}/${blockId}/${validRound}`;
}
