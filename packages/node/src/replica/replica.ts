// Owns: the daemon's portable heart: one queue with one consumer that takes messages, timeouts and answers in, drives
// agreement, and commits what is decided, by own agreement or by sync, at one point. No lock, no await, no re-entry.
// Does not own: sockets, files, HTTP (adapters), the rules of agreement (consensus) and of the ledger (core).
import type { Effect, HeightConfig } from '@consilium/consensus';
import {
  ACCOUNTS,
  accusedOf,
  type Block,
  type ConsiliumError,
  type Evidence,
  type Execution,
  type Hex32,
  sha256,
  toHex,
  votesOf,
} from '@consilium/core';
import type { Skip } from '../mempool/skips.ts';
import { decodeMessage, type ProposalMessage } from '../messages/wire.ts';
import { Arrival } from '../signing/arrival.ts';
import { Syncer, type SyncHost } from '../sync/syncer.ts';
import { Agreement, type AgreementHost } from './agreement.ts';
import { blockRoom } from './block-room.ts';
import type { Committing } from './block-run.ts';
import { tipOf } from './chain.ts';
import { type CommittedBy, Committer, type CommitterHost } from './committer.ts';
import { EvidencePool } from './evidence-pool.ts';
import { type HeightFacts, heightFactsOf } from './facts.ts';
import { Helper, type HelperOptions } from './helper.ts';
import { Inbox } from './inbox.ts';
import type { LogEntry, LoggedEntry } from './log-entry.ts';
import { Outbox } from './outbox.ts';
import { ProposalsInHand } from './proposals-in-hand.ts';
import { SigningRight } from './signing-right.ts';
import { type Task, TaskQueue } from './task-queue.ts';
import { encodeTransactions } from './tx-batches.ts';
import type { ReplicaDeps, ReplicaStatus } from './types.ts';
import { UpgradeNews } from './upgrade-news.ts';
import { ValueDesk } from './value-desk.ts';
import { ValueWork, type ValueWorkHost } from './value-work.ts';
import { Watch } from './watch.ts';

export type * from './types.ts';

export class Replica {
  readonly #deps: ReplicaDeps;
  readonly #queue: TaskQueue;
  readonly #outbox: Outbox;
  readonly #values: ValueDesk;
  readonly #work: ValueWork;
  readonly #agreement: Agreement;
  readonly #committer: Committer;
  readonly #evidence = new EvidencePool();
  readonly #syncer: Syncer;
  readonly #helper: Helper;
  readonly #inbox: Inbox;
  readonly #watch: Watch;
  readonly #proposals = new ProposalsInHand();
  readonly #right: SigningRight;
  readonly #upgrades: UpgradeNews;
  readonly #arrival: Arrival;
  #stopped = false;

  constructor(deps: ReplicaDeps, options: HelperOptions) {
    this.#deps = deps;
    const { self, clock, kv, net, report, ledger, pool, log, signer, ledgerDeps } = deps;
    this.#watch = new Watch({ self, clock, report });
    this.#right = new SigningRight({
      ...deps,
      diverged: () => this.#committer.diverged,
      arrived: () => this.#arrival.isOver,
    });
    this.#upgrades = new UpgradeNews({ ledger, report });
    this.#outbox = new Outbox({ self, net, clock });
    this.#queue = new TaskQueue(() => this.#outbox.flush());
    this.#values = new ValueDesk(pool);
    this.#work = new ValueWork({ self, clock, kv, ledger, values: this.#values, host: this.#workHost() });
    this.#arrival = new Arrival({
      ...{ self, clock, report },
      running: () => ledger.nextHeight(),
      votedAt: (validator) => this.#watch.heardOf(validator)?.height,
      onOver: (height, aheadUnproven) => {
        if (!aheadUnproven) this.#deps.guard.arrived(height);
        this.#signWaiting();
      },
    });
    const gated = this.#arrival.gate(signer);
    this.#agreement = new Agreement({ self, log, signer: gated, clock, report, host: this.#agreementHost() });
    const { verify, genesisHash, sha256: engine = sha256 } = ledgerDeps;
    const values = this.#values;
    const host = this.#committerHost();
    this.#committer = new Committer({
      ...{ kv, ledger, values, verify, report, host },
      sha256: engine,
    });
    this.#syncer = new Syncer({ clock, report, host: this.#syncHost() });
    this.#helper = new Helper(
      {
        clock,
        kv,
        outbox: this.#outbox,
        tip: () => ledger.tip,
        state: () => this.#agreement.state,
        connected: () => net.connected(),
        proposalMessage: (proposal) => this.#proposals.get(proposal),
        onTick: () => this.#tick(),
      },
      options,
    );
    this.#inbox = new Inbox({
      self,
      rules: { genesisHash, verify, self },
      clock,
      kv,
      net,
      report,
      agreement: this.#agreement,
      values: this.#values,
      work: this.#work,
      pool,
      syncer: this.#syncer,
      helper: this.#helper,
      outbox: this.#outbox,
      decodeMessage: deps.decodeMessage ?? decodeMessage,
      host: {
        enqueue: (task) => this.#queue.enqueue(task),
        heardOwn: (message) => {
          const heldByLog = this.#agreement.holdsOwn(message);
          if (this.#right.heardOwn(message, heldByLog) === 'foreign') this.#agreement.mute();
        },
        addEvidence: (evidence) => this.#addEvidence(evidence),
        proposalReceived: (message) => this.#proposals.add(message),
        proposalTaken: (message) => this.#forgetUnless(message),
        votedLate: () => this.#watch.votedLate(),
        statusHeard: (peer, { height }) => this.#arrival.heard(peer, height - 1),
      },
    });
  }

  /** `logged`: what the log of the running height holds; empty when it begins anew. */
  start(logged: readonly LoggedEntry[]): void {
    const { net, ledger } = this.#deps;
    this.#queue.enqueue((done) => {
      if (logged.length > 0) this.#restore(logged, done);
      else {
        this.#beginHeight();
        done();
      }
    });
    net.admit(ledger.admitted());
    net.start({
      onMessage: (peer, channel, message) => this.#inbox.onMessage(peer, channel, message),
      onConnect: (peer) => this.#onConnect(peer),
      onDisconnect: (peer) => this.#onDisconnect(peer),
    });
    this.#helper.start();
  }

  /** Nothing is sent or written by the replica after this; writes under way end by themselves. */
  stop(): void {
    this.#stopped = true;
    this.#committer.stop();
    this.#queue.stop();
    this.#helper.stop();
    this.#work.stop();
    this.#syncer.stop();
    this.#inbox.stop();
    this.#arrival.stop();
    this.#outbox.stop();
    this.#agreement.stop();
  }

  /** The pool has taken a transaction: agreement is woken, and values that lacked it are looked at. */
  poolGrew(): void {
    if (this.#stopped) return;
    this.#work.retry();
    this.#offerWork();
  }

  /** Whoever signs for this node was away and is back. */
  signerReturned(): void {
    if (!this.#stopped) this.#signWaiting();
  }

  status(): ReplicaStatus {
    const state = this.#agreement.state;
    const { tip, liarsMax } = this.#deps.ledger;
    return {
      tip,
      round: state?.round ?? 0,
      step: state?.step ?? 'decided',
      awake: state?.awake ?? false,
      signing: this.#right.mode(),
      permission: this.#deps.guard.maySign(tip.height + 1),
      diverged: this.#committer.diverged,
      protocol: this.#deps.ledger.protocol(),
      claimedTip: this.#syncer.credibleTip(liarsMax),
      clockOffsetMs: this.#helper.clockOffsetMs(),
    };
  }

  /** Where the running height stands, for people. */
  heightFacts(): HeightFacts {
    const { self, clock, ledger } = this.#deps;
    const { height, validators } = ledger.nextHeight();
    this.#watch.work(this.#hasWork());
    return heightFactsOf({
      self,
      nowMs: clock.monotonicMs(),
      height,
      validators,
      state: this.#agreement.state,
      hasWork: this.#hasWork(),
      timer: this.#agreement.nextTimer,
      logFull: this.#agreement.isLogFull,
      watch: this.#watch,
      clockOffsets: this.#helper.clockOffsets,
    });
  }

  /** Timeouts that agreement took since the start, by kind. */
  timeouts(): Watch['timeouts'] {
    return this.#watch.timeouts;
  }

  lateVotes(): number {
    return this.#watch.lateVotes;
  }

  #signWaiting(): void {
    this.#queue.enqueue((done) => this.#agreement.signWaiting(done));
  }

  #tick(): void {
    const { ledger, ledgerDeps } = this.#deps;
    const state = this.#agreement.state;
    this.#arrival.look();
    this.#watch.work(this.#hasWork());
    this.#watch.tick({
      validators: ledger.nextHeight().validators,
      state,
      clockOffsetMs: this.#helper.clockOffsetMs(),
      precisionMs: (state?.config.params ?? ledgerDeps.genesis.params).precisionMs,
    });
  }

  #beginHeight(): void {
    if (this.#stopsBefore()) return;
    const config = this.#heightConfig();
    this.#prepareHeight(config.height);
    this.#agreement.begin(config, this.#right.maySign(config.height));
    this.#inbox.begin(config.height);
    this.#offerWork();
  }

  #restore(logged: readonly LoggedEntry[], done: () => void): void {
    this.#upgrades.tell();
    const config = this.#heightConfig();
    this.#prepareHeight(config.height);
    this.#agreement.restore(config, this.#right.maySign(config.height), logged, () => {
      this.#offerWork();
      done();
    });
  }

  #heightConfig(): HeightConfig {
    const { ledger, self } = this.#deps;
    return { ...ledger.nextHeight(), self };
  }

  /** A height whose rules this node does not know is not begun: no vote, no block by sync, no guess. */
  #stopsBefore(): boolean {
    const unsupported = this.#deps.ledger.unsupported();
    if (unsupported !== undefined) this.#fail(unsupported, 'upgrade.stopped');
    else this.#upgrades.tell();
    return unsupported !== undefined;
  }

  #prepareHeight(height: number): void {
    this.#arrival.look();
    this.#watch.heightBegan(this.#deps.ledger.nextHeight().validators);
    this.#values.clear();
    this.#proposals.clear();
    this.#work.begin(height);
    this.#committer.beginHeight();
  }

  /** Work is a transaction or evidence that this node itself could put into a block now. */
  #offerWork(): void {
    const state = this.#agreement.state;
    if (state === undefined || state.hasWork || !this.#hasWork()) return;
    this.#watch.work(true);
    this.#input({ type: 'work' });
  }

  #hasWork(): boolean {
    return this.#deps.pool.hasWork() || this.#evidence.pending().length > 0;
  }

  /** An input for the running height, at the end of the queue; one that comes too late for it is nothing. */
  #input(entry: LogEntry): void {
    const height = this.#agreement.state?.config.height;
    this.#queue.enqueue((done) => {
      if (this.#agreement.state?.config.height !== height) return done();
      if (entry.type === 'work' && (this.#agreement.state?.hasWork === true || !this.#hasWork()))
        return done();
      this.#agreement.take(entry, done);
    });
  }

  #agreementHost(): AgreementHost {
    return {
      enqueue: (task: Task) => this.#queue.enqueue(task),
      perform: (effect) => this.#perform(effect),
      decide: (effect, done) => this.#committer.decide(effect, done),
      value: (id) => this.#values.value(id),
      blockBytes: (id) => this.#values.blockBytes(id),
      addValue: (value) => this.#values.add(value),
      addBlockBytes: (bytes) => this.#values.addBlockBytes(bytes),
      proposed: (message) => this.#proposals.add(message),
      fail: (error) => this.#fail(error),
      stepped: (entry, state) => this.#watch.stepped(entry, state),
    };
  }

  #perform(effect: Exclude<Effect, { type: 'sign' | 'decide' | 'schedule' }>): void {
    switch (effect.type) {
      case 'relay-vote':
        return this.#outbox.relayVote(effect.vote);
      case 'relay-proposal': {
        const message = this.#proposals.get(effect.proposal);
        return message === undefined ? undefined : this.#outbox.relayProposal(message);
      }
      case 'relay-certificate':
        return this.#outbox.relay({ type: 'certificate', certificate: effect.certificate });
      case 'build':
        return this.#work.build(effect);
      case 'validate':
        return this.#work.validate(effect.id);
      case 'fetch':
        return this.#work.fetch(effect.id);
      case 'evidence':
        if (this.#addEvidence(effect.evidence))
          this.#outbox.broadcast({ type: 'evidence', evidence: effect.evidence });
        return undefined;
      case 'diverged':
        return this.#committer.diverge(effect.id);
    }
  }

  #workHost(): ValueWorkHost {
    const { pool, net } = this.#deps;
    return {
      input: (entry) => this.#input(entry),
      executed: (id) => this.#committer.executed(id),
      candidates: (txsMax, txBytesMax) => pool.select(txsMax, txBytesMax),
      pendingEvidence: () => this.#evidence.pending(),
      refuseTxs: (refused) => pool.refuse(refused),
      refuseEvidence: (evidence) => this.#evidence.remove(evidence),
      verifyAhead: (bodies, done) => pool.verifyAhead(bodies, done),
      peersFor: (id) => this.#peersFor(id, net.connected()),
      send: (peer, message) => this.#outbox.send(peer, message),
    };
  }

  /** Bodies and values are asked for from the author and from everybody who voted for the value, then from the rest. */
  #peersFor(id: Hex32, connected: readonly Hex32[]): readonly Hex32[] {
    const likely = new Set<Hex32>();
    const author = this.#values.value(id)?.header.author;
    if (author !== undefined) likely.add(author);
    for (const votes of this.#agreement.state?.votes.values() ?? []) {
      for (const cast of [...votes.prevote.values(), ...votes.precommit.values()].flat()) {
        if (cast.blockId === id) likely.add(cast.validator);
      }
    }
    return [...connected].sort((a, b) => Number(likely.has(b)) - Number(likely.has(a)));
  }

  /** What agreement did not keep is not kept here either: an equivocator's third proposal costs no memory. */
  #forgetUnless({ proposal }: ProposalMessage): void {
    const state = this.#agreement.state;
    if (state === undefined) return;
    this.#proposals.forgetUnlessKept(proposal, state);
    if (!state.values.has(proposal.blockId)) this.#values.remove(proposal.blockId);
  }

  #addEvidence(evidence: Evidence): boolean {
    // Who is accused here already costs no signature check again.
    if (this.#evidence.accuses(accusedOf(evidence))) return false;
    if (this.#deps.ledger.evidenceRefusal(evidence) !== undefined || !this.#evidence.add(evidence))
      return false;
    this.#deps.report({
      level: 'warn',
      code: 'evidence.found',
      type: evidence.type,
      accused: accusedOf(evidence),
    });
    this.#offerWork();
    return true;
  }

  #committerHost(): CommitterHost {
    return {
      enqueue: (task) => this.#queue.enqueue(task),
      endHeight: () => {
        this.#agreement.stop();
        this.#work.stop();
      },
      committed: (blocks, by) => this.#committed(blocks, by),
      polkas: () => this.#agreement.state?.polkas ?? [],
      gather: (id) => this.#work.validate(id),
      fail: (error) => this.#fail(error),
    };
  }

  /** The ledger stands at the last of them, as the store does, before anybody hears of the first. */
  #committed(blocks: readonly Committing[], by: CommittedBy): void {
    const { ledger, net } = this.#deps;
    for (const { decided } of blocks) ledger.committed(tipOf(decided.block.header), decided.execution.txs);
    const skips = blocks.map((each) => this.#leavePool(each, by));
    this.#evidence.keep((evidence) => ledger.evidenceRefusal(evidence) === undefined);
    net.admit(ledger.admitted());
    for (const [index, each] of blocks.entries()) this.#tellCommitted(each, skips[index] ?? [], by);
    this.#beginHeight();
  }

  /** What of the pool this block could have taken and left out, by a decision that this node saw. */
  #leavePool({ decided, height }: Committing, by: CommittedBy): readonly Skip[] {
    const { execution, block } = decided;
    const skips = this.#deps.pool.committed({
      txIds: execution.txs.map((tx) => tx.id),
      changedAccounts: changedAccounts(execution),
      room: blockRoom(decided, height.params),
    });
    const seen = by === 'decision' ? skips : [];
    if (seen.length > 0) this.#reportSkips(block, seen);
    return seen;
  }

  #tellCommitted({ decided, height }: Committing, skips: readonly Skip[], by: CommittedBy): void {
    const { guard, onCommit, self } = this.#deps;
    const { block, certificate, execution } = decided;
    const hasVoted = votesOf(certificate, height.validators).some(({ validator }) => validator === self);
    if (hasVoted) guard.foundCommitted(certificate.height, certificate.round);
    const { height: at, blockId } = tipOf(block.header);
    guard.heightBegan(at + 1, by);
    onCommit({ block, blockId, certificate, execution, skips, by });
  }

  #reportSkips({ header }: Block, skips: readonly Skip[]): void {
    const [oldest] = skips;
    const { height, author } = header;
    const facts = { height, author, txs: skips.length, oldestMs: oldest?.ageMs ?? 0 };
    this.#deps.report({ level: 'warn', code: 'block.skipped', ...facts });
  }

  #syncHost(): SyncHost {
    const { net, ledger } = this.#deps;
    return {
      tipHeight: () => ledger.tip.height,
      send: (peer, request) => this.#outbox.send(peer, request, 'sync'),
      penalize: (peer, code) => net.penalize(peer, code),
      apply: (blocks, done) =>
        this.#queue.enqueue((next) =>
          this.#committer.apply(blocks, (result) => {
            next();
            done(result);
          }),
        ),
    };
  }

  #onConnect(peer: Hex32): void {
    this.#watch.linked(peer, true);
    const { net, pool } = this.#deps;
    this.#helper.sendStatus(peer);
    for (const bytes of encodeTransactions(pool.pending())) net.send(peer, 'transactions', bytes);
    for (const evidence of this.#evidence.pending()) this.#outbox.send(peer, { type: 'evidence', evidence });
  }

  #onDisconnect(peer: Hex32): void {
    this.#watch.linked(peer, false);
    this.#inbox.forget(peer);
    this.#helper.forget(peer);
    this.#syncer.forget(peer);
  }

  #fail(error: ConsiliumError, code: 'replica.failed' | 'upgrade.stopped' = 'replica.failed'): void {
    if (this.#stopped) return;
    this.#deps.report({ ...error.data, level: 'error', code, reason: error.code });
    this.stop();
    this.#deps.onFailure(error);
  }
}

function changedAccounts(execution: Execution): Hex32[] {
  return execution.changes.flatMap(({ table, key }) => (table === ACCOUNTS.number ? [toHex(key)] : []));
}
