// Owns: what arrives from peers: decoding, sorting by height, the checks of inbound.ts, and the way into the queue.
// Does not own: agreement, the pool, sync: each message ends in one of them.
import type { State } from '@consilium/consensus';
import {
  type Certificate,
  decodeTx,
  type Evidence,
  findValidator,
  type Hex32,
  headerId,
  isConsiliumError,
  type SignedProposal,
  type Tx,
  type Vote,
  verifyProposal,
  verifyVote,
  votesOf,
} from '@consilium/core';
import {
  BODIES_ANSWER_BYTES_MAX,
  FUTURE_MESSAGES_PER_HEIGHT_MAX,
  FUTURE_PROPOSALS_PER_HEIGHT_MAX,
  QUEUED_PER_PEER_MAX,
  QUEUED_VALUE_WORK,
} from '../limits.ts';
import type {
  BodiesRequest,
  CertificateMessage,
  ProposalMessage,
  StatusMessage,
  Value,
  ValueRequest,
  WireMessage,
} from '../messages/wire.ts';
import type { Channel, Clock, Kv, Net, Report } from '../ports.ts';
import { BlockServer } from '../sync/serve.ts';
import type { Syncer } from '../sync/syncer.ts';
import type { Agreement } from './agreement.ts';
import { FutureBuffer } from './future-buffer.ts';
import type { Helper } from './helper.ts';
import {
  checkCertificate,
  checkProposal,
  checkValue,
  checkVote,
  type InboundRefusal,
  type InboundRules,
} from './inbound.ts';
import { LaterRounds } from './later-rounds.ts';
import { encodeLogEntry, type LogEntry } from './log-entry.ts';
import type { Outbox } from './outbox.ts';
import type { Pool } from './pool.ts';
import { eachInTurn, type Task } from './task-queue.ts';
import type { ValueDesk } from './value-desk.ts';
import type { ValueWork } from './value-work.ts';

export interface InboxHost {
  enqueue(task: Task): void;
  /** A message under a valid signature of this node's own key came from outside. */
  heardOwn(message: Vote | SignedProposal): void;
  /** Evidence that agreement or a peer found; true when it is new and usable. */
  addEvidence(evidence: Evidence): boolean;
  /** A proposal that passed its checks: kept whole, to be relayed and told again. */
  proposalReceived(message: ProposalMessage): void;
  /** Agreement has looked at it, and keeps it or not. */
  proposalTaken(message: ProposalMessage): void;
  statusHeard(peer: Hex32, status: StatusMessage): void;
  /** A vote of a height that is decided here. */
  votedLate(): void;
}

export interface InboxDeps {
  readonly self: Hex32;
  readonly rules: InboundRules;
  readonly clock: Clock;
  readonly kv: Pick<Kv, 'get'>;
  readonly net: Pick<Net, 'penalize'>;
  readonly report: Report;
  readonly agreement: Agreement;
  readonly values: ValueDesk;
  readonly work: ValueWork;
  readonly pool: Pool;
  readonly syncer: Syncer;
  readonly helper: Helper;
  readonly outbox: Outbox;
  readonly host: InboxHost;
  /** `decodeMessage`, or what answers the same from memory. */
  readonly decodeMessage: (bytes: Uint8Array) => WireMessage;
}

type HeightMessage = { readonly type: 'vote'; readonly vote: Vote } | ProposalMessage | CertificateMessage;

export class Inbox {
  readonly #deps: InboxDeps;
  readonly #futureVotes = new FutureBuffer<HeightMessage>(FUTURE_MESSAGES_PER_HEIGHT_MAX);
  readonly #futureProposals = new FutureBuffer<HeightMessage>(FUTURE_PROPOSALS_PER_HEIGHT_MAX);
  readonly #server: BlockServer;
  readonly #laterRounds = new LaterRounds();
  readonly #queued = new Map<Hex32, number>();

  constructor(deps: InboxDeps) {
    this.#deps = deps;
    const { clock, kv, outbox } = deps;
    this.#server = new BlockServer({
      clock,
      kv,
      send: (peer, answer) => outbox.send(peer, answer, 'sync'),
    });
  }

  stop(): void {
    this.#server.stop();
  }

  forget(peer: Hex32): void {
    this.#futureVotes.forget(peer);
    this.#futureProposals.forget(peer);
    this.#queued.delete(peer);
    this.#server.forget(peer);
  }

  /** A height begins: what came too early for it goes to the end of the queue. */
  begin(height: number): void {
    const due = [...this.#futureProposals.begin(height), ...this.#futureVotes.begin(height)];
    for (const { peer, message, arrivalMs } of due) {
      this.#enqueue(peer, workOf(message), (done) => this.#takeOfHeight(peer, message, arrivalMs, done));
    }
  }

  onMessage(peer: Hex32, channel: Channel, bytes: Uint8Array): void {
    const message = this.#decode(peer, bytes);
    if (message === undefined) return;
    const transactions = message.type === 'transactions';
    if (transactions !== (channel === 'transactions')) return this.#penalize(peer, 'message.wrong-channel');
    this.#dispatch(peer, message);
  }

  #decode(peer: Hex32, bytes: Uint8Array): WireMessage | undefined {
    try {
      return this.#deps.decodeMessage(bytes);
    } catch (error) {
      if (!isConsiliumError(error)) throw error;
      this.#penalize(peer, `message.${error.code}`);
      return undefined;
    }
  }

  #dispatch(peer: Hex32, message: WireMessage): void {
    const { pool, syncer, helper, clock } = this.#deps;
    const arrivalMs = clock.wallMs();
    switch (message.type) {
      case 'transactions':
        return pool.addFromPeer(peer, message.txs);
      case 'votes':
        return this.#enqueue(peer, message.votes.length, (done) =>
          this.#takeVotes(peer, message.votes, done),
        );
      case 'proposal':
      case 'certificate':
        return this.#enqueue(peer, workOf(message), (done) =>
          this.#takeOfHeight(peer, message, arrivalMs, done),
        );
      case 'value':
        return this.#enqueue(peer, QUEUED_VALUE_WORK, (done) => this.#takeValue(peer, message.value, done));
      case 'bodies':
        return this.#enqueue(peer, 1 + message.txs.length, (done) =>
          this.#takeBodies(peer, message.txs, done),
        );
      case 'evidence':
        return this.#enqueue(peer, 2, (done) => this.#takeEvidence(peer, message.evidence, done));
      case 'status':
        this.#deps.host.statusHeard(peer, message);
        helper.onStatus(peer, message);
        return syncer.heard(peer, message);
      case 'value-request':
        return this.#answerValue(peer, message);
      case 'bodies-request':
        return this.#answerBodies(peer, message);
      case 'blocks-request':
        return this.#server.asked(peer, message);
      case 'blocks':
        return syncer.answered(peer, message);
      case 'sync-refusal':
        return syncer.refused(peer, message);
    }
  }

  /** A peer that sends faster than this node takes loses its excess, not the others' messages. */
  #enqueue(peer: Hex32, work: number, task: Task): void {
    const queued = this.#queued.get(peer) ?? 0;
    if (queued > 0 && queued + work > QUEUED_PER_PEER_MAX) return;
    this.#queued.set(peer, queued + work);
    this.#deps.host.enqueue((done) => {
      this.#queued.set(peer, Math.max(0, (this.#queued.get(peer) ?? 0) - work));
      this.#deps.outbox.setSource(peer);
      task(done);
    });
  }

  #takeVotes(peer: Hex32, votes: readonly Vote[], done: () => void): void {
    eachInTurn(votes, (vote, next) => this.#takeOfHeight(peer, { type: 'vote', vote }, 0, next), done);
  }

  #takeOfHeight(peer: Hex32, message: HeightMessage, arrivalMs: number, done: () => void): void {
    const state = this.#deps.agreement.state;
    if (state === undefined) return done();
    const height = heightOf(message);
    const running = state.config.height;
    if (height === running) return this.#takeRunning(peer, state, message, arrivalMs, done);
    this.#noticeElsewhere(state, message);
    if (height > running) {
      const future = message.type === 'proposal' ? this.#futureProposals : this.#futureVotes;
      future.keep(running, height, { peer, message, arrivalMs });
      this.#deps.helper.askForHelp(peer);
    } else if (message.type === 'vote') {
      this.#deps.host.votedLate();
      if (message.vote.validator === peer) this.#deps.helper.helpWithBlock(peer, height);
    }
    done();
  }

  #takeRunning(peer: Hex32, state: State, message: HeightMessage, arrivalMs: number, done: () => void): void {
    const { rules, agreement } = this.#deps;
    if (message.type === 'vote' && !this.#laterRounds.hasRoom(state, message.vote)) return done();
    if (this.#refused(peer, check(rules, state, message))) return done();
    if (message.type === 'proposal') {
      const bytesOf = (): number => encodeLogEntry({ type: 'proposal', message, arrivalMs }).length;
      if (!this.#laterRounds.takeProposal(state, message.proposal, bytesOf)) return done();
      return this.#takeProposal(message, arrivalMs, done);
    }
    if (message.type === 'vote') {
      this.#noticeOwn(message.vote);
      this.#laterRounds.count(state, message.vote);
    } else this.#noticeOwnIn(message.certificate, state);
    agreement.take(entryOf(message), done);
  }

  /** The polka first, then the proposal: each is an input of its own, so that a replay takes the same path. */
  #takeProposal(message: ProposalMessage, arrivalMs: number, done: () => void): void {
    const { agreement, values, host } = this.#deps;
    const { height } = message.proposal;
    this.#noticeOwn(message.proposal);
    if (message.polka !== null) this.#noticeOwnIn(message.polka, agreement.state);
    const propose = (): void => {
      if (agreement.state?.config.height !== height) return done();
      values.add(message.value);
      host.proposalReceived(message);
      agreement.take({ type: 'proposal', message, arrivalMs }, () => {
        if (agreement.state?.config.height === height) host.proposalTaken(message);
        done();
      });
    };
    if (message.polka === null) return propose();
    agreement.take({ type: 'certificate', certificate: message.polka }, propose);
  }

  /** Who signs with this node's key at another height is noticed now, not when that height comes. */
  #noticeElsewhere(state: State, message: HeightMessage): void {
    if (message.type === 'certificate') return;
    const { verify, genesisHash, self } = this.#deps.rules;
    const own = message.type === 'vote' ? message.vote : message.proposal;
    const key = own.validator === self ? findValidator(state.config.validators, self)?.key : undefined;
    if (key === undefined) return;
    const isSigned =
      'type' in own
        ? verifyVote(verify, genesisHash, key, own)
        : verifyProposal(verify, genesisHash, key, own);
    if (isSigned) this.#noticeOwn(own);
  }

  #noticeOwn(message: Vote | SignedProposal): void {
    if (message.validator === this.#deps.self) this.#deps.host.heardOwn(message);
  }

  /** A vote under this node's key may come inside a certificate only. */
  #noticeOwnIn(certificate: Certificate, state: State | undefined): void {
    for (const vote of votesOf(certificate, state?.config.validators ?? [])) this.#noticeOwn(vote);
  }

  #refused(peer: Hex32, refusal: InboundRefusal | undefined): boolean {
    if (refusal?.verdict === 'reject') this.#penalize(peer, refusal.reason);
    return refusal !== undefined;
  }

  #penalize(peer: Hex32, code: string): void {
    this.#deps.report({ level: 'warn', code: 'peer.rejected', peer, reason: code });
    this.#deps.net.penalize(peer, code);
  }

  /** A value asked for by id, for a quorum. One that nobody asked for is not kept. */
  #takeValue(peer: Hex32, value: Value, done: () => void): void {
    const { agreement, values, work, rules } = this.#deps;
    const state = agreement.state;
    const id = headerId(value.header);
    if (state === undefined || !state.done.has(`fetch:${id}`) || state.values.has(id)) return done();
    if (this.#refused(peer, checkValue(value, state.config.height, rules.genesisHash))) return done();
    values.add(value);
    agreement.take({ type: 'value', value }, () => {
      work.retry();
      done();
    });
  }

  #takeBodies(peer: Hex32, bodies: readonly Uint8Array[], done: () => void): void {
    const txs: Tx[] = [];
    for (const bytes of bodies) {
      try {
        txs.push(decodeTx(bytes));
      } catch (error) {
        if (!isConsiliumError(error)) throw error;
        this.#penalize(peer, 'bodies.malformed');
      }
    }
    if (this.#deps.values.addBodies(txs)) this.#deps.work.retry();
    done();
  }

  #takeEvidence(_peer: Hex32, evidence: Evidence, done: () => void): void {
    if (this.#deps.host.addEvidence(evidence)) this.#deps.outbox.relay({ type: 'evidence', evidence });
    done();
  }

  #answerValue(peer: Hex32, { blockId }: ValueRequest): void {
    const value = this.#deps.values.value(blockId);
    if (value !== undefined) this.#deps.outbox.send(peer, { type: 'value', value });
  }

  #answerBodies(peer: Hex32, { height, blockId, txIds }: BodiesRequest): void {
    const { values, outbox } = this.#deps;
    const value = values.value(blockId);
    if (value === undefined) return;
    const txs = withinBytes(bodiesOf(values, value, txIds), BODIES_ANSWER_BYTES_MAX);
    if (txs.length > 0) outbox.send(peer, { type: 'bodies', height, blockId, txs }, 'sync');
  }
}

/** What a message costs to check, in signatures. */
function workOf(message: HeightMessage): number {
  if (message.type === 'vote') return 1;
  if (message.type === 'certificate') return message.certificate.signatures.length;
  return QUEUED_VALUE_WORK + (message.polka?.signatures.length ?? 0);
}

/** Those bodies of the value that are asked for, each once: what else a peer may name is not its to ask here. */
function bodiesOf(values: ValueDesk, value: Value, txIds: readonly Hex32[]): Uint8Array[] {
  const asked = new Set(txIds);
  return [...new Set(value.txIds)].flatMap((txId) => (asked.has(txId) ? (values.body(txId) ?? []) : []));
}

/** As many of the first as fit; the rest is asked for again. */
function withinBytes(items: readonly Uint8Array[], bytesMax: number): readonly Uint8Array[] {
  let bytes = 0;
  const over = items.findIndex((item) => {
    bytes += item.length;
    return bytes > bytesMax;
  });
  return over < 0 ? items : items.slice(0, over);
}

function heightOf(message: HeightMessage): number {
  if (message.type === 'vote') return message.vote.height;
  return message.type === 'proposal' ? message.proposal.height : message.certificate.height;
}

function check(rules: InboundRules, state: State, message: HeightMessage): InboundRefusal | undefined {
  if (message.type === 'vote') return checkVote(rules, state, message.vote);
  if (message.type === 'proposal') return checkProposal(rules, state, message);
  return checkCertificate(rules, state, message.certificate);
}

function entryOf(message: Exclude<HeightMessage, ProposalMessage>): LogEntry {
  return message.type === 'vote' ? message : { type: 'certificate', certificate: message.certificate };
}
