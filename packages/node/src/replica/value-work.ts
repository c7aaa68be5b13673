// Owns: the work on values that agreement asks for: building a fresh one, fetching one by id, gathering its bodies,
// executing it. Answers come back as inputs at the end of the queue. Does not own: what a verdict leads to.
import type { Effect, Verdict } from '@consilium/consensus';
import type { Block, ErrorCode, Evidence, Hex32, Tx } from '@consilium/core';
import { FETCH_RETRY_MS } from '../limits.ts';
import { REQUEST_IDS_MAX, type WireMessage } from '../messages/wire.ts';
import type { Cancel, Clock, Kv } from '../ports.ts';
import { readCertificateOfTip } from './chain.ts';
import type { LedgerDesk } from './ledger-desk.ts';
import type { LogEntry } from './log-entry.ts';
import type { ValueDesk } from './value-desk.ts';

type BuildEffect = Extract<Effect, { type: 'build' }>;

export interface ValueWorkHost {
  /** An input of the running height, for the end of the queue. */
  input(entry: LogEntry): void;
  /** An execution that a decision was waiting for is there. */
  executed(id: Hex32): void;
  candidates(txsMax: number, txBytesMax: number): readonly Tx[];
  pendingEvidence(): readonly Evidence[];
  refuseTxs(refused: ReadonlyMap<Hex32, ErrorCode>): void;
  refuseEvidence(evidence: Evidence): void;
  /** Verifies the signatures of a value's bodies in slices, so that votes are not stuck behind them. */
  verifyAhead(bodies: readonly Uint8Array[], done: () => void): Cancel;
  /** Connected peers, those likely to have the value first. */
  peersFor(id: Hex32): readonly Hex32[];
  send(peer: Hex32, message: WireMessage): void;
}

export interface ValueWorkDeps {
  readonly self: Hex32;
  readonly clock: Clock;
  readonly kv: Kv;
  readonly ledger: LedgerDesk;
  readonly values: ValueDesk;
  readonly host: ValueWorkHost;
}

/** A value that is being fetched or whose bodies are being gathered. */
interface Wanted {
  attempts: number;
  cancel: Cancel;
}

export class ValueWork {
  readonly #deps: ValueWorkDeps;
  readonly #wanted = new Map<Hex32, Wanted>();
  /** Values whose signatures are being verified. */
  readonly #verifying = new Map<Hex32, Cancel>();
  readonly #judged = new Map<Hex32, Verdict>();
  #height = 0;
  #cancelBuild: Cancel = () => undefined;

  constructor(deps: ValueWorkDeps) {
    this.#deps = deps;
  }

  begin(height: number): void {
    this.stop();
    this.#height = height;
    this.#judged.clear();
  }

  stop(): void {
    this.#cancelBuild();
    for (const { cancel } of this.#wanted.values()) cancel();
    this.#wanted.clear();
    for (const cancel of this.#verifying.values()) cancel();
    this.#verifying.clear();
  }

  /** A fresh value takes this node's clock as its time, once that is past the parent's (section 3, "Block time"). */
  build(effect: BuildEffect): void {
    const { clock, ledger } = this.#deps;
    const waitMs = ledger.tip.time + 1 - clock.wallMs();
    this.#cancelBuild();
    this.#cancelBuild = clock.after(Math.max(0, waitMs), () => {
      if (clock.wallMs() <= ledger.tip.time) this.build(effect);
      else this.#buildNow(effect);
    });
  }

  #buildNow({ round, txsMax, txBytesMax }: BuildEffect): void {
    const { self, clock, kv, ledger, values, host } = this.#deps;
    const built = ledger.build({
      author: self,
      time: clock.wallMs(),
      lastCertificate: readCertificateOfTip(kv, ledger.tip),
      evidence: host.pendingEvidence(),
      candidates: host.candidates(txsMax, txBytesMax),
      txsMax,
      txBytesMax,
    });
    if (built.refused.size > 0) host.refuseTxs(built.refused);
    for (const { evidence } of built.refusedEvidence) host.refuseEvidence(evidence);
    const id = values.addBlock(built.block);
    values.setExecution(id, built.execution);
    const value = values.value(id);
    if (value !== undefined) host.input({ type: 'built', round, value });
  }

  /** Executes the value as soon as every body is in hand; asks for what is missing. */
  validate(id: Hex32): void {
    if (!this.#advance(id)) this.#want(id);
  }

  /** Fetches a value by id for a quorum whose proposal agreement does not hold. */
  fetch(id: Hex32): void {
    const value = this.#deps.values.value(id);
    if (value === undefined) this.#want(id);
    else this.#deps.host.input({ type: 'value', value });
  }

  /** New values or bodies came: try again what waited for them. */
  retry(): void {
    for (const id of [...this.#wanted.keys()]) if (this.#advance(id)) this.#forget(id);
  }

  /** Whether nothing is missing for the verdict on this value: it is there, or on its way. */
  #advance(id: Hex32): boolean {
    const { values, host } = this.#deps;
    const judged = this.#judged.get(id);
    if (judged !== undefined) return this.#judge(id, judged);
    if (values.execution(id) !== undefined) return this.#executed(id);
    if (this.#verifying.has(id)) return true;
    const block = values.block(id);
    if (block === undefined) return false;
    this.#verifying.set(id, () => undefined);
    const cancel = host.verifyAhead(block.txs, () => this.#execute(id, block));
    if (this.#verifying.has(id)) this.#verifying.set(id, cancel);
    return true;
  }

  #execute(id: Hex32, block: Block): void {
    this.#verifying.delete(id);
    const execution = this.#deps.ledger.execute(block);
    if (execution === undefined) {
      this.#judge(id, 'invalid');
      return;
    }
    this.#deps.values.setExecution(id, execution);
    this.#executed(id);
  }

  #executed(id: Hex32): true {
    this.#deps.host.executed(id);
    return this.#judge(id, 'valid');
  }

  #judge(id: Hex32, verdict: Verdict): true {
    this.#judged.set(id, verdict);
    this.#deps.host.input({ type: 'verdict', id, verdict });
    return true;
  }

  #want(id: Hex32): void {
    if (this.#wanted.has(id)) return;
    const wanted: Wanted = { attempts: 0, cancel: () => undefined };
    this.#wanted.set(id, wanted);
    this.#ask(id, wanted);
  }

  #forget(id: Hex32): void {
    this.#wanted.get(id)?.cancel();
    this.#wanted.delete(id);
  }

  /** The likeliest holders first, then, every retry, all the others in turn. */
  #ask(id: Hex32, wanted: Wanted): void {
    const { clock, values, host } = this.#deps;
    if (this.#advance(id)) return this.#forget(id);
    const peers = host.peersFor(id);
    const count = Math.min(peers.length, wanted.attempts === 0 ? 2 : peers.length);
    for (const peer of peers.slice(0, count)) {
      if (values.value(id) === undefined) {
        host.send(peer, { type: 'value-request', height: this.#height, blockId: id });
      } else {
        const txIds = values.missing(id).slice(0, REQUEST_IDS_MAX);
        if (txIds.length > 0)
          host.send(peer, { type: 'bodies-request', height: this.#height, blockId: id, txIds });
      }
    }
    wanted.attempts += 1;
    wanted.cancel = clock.after(FETCH_RETRY_MS, () => this.#ask(id, wanted));
  }
}
