// Owns: getting the package of a registered batch from whichever custodian has it, checked against the ledger. Does not
// own: whether it is stored (repair.ts) or only read from (own-reader.ts).
import { type BatchRow, custodyEpoch, type Hex32, isConsiliumError } from '@consilium/core';
import { PACKAGE_REQUEST_MS } from '../limits.ts';
import type { Peers } from '../ports.ts';
import type { Asks } from './asks.ts';
import { checkRegistered, type PackageRules, type RegisteredPackage, readPackage } from './package-check.ts';

export interface FoundPackage extends RegisteredPackage {
  readonly bytes: Uint8Array;
  readonly peer: Hex32;
}

export interface RegisteredSourceDeps {
  readonly rules: PackageRules;
  readonly asks: Asks;
  readonly net: Pick<Peers, 'connected' | 'penalize'>;
}

export interface PackageOrder {
  readonly batch: Hex32;
  readonly row: BatchRow;
  /** Whether this one will do; the next peer is asked when not. */
  readonly accept: (found: FoundPackage, verdict: (isAccepted: boolean) => void) => void;
}

/** One peer after the other, from another one each time; `done` without a package when nobody had one that will do. */
export function findRegistered(
  deps: RegisteredSourceDeps,
  { batch, row, accept }: PackageOrder,
  done: (found: FoundPackage | undefined) => void,
): void {
  const peers = custodianPeers(deps, row.epoch, batch);
  const step = (): void => {
    const peer = peers.shift();
    if (peer === undefined) return done(undefined);
    const { epoch } = row;
    deps.asks.ask(
      peer,
      (requestId) => ({ type: 'package-request', requestId, batch, epoch }),
      PACKAGE_REQUEST_MS,
      (reply) => {
        const bytes = typeof reply !== 'string' && reply.type === 'package-answer' ? reply.bytes : null;
        const found = bytes === null ? undefined : checked(deps, peer, bytes, batch, row);
        if (found === undefined) return step();
        accept(found, (isAccepted) => (isAccepted ? done(found) : step()));
      },
    );
  };
  step();
}

function checked(
  { rules, net }: RegisteredSourceDeps,
  peer: Hex32,
  bytes: Uint8Array,
  batch: Hex32,
  row: BatchRow,
): FoundPackage | undefined {
  try {
    return { ...checkRegistered(rules, batch, row, readPackage(bytes)), bytes, peer };
  } catch (error) {
    if (!isConsiliumError(error)) throw error;
    if (error.code !== 'RECORD_ERASED') net.penalize(peer, 'custody.package-false');
    return undefined;
  }
}

/** Connected custodians of the epoch, beginning at a place that the batch decides: not all ask the same one. */
function custodianPeers({ rules, net }: RegisteredSourceDeps, epoch: number, batch: Hex32): Hex32[] {
  const connected = net.connected();
  const custodians = custodyEpoch(rules.state, epoch)?.custodians ?? [];
  const peers = custodians.map(({ id }) => id).filter((id) => id !== rules.self && connected.includes(id));
  const first = peers.length === 0 ? 0 : Number.parseInt(batch.slice(0, 8), 16) % peers.length;
  return [...peers.slice(first), ...peers.slice(0, first)];
}
