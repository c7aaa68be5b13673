// Owns: telling the peers what one turn of the queue has for them: own votes at once and in one message; what came from
// others is passed on a moment later, gathered, and not to who has it already by what it signed (rule 16); what speaks
// against the own vote leaves at once. Does not own:
// what is worth telling (agreement's relay effects, helper.ts).
import type { Hex32, SignedProposal, Vote } from '@consilium/core';
import { RELAY_GATHER_MS } from '../limits.ts';
import {
  encodeMessage,
  type ProposalMessage,
  VOTES_PER_MESSAGE_MAX,
  type WireMessage,
} from '../messages/wire.ts';
import type { Cancel, Channel, Clock, Net } from '../ports.ts';

interface Relayed<T> {
  readonly what: T;
  /** Whoever it came from has it. */
  readonly from: Hex32 | null;
}

export interface OutboxDeps {
  readonly self: Hex32;
  readonly net: Pick<Net, 'connected' | 'send'>;
  readonly clock: Pick<Clock, 'after'>;
}

export class Outbox {
  readonly #deps: OutboxDeps;
  #ownVotes: Vote[] = [];
  #votes: Relayed<Vote>[] = [];
  #proposals: Relayed<ProposalMessage>[] = [];
  readonly #seen = new SeenByVotes();
  /** The own last vote of each type. */
  readonly #cast = new Map<Vote['type'], Vote>();
  #source: Hex32 | null = null;
  #gathering: Cancel | undefined;

  constructor(deps: OutboxDeps) {
    this.#deps = deps;
  }

  /** Nothing that was gathered leaves any more. */
  stop(): void {
    this.#gathering?.();
    this.#gathering = undefined;
    this.#ownVotes = [];
    this.#votes = [];
    this.#proposals = [];
  }

  /** What is relayed until the next call came from this peer; null: from this node. */
  setSource(peer: Hex32 | null): void {
    this.#source = peer;
  }

  /** An own vote is for everybody: whose message made this node cast it has not seen it either. */
  relayVote(vote: Vote): void {
    if (vote.validator === this.#deps.self) {
      this.#ownVotes.push(vote);
      this.#cast.set(vote.type, vote);
      return;
    }
    this.#seen.add(vote);
    this.#votes.push({ what: vote, from: this.#source });
    this.#gather();
  }

  relayProposal(message: ProposalMessage): void {
    if (message.proposal.validator === this.#deps.self) return this.broadcast(message);
    this.#proposals.push({ what: message, from: this.#source });
    this.#gather();
  }

  relay(message: WireMessage): void {
    this.#sendToAll(message, (peer) => peer !== this.#source);
  }

  broadcast(message: WireMessage): void {
    this.#sendToAll(message, () => true);
  }

  send(peer: Hex32, message: WireMessage, channel: Channel = 'agreement'): void {
    this.#deps.net.send(peer, channel, encodeMessage(message));
  }

  sendVotes(peer: Hex32, votes: readonly Vote[]): void {
    for (const message of votesMessages(votes)) this.send(peer, message);
  }

  /** At the end of a turn. */
  flush(): void {
    const own = this.#ownVotes;
    this.#ownVotes = [];
    this.#source = null;
    for (const message of votesMessages(own)) this.broadcast(message);
    this.#passOnOdd();
  }

  /** Who votes otherwise than this node may vote otherwise to others as well: they must hear of it while the height runs. */
  #passOnOdd(): void {
    const { odd: proposals, rest } = parted(this.#proposals, ({ proposal }) =>
      this.#seen.isDisputed(proposal),
    );
    this.#proposals = rest;
    this.#tellProposals(proposals);
    const votes = parted(this.#votes, (vote) => this.#isOdd(vote));
    this.#votes = votes.rest;
    this.#tellVotes(votes.odd);
  }

  #isOdd({ type, height, round, blockId }: Vote): boolean {
    const own = this.#cast.get(type);
    return own?.height === height && own.round === round && own.blockId !== blockId;
  }

  #sendToAll(message: WireMessage, isFor: (peer: Hex32) => boolean): void {
    const { net } = this.#deps;
    const peers = net.connected().filter(isFor);
    if (peers.length === 0) return;
    const bytes = encodeMessage(message);
    for (const peer of peers) net.send(peer, 'agreement', bytes);
  }

  /** Nearly always every peer hears the signer itself meanwhile, and shows by its next vote that it did. */
  #gather(): void {
    this.#gathering ??= this.#deps.clock.after(RELAY_GATHER_MS, () => {
      this.#gathering = undefined;
      this.#passOn();
    });
  }

  #passOn(): void {
    const proposals = this.#proposals;
    const gathered = this.#votes;
    this.#proposals = [];
    this.#votes = [];
    this.#tellProposals(proposals);
    this.#tellVotes(gathered);
  }

  #tellProposals(gathered: readonly Relayed<ProposalMessage>[]): void {
    for (const { what, from } of gathered)
      this.#sendToAll(what, (peer) => peer !== from && !this.#seen.hasProposal(peer, what.proposal));
  }

  #tellVotes(gathered: readonly Relayed<Vote>[]): void {
    if (gathered.length === 0) return;
    for (const peer of this.#deps.net.connected()) {
      const news = gathered.filter(
        ({ what, from }) => from !== peer && what.validator !== peer && !this.#seen.hasPolka(peer, what),
      );
      this.sendVotes(
        peer,
        news.map(({ what }) => what),
      );
    }
  }
}

interface Parted<T> {
  readonly odd: Relayed<T>[];
  readonly rest: Relayed<T>[];
}

function parted<T>(relayed: readonly Relayed<T>[], isOdd: (what: T) => boolean): Parted<T> {
  const parts: Parted<T> = { odd: [], rest: [] };
  for (const each of relayed) (isOdd(each.what) ? parts.odd : parts.rest).push(each);
  return parts;
}

function* votesMessages(votes: readonly Vote[]): Generator<WireMessage> {
  for (let start = 0; start < votes.length; start += VOTES_PER_MESSAGE_MAX)
    yield { type: 'votes', votes: votes.slice(start, start + VOTES_PER_MESSAGE_MAX) };
}

type Place = Pick<Vote, 'height' | 'round' | 'blockId'>;
type VotedFor = Place & Pick<Vote, 'validRound'>;

/**
 * What validators have by their own last word: who voted for a value has its proposal, and who precommitted it has a
 * quorum of prevotes for it. Votes for anything else are still told, so that double votes come to light.
 */
class SeenByVotes {
  readonly #prevotes = new Map<Hex32, VotedFor>();
  readonly #precommits = new Map<Hex32, VotedFor>();

  add(vote: Vote): void {
    const { validator, blockId, type } = vote;
    if (blockId === null) return;
    (type === 'prevote' ? this.#prevotes : this.#precommits).set(validator, vote);
  }

  hasProposal(validator: Hex32, proposal: SignedProposal): boolean {
    const voted = this.#prevotes.get(validator);
    return isAt(voted, proposal) && voted?.validRound === proposal.validRound;
  }

  /** Whether somebody voted for another value in its round: its proposer may have proposed two. */
  isDisputed({ height, round, blockId }: SignedProposal): boolean {
    for (const voted of this.#prevotes.values())
      if (voted.height === height && voted.round === round && voted.blockId !== blockId) return true;
    return false;
  }

  hasPolka(validator: Hex32, vote: Vote): boolean {
    return vote.type === 'prevote' && isAt(this.#precommits.get(validator), vote);
  }
}

function isAt(voted: Place | undefined, { height, round, blockId }: Place): boolean {
  return voted?.height === height && voted.round === round && voted.blockId === blockId;
}
