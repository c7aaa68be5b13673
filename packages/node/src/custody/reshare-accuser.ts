// Owns: whom this custodian accuses of dealing falsely or not at all, once per change, until the ledger has it. Does not
// own: the conviction (the ledger), how a lie is found (reshare-check.ts).
import {
  actionOf,
  CUSTODY_ACCUSATIONS,
  dealersOf,
  type Hex32,
  readRow,
  type StateReader,
} from '@consilium/core';
import { RESHARE_SUBMIT_AGAIN_MS } from '../limits.ts';
import type { Clock, Report } from '../ports.ts';
import type { Transition } from './reshare-transition.ts';
import type { CustodyDeps } from './types.ts';

export interface AccuserDeps {
  readonly self: Hex32;
  readonly state: StateReader;
  readonly clock: Clock;
  readonly report: Report;
  readonly submit: CustodyDeps['submit'];
}

interface Accusation {
  readonly from: number;
  readonly to: number;
  readonly dealer: Hex32;
  submittedMs: number;
}

export class Accuser {
  readonly #deps: AccuserDeps;
  readonly #accusations = new Map<string, Accusation>();

  constructor(deps: AccuserDeps) {
    this.#deps = deps;
  }

  accuse(dealer: Hex32, { from, to }: Transition, why: 'false' | 'silent'): void {
    const name = `${from}/${to}/${dealer}`;
    if (this.#accusations.has(name)) return;
    this.#accusations.set(name, { from, to, dealer, submittedMs: Number.NEGATIVE_INFINITY });
    this.#deps.report({ level: 'warn', code: `custody.dealer-${why}`, dealer, from, to });
    this.tick();
  }

  /** Changes to other epochs are over. */
  begin(epoch: number): void {
    for (const [name, { to }] of this.#accusations) if (to !== epoch) this.#accusations.delete(name);
  }

  get count(): number {
    return this.#accusations.size;
  }

  tick(): void {
    const { state, clock, self, submit } = this.#deps;
    const nowMs = clock.monotonicMs();
    for (const accusation of this.#accusations.values()) {
      const { from, to, dealer, submittedMs } = accusation;
      if (nowMs < submittedMs + RESHARE_SUBMIT_AGAIN_MS) continue;
      const accusers = readRow(state, CUSTODY_ACCUSATIONS, from, to, dealer) ?? [];
      if (accusers.includes(self)) continue;
      if (!dealersOf(state, from, to).includes(dealer)) continue;
      accusation.submittedMs = nowMs;
      submit(actionOf('custody.accuse', { from, to, dealer }));
    }
  }
}
