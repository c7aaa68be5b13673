// Owns: dealing this custodian's own shares again to the custodians of a new epoch, when the ledger names it a dealer. The
// polynomial is drawn from the share itself and from what it is dealt for, so that a node that has forgotten what it dealt
// deals the same. Does not own: what recipients do with it.
import {
  BATCHES,
  concat,
  type Dealing,
  deal,
  dealingPayload,
  dealingShape,
  domainTag,
  encode,
  fromHex,
  type Group,
  type Hex32,
  type Hex64,
  randomScalar,
  readRow,
  SCALAR_BYTES,
  type Sha256,
  type StateReader,
  shareInfo,
  toHex,
  type UnsignedDealing,
  uint64Bytes,
} from '@consilium/core';
import { DEALINGS_MAX, DEALINGS_REMEMBERED_MAX, DEALINGS_WAITING_MAX } from '../limits.ts';
import type { DealingMessage, DealingRequest } from '../messages/custody.ts';
import type { Report, SealedShares, Sealer } from '../ports.ts';
import { erasedOnLedger, leavesOut } from './erased-records.ts';
import { openShares, type PackageView } from './package-view.ts';
import { type Transition, transitionOf } from './reshare-transition.ts';
import type { SignStatement } from './types.ts';
import type { Views } from './views.ts';

export interface DealerDeps {
  readonly self: Hex32;
  readonly genesisHash: Hex32;
  readonly state: StateReader;
  readonly group: Group;
  readonly sha256: Sha256;
  readonly sealer: Sealer;
  readonly views: Views;
  readonly sign: SignStatement;
  /** To this node itself as well. */
  readonly give: (peer: Hex32, message: DealingMessage) => void;
  readonly report: Report;
}

const COEFFICIENT_TAG: Uint8Array = domainTag('consilium/redealing/v1');

export class Dealer {
  readonly #deps: DealerDeps;
  /** Encoded dealings, by what they are for. */
  readonly #made = new Map<string, Uint8Array>();
  readonly #making = new Set<string>();
  readonly #waiting: (() => void)[] = [];

  constructor(deps: DealerDeps) {
    this.#deps = deps;
  }

  /** Gives it to the asker; to all recipients when it is made. Nothing where the ledger does not name this node. */
  asked(peer: Hex32, { batch, epoch, from }: DealingRequest): void {
    const { state, self } = this.#deps;
    const transition = transitionOf(state, from);
    if (transition === undefined || transition.to !== epoch || readRow(state, BATCHES, batch)?.epoch !== from)
      return;
    const index = transition.old.findIndex(({ id }) => id === self) + 1;
    if (!transition.dealers.includes(index) || !transition.recipients.some(({ id }) => id === peer)) return;
    const name = `${batch}/${epoch}/${transition.dealers.join()}`;
    const made = this.#made.get(name);
    if (made !== undefined) return this.#give(peer, batch, epoch, made);
    if (this.#making.has(name)) return;
    const start = (): void => this.#make(name, batch, transition, index);
    if (this.#making.size < DEALINGS_MAX) return start();
    if (this.#waiting.length < DEALINGS_WAITING_MAX) this.#waiting.push(start);
  }

  /** Records of this batch are erased: what was made for it holds shares of them. */
  forget(batch: Hex32): void {
    for (const name of [...this.#made.keys()]) if (name.startsWith(`${batch}/`)) this.#made.delete(name);
  }

  stop(): void {
    this.#waiting.length = 0;
    this.#made.clear();
  }

  #give(peer: Hex32, batch: Hex32, epoch: number, bytes: Uint8Array): void {
    this.#deps.give(peer, { type: 'dealing', batch, epoch, bytes });
  }

  #make(name: string, batch: Hex32, transition: Transition, index: number): void {
    if (this.#making.has(name) || this.#made.has(name)) return this.#startNext();
    const { views, report } = this.#deps;
    const view = views.of(batch, transition.from);
    if (view === undefined) return this.#startNext();
    this.#making.add(name);
    const end = (dealing: Dealing | undefined): void => {
      this.#making.delete(name);
      const erased = erasedOnLedger(this.#deps.state, view.content);
      // Of a record that was erased meanwhile nothing leaves; recipients ask again.
      if (dealing !== undefined && !leavesOut(dealing, erased)) return this.#startNext();
      if (dealing === undefined) report({ level: 'warn', code: 'custody.cannot-deal', epoch: transition.to });
      else {
        const bytes = encode(dealingShape, dealing);
        this.#remember(name, bytes);
        for (const { id } of transition.recipients) this.#give(id, batch, transition.to, bytes);
      }
      this.#startNext();
    };
    const erased = erasedOnLedger(this.#deps.state, view.content);
    const positions = [...view.content.records.keys()].filter((position) => !erased.has(position));
    openShares(this.#deps, view, index, positions, (shares) => {
      const whole = new Map<number, Uint8Array>();
      for (const [at, position] of positions.entries())
        if (shares[at] !== undefined) whole.set(position, shares[at]);
      if (whole.size < positions.length) return end(undefined);
      this.#deal(view, transition, index, whole, end);
    });
  }

  #deal(
    { content }: PackageView,
    transition: Transition,
    dealer: number,
    /** By position; of an erased record nothing is dealt. */
    shares: ReadonlyMap<number, Uint8Array>,
    done: (dealing: Dealing | undefined) => void,
  ): void {
    const { group, sealer, sign } = this.#deps;
    const { from, to, dealers, recipients } = transition;
    const { patient, author, batch, records } = content;
    const dealt = records.map((_, position) => {
      const share = shares.get(position);
      if (share === undefined) return undefined;
      return deal(group, share, this.#coefficients(share, batch, transition, position), recipients.length);
    });
    const sealed: SealedShares[] = [];
    const sealNext = (): void => {
      const place = sealed.length;
      const recipient = recipients[place];
      if (recipient === undefined) return finish();
      const info = shareInfo({ patient, author, batch, epoch: to, dealer, custodian: recipient.id });
      const items = dealt.map((each, position) => ({
        aad: fromHex(records[position]?.commitment ?? ''),
        // A place in the list is what a share is opened at: that of an erased record is sealed empty, and left out.
        share: each?.shares[place] ?? new Uint8Array(SCALAR_BYTES),
      }));
      sealer.sealShares(recipient.custodyKey, info, items, (envelope) => {
        if (envelope === undefined) return done(undefined);
        sealed.push(envelope);
        sealNext();
      });
    };
    const finish = (): void => {
      const unsigned: UnsignedDealing = {
        dealer,
        from,
        dealers,
        encs: sealed.map(({ enc }) => enc),
        records: dealt.map((each, position) => ({
          points: (each?.points ?? []).map(toHex),
          shares: each === undefined ? [] : sealed.map((envelope) => envelope.sealed[position] as Uint8Array),
        })),
      };
      const payload = dealingPayload({ ...content, epoch: to }, unsigned);
      const signed = (signature: Hex64 | undefined): void =>
        done(signature === undefined ? undefined : { ...unsigned, signature });
      sign('custodyDealing', payload, signed, from);
    };
    sealNext();
  }

  #coefficients(
    share: Uint8Array,
    batch: Hex32,
    { from, to, dealers, threshold }: Transition,
    position: number,
  ): readonly Uint8Array[] {
    const scope = concat(COEFFICIENT_TAG, share, fromHex(batch), uint64Bytes(from), uint64Bytes(to));
    const place = concat(Uint8Array.from(dealers), uint64Bytes(position));
    const half = (power: number, which: number): Uint8Array =>
      this.#deps.sha256(concat(scope, place, uint64Bytes(power), Uint8Array.of(which)));
    return Array.from({ length: threshold - 1 }, (_, at) => randomScalar(concat(half(at, 0), half(at, 1))));
  }

  #remember(name: string, bytes: Uint8Array): void {
    this.#made.set(name, bytes);
    const [oldest] = this.#made.keys();
    if (this.#made.size > DEALINGS_REMEMBERED_MAX && oldest !== undefined) this.#made.delete(oldest);
  }

  #startNext(): void {
    if (this.#making.size < DEALINGS_MAX) this.#waiting.shift()?.();
  }
}
