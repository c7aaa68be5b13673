// Owns: what a thief of disks and keys gets out of them: every share that any of the keys opens, and every combination of
// these that could give a record's secret, tried against its points. Does not own: which disks and keys are stolen, and
// what may be opened with a permit (confidentiality.ts).
import {
  type CustodyPackage,
  combineShares,
  type Dealing,
  equalBytes,
  fromHex,
  type Group,
  type Hex32,
  type IndexedShare,
  isShareOf,
  type ReleasedRecord,
  shareInfo,
} from '@consilium/core';
import type { PackageView } from '@consilium/node/custody';
import { openBox, type SimEncryptionKey } from '@consilium/sim';

/** A custodian's identity and the key that its shares are sealed to. */
export interface StolenKey {
  readonly custodian: Hex32;
  /** Of this custodian in an epoch, from 1; undefined: it was none then. */
  readonly indexIn: (epoch: number) => number | undefined;
  readonly key: SimEncryptionKey;
}

/** One polynomial whose value at 0 is worth having, with the values that are known. `points` judge them. */
interface Polynomial {
  readonly points: readonly Uint8Array[];
  readonly shares: Map<number, Uint8Array>;
}

/** Record -> epoch -> what is known of it. */
type Known = Map<Hex32, Map<number, Polynomial>>;

export interface Thief {
  /** Every record whose secret it has. */
  secrets(): ReadonlyMap<Hex32, Uint8Array>;
  /** Shares that it holds, over all records and epochs. */
  shareCount(): number;
}

/** `released`: what was in the envelopes that one of its readers' keys opens. */
export function createThief(
  group: Group,
  keys: readonly StolenKey[],
  views: readonly PackageView[],
  released: readonly ReleasedRecord[] = [],
): Thief {
  const known: Known = new Map();
  for (const view of views) for (const stolen of keys) takeOwn(group, known, view, stolen);
  // Newest first: a dealing that opens gives a share of the epoch before.
  const byEpoch = [...views].sort((a, b) => b.content.epoch - a.content.epoch);
  for (const view of byEpoch) takeDealers(group, known, view, keys);
  for (const { record, epoch, index, share, points } of released)
    note(group, known, { record, epoch, points: points.map(fromHex) }, { index, share });
  return {
    secrets: () => new Map([...known].flatMap(([record, epochs]) => secretOf(group, record, epochs))),
    shareCount: () =>
      [...known.values()]
        .flatMap((epochs) => [...epochs.values()])
        .reduce((sum, { shares }) => sum + shares.size, 0),
  };
}

interface Place {
  readonly record: Hex32;
  readonly epoch: number;
  readonly points: readonly Uint8Array[];
}

function note(group: Group, known: Known, { record, epoch, points }: Place, at: IndexedShare): void {
  if (!isShareOf(group, points, at.index, at.share)) return;
  const epochs = known.get(record) ?? new Map<number, Polynomial>();
  const polynomial = epochs.get(epoch) ?? { points, shares: new Map() };
  known.set(record, epochs.set(epoch, polynomial));
  polynomial.shares.set(at.index, at.share);
}

function takeOwn(group: Group, known: Known, view: PackageView, stolen: StolenKey): void {
  const { content, points } = view;
  const { epoch } = content;
  const index = stolen.indexIn(epoch);
  if (index === undefined) return;
  for (const [position, { commitment }] of content.records.entries()) {
    const share = ownShare(content, stolen, index, position);
    if (share !== undefined)
      note(group, known, { record: commitment, epoch, points: points[position] ?? [] }, { index, share });
  }
}

/** The share that a custodian's key gives: of the one dealing of an author, or put together of those dealt again. */
export function ownShare(
  content: CustodyPackage,
  stolen: Pick<StolenKey, 'custodian' | 'key'>,
  index: number,
  position: number,
): Uint8Array | undefined {
  const whole = content.dealings.flatMap((dealing) => {
    const share = partOf(content, dealing, stolen, index, position);
    return share === undefined ? [] : [{ index: dealing.dealer, share }];
  });
  const [first] = whole;
  if (first === undefined || whole.length < content.dealings.length) return undefined;
  return first.index === 0 ? first.share : combineShares(whole);
}

/** Enough parts of one dealing give the share of its dealer in the epoch before. */
function takeDealers(group: Group, known: Known, { content }: PackageView, keys: readonly StolenKey[]): void {
  for (const dealing of content.dealings)
    for (const [position, { commitment }] of content.records.entries()) {
      const epoch = dealing.from ?? -1;
      const points = known.get(commitment)?.get(epoch)?.points;
      if (points === undefined) continue;
      const share = valueAtZero(group, {
        points: (dealing.records[position]?.points ?? []).map(fromHex),
        shares: partsOf(content, dealing, keys, position),
      });
      if (share !== undefined)
        note(group, known, { record: commitment, epoch, points }, { index: dealing.dealer, share });
    }
}

function partsOf(
  content: CustodyPackage,
  dealing: Dealing,
  keys: readonly StolenKey[],
  position: number,
): Map<number, Uint8Array> {
  const parts = new Map<number, Uint8Array>();
  for (const stolen of keys) {
    const index = stolen.indexIn(content.epoch);
    const part = index === undefined ? undefined : partOf(content, dealing, stolen, index, position);
    if (index !== undefined && part !== undefined) parts.set(index, part);
  }
  return parts;
}

function partOf(
  { patient, author, batch, epoch, records }: CustodyPackage,
  dealing: Dealing,
  { custodian, key }: Pick<StolenKey, 'custodian' | 'key'>,
  index: number,
  position: number,
): Uint8Array | undefined {
  const info = shareInfo({ patient, author, batch, epoch, dealer: dealing.dealer, custodian });
  const aad = fromHex(records[position]?.commitment ?? '');
  const sealed = dealing.records[position]?.shares[index - 1] ?? new Uint8Array(0);
  return openBox(key, { enc: dealing.encs[index - 1] ?? '', info, aad, position }, sealed);
}

/** Every epoch by itself, and all epochs' shares together as if they were of one polynomial. */
function secretOf(
  group: Group,
  record: Hex32,
  epochs: ReadonlyMap<number, Polynomial>,
): [Hex32, Uint8Array][] {
  const all = [...epochs.values()];
  const [first] = all;
  if (first === undefined) return [];
  const mixed = { points: first.points, shares: new Map(all.flatMap(({ shares }) => [...shares])) };
  const secret = [...all, mixed].map((each) => valueAtZero(group, each)).find((each) => each !== undefined);
  return secret === undefined ? [] : [[record, secret]];
}

/** Whatever is there is combined, also when it is too little: the points say whether it is the value. */
function valueAtZero(group: Group, { points, shares }: Polynomial): Uint8Array | undefined {
  const [commitment] = points;
  if (commitment === undefined || shares.size === 0) return undefined;
  const all = [...shares].map(([index, share]) => ({ index, share }));
  const tries = [all.slice(0, points.length), all];
  return tries.map(combineShares).find((value) => equalBytes(group.base(value), commitment));
}
