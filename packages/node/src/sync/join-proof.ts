// Owns: proving that a snapshot's block stands on the chain that the operator trusts (S4): every change of the set since
// genesis by certificates, the link between the trusted block and the snapshot's, and the certificate of the latter. Does
// not own: what the snapshot holds.
import {
  advanceAll,
  advanceLight,
  decodeLightSteps,
  type Genesis,
  type Header,
  type Hex32,
  headerId,
  isConsiliumError,
  isValidCertificate,
  type LightState,
  type LightStep,
  lightGenesis,
  type ValidatorSet,
  type Verify,
  validatorSetHash,
} from '@consilium/core';
import { SNAPSHOT_HEADERS_MAX } from '../limits.ts';
import type { SnapshotAnswer, WindowBlock } from '../messages/snapshot.ts';
import type { Report } from '../ports.ts';
import type { Fetcher, Verdict } from './fetcher.ts';
import type { Trust } from './join-rows.ts';
import { isWholeBlock } from './join-window.ts';

export interface Proof {
  /** Every change of the set up to the snapshot's block. */
  readonly steps: readonly LightStep[];
  readonly block: WindowBlock;
}

/** `unproven`: this snapshot cannot be used; whoever lied is charged already. `unknown`: nobody shows the trusted block. */
export type ProofFailure = 'unproven' | 'unknown';

export interface ProofDeps {
  readonly fetcher: Fetcher;
  readonly genesis: Genesis;
  readonly verify: Verify;
  readonly report: Report;
}

export function proveSnapshot(
  deps: ProofDeps,
  header: Header,
  trust: Trust,
  done: (result: Proof | ProofFailure) => void,
): void {
  new SnapshotProof(deps, header, trust, done).start();
}

class SnapshotProof {
  readonly #deps: ProofDeps;
  readonly #header: Header;
  readonly #trust: Trust;
  readonly #done: (result: Proof | ProofFailure) => void;
  readonly #steps: LightStep[] = [];
  /** Who showed the steps: a change left out is noticed only at their end. */
  readonly #guides = new Set<Hex32>();
  readonly #sets: { readonly from: number; readonly set: ValidatorSet }[] = [];
  #light: LightState;

  constructor(deps: ProofDeps, header: Header, trust: Trust, done: (result: Proof | ProofFailure) => void) {
    this.#deps = deps;
    this.#header = header;
    this.#trust = trust;
    this.#done = done;
    this.#light = lightGenesis(deps.genesis);
    this.#sets.push({ from: 1, set: this.#light.nextValidators });
  }

  start(): void {
    if (this.#header.genesis !== this.#light.genesis) return this.#done('unproven');
    this.#askSteps(0);
  }

  #askSteps(from: number): void {
    this.#deps.fetcher.fetch({
      request: (requestId) => ({ type: 'steps-request', requestId, from }),
      take: (answer, peer) => this.#takeSteps(from, answer, peer),
      nobody: () => this.#done('unproven'),
    });
  }

  #takeSteps(from: number, answer: SnapshotAnswer, peer: Hex32): Verdict {
    if (answer.type !== 'steps') return 'absent';
    const steps = tryOr(() => decodeLightSteps(answer.steps));
    if (steps === undefined) return 'false';
    const last = steps.at(-1)?.header.height ?? from;
    const changes = steps.filter(
      ({ header, nextValidators }) => header.height <= this.#header.height && nextValidators !== null,
    );
    const light = tryOr(() => advanceAll(this.#light, changes, this.#deps.verify));
    if (light === undefined) return 'false';
    const arrived = last >= this.#header.height;
    // It is behind the snapshot.
    if (!arrived && changes.length === 0) return 'absent';
    this.#guides.add(peer);
    this.#light = light;
    for (const step of changes) {
      this.#steps.push(step);
      this.#sets.push({ from: step.header.height + 1, set: step.nextValidators ?? [] });
    }
    if (arrived) this.#checkSets();
    else this.#askSteps(last);
    return 'taken';
  }

  /** The sets that the snapshot's header names are those that the steps lead to, or a change was left out. */
  #checkSets(): void {
    const { height } = this.#header;
    if (!this.#namesSets(this.#header)) return this.#misled();
    const id = headerId(this.#header);
    const { height: trusted, blockId } = this.#trust;
    if (trusted > height) return this.#link(trusted, blockId);
    if (trusted < height) return this.#link(height, id);
    if (id === blockId) this.#askBlock();
    else this.#done('unproven');
  }

  #setAt(height: number): ValidatorSet {
    return this.#sets.findLast(({ from }) => from <= height)?.set ?? [];
  }

  #namesSets({ height, validatorsHash, nextValidatorsHash }: Header): boolean {
    return (
      validatorsHash === validatorSetHash(this.#setAt(height)) &&
      nextValidatorsHash === validatorSetHash(this.#setAt(height + 1))
    );
  }

  #misled(): void {
    for (const peer of this.#guides) this.#deps.fetcher.blame(peer, 'steps-incomplete');
    this.#done('unproven');
  }

  /**
   * From the higher of the two blocks down to the lower one by parent hashes, each page checked as it comes. Certificates
   * alone would be the word of those who hold the keys of a set today.
   */
  #link(top: number, expected: Hex32): void {
    const lower = this.#lower();
    const from = Math.max(lower.height + 1, top - SNAPSHOT_HEADERS_MAX + 1);
    const count = top - from + 1;
    this.#deps.fetcher.fetch({
      request: (requestId) => ({ type: 'headers-request', requestId, from, count }),
      take: (answer) => this.#takeLink(top, expected, count, answer),
      nobody: () => this.#done(this.#isOlder() ? 'unknown' : 'unproven'),
    });
  }

  /** Whether the snapshot is older than the trusted block, so that the link begins at what is known to be true. */
  #isOlder(): boolean {
    return this.#header.height < this.#trust.height;
  }

  #lower(): Trust {
    const { height } = this.#header;
    return this.#isOlder() ? { height, blockId: headerId(this.#header) } : this.#trust;
  }

  #takeLink(top: number, expected: Hex32, count: number, answer: SnapshotAnswer): Verdict {
    if (answer.type !== 'headers') return 'absent';
    const { headers } = answer;
    if (top === this.#trust.height && !this.#isTrusted(headers.at(-1))) return 'absent';
    const parent = headers.length === count ? parentOf(headers, top, expected) : undefined;
    // From an unproven snapshot downwards, an honest peer has other headers than a false one needs.
    if (parent === undefined) return this.#isOlder() ? 'false' : 'absent';
    const { height, blockId } = this.#lower();
    if (top - count > height) this.#link(top - count, parent);
    else if (parent === blockId) this.#askBlock();
    else this.#done('unproven');
    return 'taken';
  }

  /** Whether this is the block that the operator was told. If not, the operator or the peer errs: nobody is blamed. */
  #isTrusted(header: Header | undefined): boolean {
    const shown = header === undefined ? '' : headerId(header);
    if (shown === this.#trust.blockId && header?.height === this.#trust.height) return true;
    this.#deps.report({ level: 'warn', code: 'join.trust-differs', height: this.#trust.height, shown });
    return false;
  }

  #askBlock(): void {
    const { height } = this.#header;
    this.#deps.fetcher.fetch({
      request: (requestId) => ({ type: 'window-request', requestId, from: height, count: 1 }),
      take: (answer) => this.#takeBlock(answer),
      nobody: () => this.#done('unproven'),
    });
  }

  #takeBlock(answer: SnapshotAnswer): Verdict {
    if (answer.type !== 'window') return 'absent';
    const [found] = answer.blocks;
    if (found === undefined || headerId(found.block.header) !== headerId(this.#header)) return 'false';
    if (!isWholeBlock(found, this.#light.genesis) || !this.#isDecided(found)) return 'false';
    this.#done({ steps: this.#steps, block: found });
    return 'taken';
  }

  #isDecided({ certificate }: WindowBlock): boolean {
    const { verify } = this.#deps;
    const light = this.#light;
    const header = this.#header;
    if (light.height < header.height)
      return (
        tryOr(() => advanceLight(light, { header, certificate, nextValidators: null }, verify)) !== undefined
      );
    return (
      certificate.type === 'precommit' &&
      certificate.blockId === headerId(header) &&
      certificate.height === header.height &&
      isValidCertificate(verify, light.genesis, light.validators, certificate)
    );
  }
}

/** What the lowest header names as its parent, when all are linked up to the expected id; else undefined. */
function parentOf(headers: readonly Header[], top: number, expected: Hex32): Hex32 | undefined {
  let id = expected;
  for (const [below, header] of headers.toReversed().entries()) {
    if (header.height !== top - below || headerId(header) !== id) return undefined;
    id = header.parent;
  }
  return id;
}

function tryOr<T>(attempt: () => T): T | undefined {
  try {
    return attempt();
  } catch (error) {
    if (isConsiliumError(error)) return undefined;
    throw error;
  }
}
