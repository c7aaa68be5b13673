// Owns: how many votes and proposals for later rounds of its height one validator may have taken in. Each is logged and
// relayed, and a faulty one could raise its round for ever and fill the log. Honest validators do not go on alone: S of
// them take this node along (rule 11), and then counting in the round begins anew.
import type { State } from '@consilium/consensus';
import type { Hex32, Vote } from '@consilium/core';
import {
  LATER_PROPOSAL_BYTES_PER_HEIGHT_MAX,
  LATER_VOTES_PER_HEIGHT_MAX,
  LATER_VOTES_PER_ROUND_MAX,
} from '../limits.ts';

/** The author and round of a proposal. */
interface Proposed {
  readonly validator: Hex32;
  readonly round: number;
}

export class LaterRounds {
  readonly #inRound = new Map<Hex32, number>();
  readonly #inHeight = new Map<Hex32, number>();
  readonly #proposalBytes = new Map<Hex32, number>();
  #height = 0;
  #round = 0;

  hasRoom(state: State, { round, validator }: Vote): boolean {
    this.#follow(state);
    if (round <= state.round) return true;
    const inHeight = this.#inHeight.get(validator) ?? 0;
    return (
      (this.#inRound.get(validator) ?? 0) < LATER_VOTES_PER_ROUND_MAX && inHeight < LATER_VOTES_PER_HEIGHT_MAX
    );
  }

  /** The vote's signature holds: before that anybody could use up another's room. */
  count(state: State, { round, validator }: Vote): void {
    this.#follow(state);
    if (round <= state.round) return;
    add(this.#inRound, validator, 1);
    add(this.#inHeight, validator, 1);
  }

  /** The proposal's signature holds. `bytesOf`: as it would be logged. Counts it if there is room. */
  takeProposal(state: State, { round, validator }: Proposed, bytesOf: () => number): boolean {
    this.#follow(state);
    if (round <= state.round) return true;
    const bytes = bytesOf();
    if ((this.#proposalBytes.get(validator) ?? 0) + bytes > LATER_PROPOSAL_BYTES_PER_HEIGHT_MAX) return false;
    add(this.#proposalBytes, validator, bytes);
    return true;
  }

  #follow({ round, config: { height } }: State): void {
    if (height === this.#height && round === this.#round) return;
    if (height !== this.#height) {
      this.#inHeight.clear();
      this.#proposalBytes.clear();
    }
    this.#height = height;
    this.#round = round;
    this.#inRound.clear();
  }
}

function add(counts: Map<Hex32, number>, validator: Hex32, more: number): void {
  counts.set(validator, (counts.get(validator) ?? 0) + more);
}
