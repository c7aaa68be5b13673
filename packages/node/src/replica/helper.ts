// Owns: what one correct node does so that all get what it has (rule 16): status on connecting and every few seconds,
// votes and proposals for who is behind in rounds, the next block for who is behind in heights, own last votes and best
// certificate again and again until the height ends.
import { answerToStatus, rebroadcast, type Shared, type State } from '@consilium/consensus';
import type { Hex32, SignedProposal } from '@consilium/core';
import { HELP_INTERVAL_MS } from '../limits.ts';
import type { ProposalMessage, StatusMessage } from '../messages/wire.ts';
import type { Cancel, Clock, Kv } from '../ports.ts';
import { decidedBlocks } from '../sync/serve.ts';
import { readBase, type Tip } from './chain.ts';
import type { Outbox } from './outbox.ts';

export interface HelperOptions {
  readonly statusMs: number;
  readonly rebroadcastMs: number;
}

export interface HelperDeps {
  readonly clock: Clock;
  readonly kv: Pick<Kv, 'get'>;
  readonly outbox: Outbox;
  readonly tip: () => Tip;
  readonly state: () => State | undefined;
  readonly connected: () => readonly Hex32[];
  /** The whole message of a proposal that agreement keeps. */
  readonly proposalMessage: (proposal: SignedProposal) => ProposalMessage | undefined;
  /** As often as statuses go out. */
  readonly onTick: () => void;
}

export class Helper {
  readonly #deps: HelperDeps;
  readonly #options: HelperOptions;
  readonly #helpedAtMs = new Map<string, number>();
  readonly #offsetsMs = new Map<Hex32, number>();
  #cancels: Cancel[] = [];

  constructor(deps: HelperDeps, options: HelperOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  start(): void {
    this.#every(this.#options.statusMs, () => this.#sendStatusToAll());
    this.#every(this.#options.rebroadcastMs, () => this.#rebroadcast());
  }

  stop(): void {
    for (const cancel of this.#cancels) cancel();
    this.#cancels = [];
  }

  #every(periodMs: number, act: () => void): void {
    const slot = this.#cancels.length;
    const arm = (): void => {
      this.#cancels[slot] = this.#deps.clock.after(periodMs, () => {
        act();
        arm();
      });
    };
    arm();
  }

  status(): StatusMessage | undefined {
    const state = this.#deps.state();
    const tip = this.#deps.tip();
    const round = state?.round ?? 0;
    return {
      type: 'status',
      base: readBase(this.#deps.kv),
      height: tip.height + 1,
      lastBlockId: tip.blockId,
      round,
      awake: state?.awake ?? false,
      timeMs: this.#deps.clock.wallMs(),
    };
  }

  sendStatus(peer: Hex32): void {
    const status = this.status();
    if (status !== undefined) this.#deps.outbox.send(peer, status);
  }

  #sendStatusToAll(): void {
    this.#deps.onTick();
    for (const peer of this.#deps.connected()) this.sendStatus(peer);
  }

  forget(peer: Hex32): void {
    this.#offsetsMs.delete(peer);
    for (const name of ['block', 'status', 'votes']) this.#helpedAtMs.delete(`${name}:${peer}`);
  }

  /** Tells a peer that sent something of a later height where this node stands, so that it helps. */
  askForHelp(peer: Hex32): void {
    if (this.#mayHelp('status', peer)) this.sendStatus(peer);
  }

  /** The peer runs a height that this node has decided: the next block with its certificate. */
  helpWithBlock(peer: Hex32, height: number): void {
    if (!this.#mayHelp('block', peer)) return;
    const blocks = decidedBlocks(this.#deps.kv, height, 1);
    if (blocks.length > 0) this.#deps.outbox.send(peer, { type: 'blocks', requestId: 0, blocks }, 'sync');
  }

  /**
   * Median of how far the clocks of the connected validators are from this one; undefined when fewer than half were heard.
   * Who only follows has no say in what is on time.
   */
  clockOffsetMs(): number | undefined {
    const validators = new Set(this.#deps.state()?.config.validators.map(({ id }) => id));
    const connected = this.#deps.connected().filter((peer) => validators.has(peer));
    const offsets = connected.flatMap((peer) => this.#offsetsMs.get(peer) ?? []).sort((a, b) => a - b);
    if (offsets.length === 0 || 2 * offsets.length < connected.length) return undefined;
    return offsets[Math.floor((offsets.length - 1) / 2)];
  }

  /** How far the clock of each peer that told its time is from this one, travel included. Milliseconds. */
  get clockOffsets(): ReadonlyMap<Hex32, number> {
    return this.#offsetsMs;
  }

  onStatus(peer: Hex32, status: StatusMessage): void {
    this.#offsetsMs.set(peer, status.timeMs - this.#deps.clock.wallMs());
    const running = this.#deps.tip().height + 1;
    if (status.height < running) return this.helpWithBlock(peer, status.height);
    const state = this.#deps.state();
    if (status.height > running || state === undefined || status.round > state.round) return;
    if (this.#mayHelp('votes', peer)) this.#send(peer, answerToStatus(state, status.round));
  }

  #rebroadcast(): void {
    const state = this.#deps.state();
    if (state === undefined || !state.awake) return;
    const shared = rebroadcast(state);
    for (const peer of this.#deps.connected()) this.#send(peer, shared);
  }

  #send(peer: Hex32, { votes, proposals, certificates }: Shared): void {
    const { outbox, proposalMessage } = this.#deps;
    for (const certificate of certificates) outbox.send(peer, { type: 'certificate', certificate });
    for (const proposal of proposals) {
      const message = proposalMessage(proposal);
      if (message !== undefined) outbox.send(peer, message);
    }
    outbox.sendVotes(peer, votes);
  }

  #mayHelp(kind: string, peer: Hex32): boolean {
    const name = `${kind}:${peer}`;
    const now = this.#deps.clock.monotonicMs();
    if (now - (this.#helpedAtMs.get(name) ?? -HELP_INTERVAL_MS) < HELP_INTERVAL_MS) return false;
    this.#helpedAtMs.set(name, now);
    return true;
  }
}
