// Owns: answering what other custodians ask: packages, blobs, heights, shares; within what one peer may ask for. Does not
// own: what is handed out (holdings.ts, releaser.ts), collecting for own clients.
import { encodeRelease, type Hex32, isConsiliumError } from '@consilium/core';
import {
  BLOB_ANSWERS_MAX,
  BLOBS_ANSWER_BYTES_MAX,
  CUSTODY_COST_BYTES,
  CUSTODY_COST_PACKAGE,
  CUSTODY_COST_STEPS,
  CUSTODY_REQUESTS_BURST,
  CUSTODY_REQUESTS_PER_SECOND,
  RELEASES_PER_PEER_MAX,
} from '../limits.ts';
import { createRateBound, type RateBound } from '../mempool/rate.ts';
import type {
  BlobsRequest,
  CustodyMessage,
  HeightsRequest,
  PackageMessage,
  PackageRequest,
  ReleaseRequestMessage,
} from '../messages/custody.ts';
import type { Clock, Vault } from '../ports.ts';
import { readHere } from './blob-reader.ts';
import type { Holdings } from './holdings.ts';
import type { Keeper } from './keeper.ts';
import { readPackage } from './package-check.ts';
import { NO_STEPS } from './read-index.ts';
import type { Releaser } from './releaser.ts';
import type { CustodyDeps, Send } from './types.ts';

export interface ServerDeps extends Pick<CustodyDeps, 'tip' | 'lightSteps'> {
  readonly clock: Clock;
  readonly vault: Vault;
  readonly holdings: Holdings;
  readonly keeper: Keeper;
  readonly releaser: Releaser;
  readonly send: Send;
  /** Blobs that should lie here and do not: whoever read them found them damaged or gone. */
  readonly lost: (ids: readonly Hex32[]) => void;
  /** Whether records wait to be taken out of this stored package. */
  readonly isErasing: (bytes: Uint8Array) => boolean;
}

/** Messages that ask something of this node. */
export type Question =
  | PackageMessage
  | PackageRequest
  | BlobsRequest
  | ReleaseRequestMessage
  | HeightsRequest;

export class Server {
  readonly #deps: ServerDeps;
  readonly #rate: RateBound;
  /** Under way, also for a peer that has gone since: a new link gives no new allowance. */
  readonly #releases = new Map<Hex32, number>();
  #blobAnswers = 0;

  constructor(deps: ServerDeps) {
    this.#deps = deps;
    this.#rate = createRateBound(deps.clock, CUSTODY_REQUESTS_PER_SECOND, CUSTODY_REQUESTS_BURST);
  }

  asked(peer: Hex32, question: Question): void {
    const cost = question.type === 'package' ? CUSTODY_COST_PACKAGE : 1;
    if (!this.#rate.take(peer, cost)) return this.#refuse(peer, question);
    switch (question.type) {
      case 'package':
        return this.#takePackage(peer, question);
      case 'package-request':
        return this.#givePackage(peer, question);
      case 'blobs-request':
        return this.#giveBlobs(peer, question);
      case 'release-request':
        return this.#release(peer, question);
      case 'heights-request':
        return this.#tellHeight(peer, question);
    }
  }

  /** Whether this peer may ask, or tell, one thing more now. */
  allows(peer: Hex32): boolean {
    return this.#rate.take(peer, 1);
  }

  #charge(peer: Hex32, bytes: number): void {
    this.#rate.charge(peer, Math.floor(bytes / CUSTODY_COST_BYTES));
  }

  #refuse(peer: Hex32, question: Question): void {
    if (question.type === 'package') return;
    this.#deps.send(peer, { type: 'refusal', requestId: question.requestId, code: 'CUSTODY_BUSY' });
  }

  #takePackage(peer: Hex32, { bytes, wantReceipt }: PackageMessage): void {
    this.#deps.keeper.take(bytes, peer, (result) => {
      if (!wantReceipt) return;
      const answer = receiptAnswer(bytes, result);
      if (answer !== undefined) this.#deps.send(peer, answer);
    });
  }

  #givePackage(peer: Hex32, { requestId, batch, epoch }: PackageRequest): void {
    const { holdings, isErasing } = this.#deps;
    const held = holdings.package(batch, epoch);
    const bytes = held === undefined || isErasing(held) ? null : held;
    this.#charge(peer, bytes?.length ?? 0);
    this.#deps.send(peer, { type: 'package-answer', requestId, bytes });
  }

  #giveBlobs(peer: Hex32, question: BlobsRequest): void {
    if (this.#blobAnswers >= BLOB_ANSWERS_MAX) return this.#refuse(peer, question);
    const { requestId, ids } = question;
    this.#blobAnswers += 1;
    readHere(this.#deps.vault, ids, BLOBS_ANSWER_BYTES_MAX, (blobs) => {
      this.#blobAnswers -= 1;
      this.#charge(
        peer,
        blobs.reduce((sum, blob) => sum + (blob?.length ?? 0), 0),
      );
      this.#deps.lost(ids.filter((_, place) => blobs[place] === null));
      this.#deps.send(peer, { type: 'blobs-answer', requestId, blobs });
    });
  }

  #release(peer: Hex32, question: ReleaseRequestMessage): void {
    const underWay = this.#releases.get(peer) ?? 0;
    if (underWay >= RELEASES_PER_PEER_MAX) return this.#refuse(peer, question);
    const { requestId, bytes } = question;
    this.#releases.set(peer, underWay + 1);
    this.#deps.releaser.release(bytes, (result) => {
      this.#ended(peer);
      this.#deps.send(
        peer,
        isConsiliumError(result)
          ? { type: 'refusal', requestId, code: result.code }
          : { type: 'release-answer', requestId, bytes: encodeRelease(result) },
      );
    });
  }

  #ended(peer: Hex32): void {
    const left = (this.#releases.get(peer) ?? 1) - 1;
    if (left === 0) this.#releases.delete(peer);
    else this.#releases.set(peer, left);
  }

  #tellHeight(peer: Hex32, { requestId, height: known }: HeightsRequest): void {
    const { tip, lightSteps, send } = this.#deps;
    const { height } = tip();
    if (height <= known)
      return void send(peer, { type: 'heights-answer', requestId, height, steps: NO_STEPS });
    this.#rate.charge(peer, CUSTODY_COST_STEPS);
    lightSteps(known, (shown) => send(peer, { type: 'heights-answer', requestId, ...shown }));
  }
}

function receiptAnswer(
  bytes: Uint8Array,
  result: Parameters<Parameters<Keeper['take']>[2]>[0],
): CustodyMessage | undefined {
  if (!isConsiliumError(result)) {
    const { statement, receipt } = result;
    const { batch, epoch, root } = statement;
    if (receipt === null) return { type: 'receipt-refusal', batch, epoch, code: 'CUSTODY_REMOVED' };
    if (isConsiliumError(receipt)) return { type: 'receipt-refusal', batch, epoch, code: receipt.code };
    return { type: 'receipt', batch, epoch, root, ...receipt };
  }
  const place = placeOf(bytes);
  return place === undefined ? undefined : { type: 'receipt-refusal', ...place, code: result.code };
}

function placeOf(bytes: Uint8Array): { readonly batch: Hex32; readonly epoch: number } | undefined {
  try {
    const { batch, epoch } = readPackage(bytes);
    return { batch, epoch };
  } catch (error) {
    if (isConsiliumError(error)) return undefined;
    throw error;
  }
}
