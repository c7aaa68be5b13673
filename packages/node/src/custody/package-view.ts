// Owns: a package as it is used: its points combined over all dealings, its leaves and root in its epoch, and this
// custodian's own shares, opened and held against the points. Does not own: whether the package may be held (package-
// check.ts), the secrets, which stay with whoever asked.
import {
  batchProver,
  batchRootOf,
  type CustodyPackage,
  combinePoints,
  combineShares,
  type Dealing,
  fromHex,
  type Group,
  type Hex32,
  isErased,
  isShareOf,
  leavesOf,
  type MerkleProof,
  type PackageContent,
  shareInfo,
  toHex,
} from '@consilium/core';
import type { Sealer } from '../ports.ts';

export interface PackageView {
  readonly content: CustodyPackage;
  /** Of each record, in the order of the batch; elements of the group. None of an erased one. */
  readonly points: readonly (readonly Uint8Array[])[];
  readonly root: Hex32;
  readonly prove: (position: number) => MerkleProof;
}

/** undefined: its dealings do not combine. Points are elements already. */
export function viewOf(group: Group, content: CustodyPackage): PackageView | undefined {
  const points: (readonly Uint8Array[])[] = [];
  for (const [position, record] of content.records.entries()) {
    const combined = isErased(record) ? [] : pointsAt(group, content.dealings, position);
    if (combined === undefined) return undefined;
    points.push(combined);
  }
  const leaves = leavesOf(
    content.records,
    points.map((each) => each.map(toHex)),
  );
  return { content, points, root: batchRootOf(leaves), prove: batchProver(leaves) };
}

function pointsAt(
  group: Group,
  dealings: readonly Dealing[],
  position: number,
): readonly Uint8Array[] | undefined {
  const parts = dealings.map(({ dealer, records }) => ({
    weightIndex: dealer,
    points: (records[position]?.points ?? []).map(fromHex),
  }));
  return parts[0]?.weightIndex === 0 ? parts[0].points : combinePoints(group, parts);
}

export interface ShareOwner {
  readonly sealer: Sealer;
  readonly self: Hex32;
}

/** This custodian's parts of one dealing, in the order of the positions; undefined where one does not open. */
export function openDealing(
  { sealer, self }: ShareOwner,
  { patient, author, batch, epoch, records }: PackageContent,
  dealing: Pick<Dealing, 'dealer' | 'encs' | 'records'>,
  index: number,
  positions: readonly number[],
  done: (shares: readonly (Uint8Array | undefined)[]) => void,
): void {
  const { dealer } = dealing;
  const items = positions.map((position) => ({
    position,
    aad: fromHex(records[position]?.commitment ?? ''),
    sealed: dealing.records[position]?.shares[index - 1] ?? new Uint8Array(0),
  }));
  const info = shareInfo({ patient, author, batch, epoch, dealer, custodian: self });
  sealer.unsealShares(dealing.encs[index - 1] ?? '', info, items, done);
}

/** This custodian's shares of these records; undefined where one does not open or does not fit the points. */
export function openShares(
  owner: ShareOwner & { readonly group: Group },
  view: PackageView,
  index: number,
  positions: readonly number[],
  done: (shares: readonly (Uint8Array | undefined)[]) => void,
): void {
  const { dealings } = view.content;
  const opened: (readonly (Uint8Array | undefined)[])[] = [];
  const openNext = (): void => {
    const dealing = dealings[opened.length];
    if (dealing === undefined) return done(positions.map((position, place) => fitting(position, place)));
    openDealing(owner, view.content, dealing, index, positions, (shares) => {
      opened.push(shares);
      openNext();
    });
  };
  const fitting = (position: number, place: number): Uint8Array | undefined => {
    const parts = dealings.map(({ dealer }, at) => ({ index: dealer, share: opened[at]?.[place] }));
    const share = combinedShare(parts);
    const points = view.points[position] ?? [];
    return share !== undefined && points.length > 0 && isShareOf(owner.group, points, index, share)
      ? share
      : undefined;
  };
  openNext();
}

function combinedShare(
  parts: readonly { readonly index: number; readonly share: Uint8Array | undefined }[],
): Uint8Array | undefined {
  const [first] = parts;
  if (first?.index === 0) return first.share;
  const whole = parts.flatMap(({ index, share }) => (share === undefined ? [] : [{ index, share }]));
  return whole.length === parts.length ? combineShares(whole) : undefined;
}
