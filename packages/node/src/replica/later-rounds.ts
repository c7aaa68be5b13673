// Owns: how many votes for later rounds of its height one validator may have taken in while this node stays in a round.
// Each is logged and relayed, and a faulty one could raise its round for ever. Honest validators do not go on alone: S of
// them take this node along (rule 11), and then counting begins anew.
import type { State } from '@consilium/consensus';
import type { Hex32, Vote } from '@consilium/core';
import { LATER_VOTES_PER_ROUND_MAX } from '../limits.ts';

export class LaterRounds {
  readonly #taken = new Map<Hex32, number>();
  #height = 0;
  #round = 0;

  hasRoom(state: State, vote: Vote): boolean {
    this.#follow(state);
    return vote.round <= state.round || (this.#taken.get(vote.validator) ?? 0) < LATER_VOTES_PER_ROUND_MAX;
  }

  /** The vote's signature holds: before that anybody could use up another's room. */
  count(state: State, vote: Vote): void {
    this.#follow(state);
    if (vote.round > state.round) this.#taken.set(vote.validator, (this.#taken.get(vote.validator) ?? 0) + 1);
  }

  #follow({ round, config: { height } }: State): void {
    if (height === this.#height && round === this.#round) return;
    this.#height = height;
    this.#round = round;
    this.#taken.clear();
  }
}
