// Owns: how many new connections a second a listener takes up, before anything is made for them: those of addresses that it
// knows first, each by a measure of its own; of those whose peers are cut off hardly any; all others share one. Does not own: who is known, nor how many stay open
// (http/connections.ts, the gate of peers).
import { BlockList, type SocketAddress } from 'node:net';
import { KNOWN_ADDRESSES_MAX } from '../limits.ts';
import { createMeter, createRateLimit, type Meter, type RateLimit, type TakeTokens } from './rate-limit.ts';

export interface DoorstepDeps {
  readonly monotonicMs: () => number;
  /** An address that was let in before, or at which somebody is expected. */
  readonly knows: (address: string) => boolean;
  /** An address from which only peers came that are let in no more for a while. */
  readonly bars?: (address: string) => boolean;
  /** Of the others: who is cut off hears it at the gate, when one gets that far. */
  readonly onRefused?: () => void;
}

export interface ArrivalBounds {
  /** Of all unknown addresses together. */
  readonly newcomers: RateLimit;
  /** Of each known address. */
  readonly known: RateLimit;
  /** Of each address that is barred: some may share it with one that is. Without it: none. */
  readonly barred?: RateLimit;
}

/**
 * Asked by Node.js of each connection while it is still a number of the kernel's. What is refused costs a twentieth of what
 * a socket and its first bytes cost; an ordinary list of addresses could not be kept against an attacker with many.
 */
export class Doorstep extends BlockList {
  readonly #deps: DoorstepDeps;
  readonly #newcomers: Meter;
  readonly #takeKnown: TakeTokens;
  readonly #takeBarred: TakeTokens | undefined;

  constructor(deps: DoorstepDeps, { newcomers, known, barred }: ArrivalBounds) {
    super();
    this.#deps = deps;
    this.#newcomers = createMeter(deps, newcomers, 1);
    this.#takeKnown = createRateLimit(deps, known, KNOWN_ADDRESSES_MAX);
    this.#takeBarred = barred && createRateLimit(deps, barred, KNOWN_ADDRESSES_MAX);
  }

  /** True: closed at once. */
  override check(address: string | SocketAddress): boolean {
    const host = addressOf(typeof address === 'string' ? address : address.address);
    if (this.#deps.bars?.(host) === true)
      return this.#takeBarred === undefined || this.#takeBarred(host, 1) > 0;
    const waitMs = this.#deps.knows(host) ? this.#takeKnown(host, 1) : this.#newcomers.take('', 1);
    if (waitMs > 0) this.#deps.onRefused?.();
    return waitMs > 0;
  }

  /** What one of an address that is not known turned out to cost, beside its connection. */
  chargeNewcomer(cost: number): void {
    this.#newcomers.charge('', cost);
  }
}

/** An IPv4 address as such, however the listener sees it. */
export function addressOf(address: string): string {
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
}
