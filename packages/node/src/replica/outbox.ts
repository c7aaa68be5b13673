// Owns: telling the peers what one turn of the queue has for them: votes gathered into one message, and nobody is told
// what came from him. Does not own: what is worth telling (agreement's relay effects, helper.ts).
import type { Hex32, Vote } from '@consilium/core';
import {
  encodeMessage,
  type ProposalMessage,
  VOTES_PER_MESSAGE_MAX,
  type WireMessage,
} from '../messages/wire.ts';
import type { Channel, Net } from '../ports.ts';

interface GatheredVote {
  readonly vote: Vote;
  readonly from: Hex32 | null;
}

export class Outbox {
  readonly #self: Hex32;
  readonly #net: Pick<Net, 'connected' | 'send'>;
  #votes: GatheredVote[] = [];
  #source: Hex32 | null = null;

  constructor(self: Hex32, net: Pick<Net, 'connected' | 'send'>) {
    this.#self = self;
    this.#net = net;
  }

  /** What is relayed until the next call came from this peer; null: from this node. */
  setSource(peer: Hex32 | null): void {
    this.#source = peer;
  }

  /** An own vote is for everybody: whose message made this node cast it has not seen it either. */
  relayVote(vote: Vote): void {
    this.#votes.push({ vote, from: vote.validator === this.#self ? null : this.#source });
  }

  relayProposal(message: ProposalMessage): void {
    if (message.proposal.validator === this.#self) this.broadcast(message);
    else this.relay(message);
  }

  relay(message: WireMessage): void {
    const bytes = encodeMessage(message);
    for (const peer of this.#net.connected()) {
      if (peer !== this.#source) this.#net.send(peer, 'agreement', bytes);
    }
  }

  broadcast(message: WireMessage): void {
    const bytes = encodeMessage(message);
    for (const peer of this.#net.connected()) this.#net.send(peer, 'agreement', bytes);
  }

  send(peer: Hex32, message: WireMessage, channel: Channel = 'agreement'): void {
    this.#net.send(peer, channel, encodeMessage(message));
  }

  sendVotes(peer: Hex32, votes: readonly Vote[]): void {
    for (let start = 0; start < votes.length; start += VOTES_PER_MESSAGE_MAX) {
      this.send(peer, { type: 'votes', votes: votes.slice(start, start + VOTES_PER_MESSAGE_MAX) });
    }
  }

  /** At the end of a turn. */
  flush(): void {
    const gathered = this.#votes;
    this.#votes = [];
    this.#source = null;
    if (gathered.length === 0) return;
    for (const peer of this.#net.connected()) {
      const votes = gathered.filter(({ vote, from }) => from !== peer && vote.validator !== peer);
      this.sendVotes(
        peer,
        votes.map(({ vote }) => vote),
      );
    }
  }
}
