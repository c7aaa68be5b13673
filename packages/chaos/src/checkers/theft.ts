// Owns: what so many nodes as may be faulty open together, with their disks, their keys, what was sent to them and what was
// released to their readers. Does not own: how stolen shares are put together (stolen.ts).
import {
  currentEpoch,
  custodianIndex,
  custodyEpoch,
  decodeReleased,
  faultyMax,
  type Group,
  type Hex32,
  hashHex,
  type Release,
  type ReleasedRecord,
  releaseInfo,
  type StateReader,
} from '@consilium/core';
import { type PackageView, storedPackage, viewOf } from '@consilium/node/custody';
import type { SimEncryptionKey } from '@consilium/sim';
import type { History } from '../history/history.ts';
import { type Accomplice, type CustodyEyes, isPermitted, type StolenNode } from './custody-eyes.ts';
import { createThief, type StolenKey, type Thief } from './stolen.ts';

/** Every choice of so many nodes as may be faulty, the hostile ones among them for certain. */
export function groupsOfThieves(history: History, { nodes, furthest }: CustodyEyes): readonly StolenNode[][] {
  const state = furthest();
  if (state === undefined) return [];
  const epoch = custodyEpoch(state, currentEpoch(state));
  const custodians = nodes.filter(({ node }) => epoch?.custodians.some(({ id }) => id === node) === true);
  const hostile = nodes.filter(({ node }) => history.hostile.has(node));
  const honest = custodians.filter(({ node }) => !history.hostile.has(node));
  const free = faultyMax(custodians.length) - hostile.length;
  return free <= 0 ? [hostile] : choices(honest, free).map((chosen) => [...hostile, ...chosen]);
}

export function choices<T>(items: readonly T[], count: number): T[][] {
  if (count === 0) return [[]];
  return items.flatMap((item, at) => choices(items.slice(at + 1), count - 1).map((rest) => [item, ...rest]));
}

/** Records whose secret they have although none of their readers was ever permitted to open them. */
export function openedBy(
  eyes: CustodyEyes,
  thieves: readonly StolenNode[],
  sent: readonly Uint8Array[],
  releases: readonly Release[],
  views: Views,
): readonly Hex32[] {
  const state = eyes.furthest();
  if (state === undefined) return [];
  const readers = thieves.flatMap((thief) => thief.readers);
  const open = readers.flatMap((reader) => releases.flatMap((each) => openedRelease(eyes, reader, each)));
  const released = open.map((each) => each.released);
  const secrets = thiefOf(eyes, thieves, sent, released, views).secrets();
  const permitted = new Set(
    open
      .filter(({ reader, patient, access, released: { record } }) =>
        isPermitted(state, { patient, access, record, reader }),
      )
      .map(({ released }) => released.record),
  );
  return [...secrets.keys()].filter((record) => !permitted.has(record));
}

/** Hash of a package -> what is in it: the same for every choice of thieves. */
export type Views = Map<Hex32, PackageView | undefined>;

/** With these nodes' disks and custody keys, and with what was sent to them and released to their readers. */
export function thiefOf(
  { group, furthest }: CustodyEyes,
  thieves: readonly StolenNode[],
  sent: readonly Uint8Array[] = [],
  released: readonly ReleasedRecord[] = [],
  known: Views = new Map(),
): Thief {
  const state = furthest();
  const keys =
    state === undefined ? [] : thieves.map(({ node, custodyKey }) => stolenKey(state, node, custodyKey));
  const onDisk = thieves.flatMap(({ packages }) => packages());
  const unique = new Map([...sent, ...onDisk].map((bytes) => [hashHex(bytes), bytes]));
  const views = [...unique].flatMap(([name, bytes]): readonly PackageView[] => {
    const view = known.has(name) ? known.get(name) : readView(group, bytes);
    known.set(name, view);
    return view === undefined ? [] : [view];
  });
  return createThief(group, keys, views, released);
}

function readView(group: Group, bytes: Uint8Array): PackageView | undefined {
  const content = storedPackage(bytes);
  return content === undefined ? undefined : viewOf(group, content);
}

function stolenKey(state: StateReader, custodian: Hex32, key: SimEncryptionKey): StolenKey {
  const indexIn = (epoch: number): number | undefined => {
    const row = custodyEpoch(state, epoch);
    return row === undefined ? undefined : custodianIndex(row, custodian);
  };
  return { custodian, key, indexIn };
}

interface OpenedRelease {
  readonly reader: Hex32;
  readonly patient: Hex32;
  readonly access: number;
  readonly released: ReleasedRecord;
}

function openedRelease(
  { look }: CustodyEyes,
  { id: reader, key }: Accomplice,
  release: Release,
): readonly OpenedRelease[] {
  const { patient, access, custodian } = release;
  const info = releaseInfo({ patient, access, custodian, readerKey: key.publicKey });
  const plaintext = look(key.publicKey, info, release);
  if (plaintext === undefined) return [];
  return decodeReleased(plaintext).map((released) => ({ reader, patient, access, released }));
}
