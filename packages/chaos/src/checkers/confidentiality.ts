// Owns: checker 9: no honest custodian hands out a share before its own committed state permits it, nobody opens a record
// without a committed permit, and what so many nodes as may be faulty hold together opens nothing, keys included. Does not
// own: how stolen shares are put together (stolen.ts). A patient's own key is the stated exception, and is not stolen here.
import {
  ACCESSES,
  type AccessRow,
  createDecider,
  currentEpoch,
  custodianIndex,
  custodyEpoch,
  decodeRelease,
  decodeReleased,
  faultyMax,
  type Group,
  type Hex32,
  hashHex,
  type Release,
  type ReleasedRecord,
  readRow,
  releaseInfo,
  type StateReader,
} from '@consilium/core';
import { type PackageView, storedPackage, viewOf } from '@consilium/node/custody';
import type { Reading, Released, SimEncryptionKey } from '@consilium/sim';
import { type History, reached, violate } from '../history/history.ts';
import { tryDecodeCustody } from '../history/messages.ts';
import { createThief, type StolenKey, type Thief } from './stolen.ts';

/** A node as a thief finds it. */
export interface StolenNode {
  readonly node: Hex32;
  readonly custodyKey: SimEncryptionKey;
  /** Encoded packages on its disk, in any order. */
  readonly packages: () => readonly Uint8Array[];
  /** People of that hospital who are in it with the thief. */
  readonly readers: readonly Accomplice[];
}

export interface Accomplice {
  readonly id: Hex32;
  readonly key: SimEncryptionKey;
}

export interface CustodyEyes {
  readonly group: Group;
  readonly nodes: readonly StolenNode[];
  /** What the node itself has committed; undefined: nothing yet. */
  readonly ledgerOf: (node: Hex32) => Sight | undefined;
  /** Of the honest node that is furthest. */
  readonly furthest: () => StateReader | undefined;
  /** The height that so many honest nodes have committed that any quorum holds one of them; 0 when nobody can say. */
  readonly quorumHeight: () => number;
  /** What an envelope says, whoever holds the key. */
  readonly look: (readerKey: Hex32, info: Uint8Array, release: Release) => Uint8Array | undefined;
}

export interface Sight {
  readonly state: StateReader;
  /** Of its last block. Milliseconds since the epoch. */
  readonly time: number;
  readonly height: number;
}

export interface ConfidentialityChecker {
  released(released: Released): void;
  read(reading: Reading): void;
  /** A message of custody reached a node. */
  delivered(from: Hex32, to: Hex32, message: Uint8Array): void;
  ended(): void;
}

const NAME = 'confidentiality';

export function createConfidentialityChecker(history: History, eyes: CustodyEyes): ConfidentialityChecker {
  /** Hash -> a package on its way, and to whom it came. */
  const seen = new Map<Hex32, { readonly bytes: Uint8Array; readonly holders: Set<Hex32> }>();
  const releases: Release[] = [];
  /** Question -> how far a quorum was when it arrived. */
  const asked = new Map<string, number>();

  const takePackage = (to: Hex32, bytes: Uint8Array): void => {
    const name = hashHex(bytes);
    const known = seen.get(name) ?? { bytes, holders: new Set<Hex32>() };
    seen.set(name, known);
    known.holders.add(to);
  };

  return {
    released: ({ node, to, requestId, bytes }) => {
      const question = `${node}/${to}/${requestId}`;
      const heightThen = asked.get(question) ?? 0;
      asked.delete(question);
      const release = decodeRelease(bytes);
      if (release.envelope === null) return;
      reached(history, 'share-released');
      history.looked.add(NAME);
      releases.push(release);
      if (history.hostile.has(node)) return;
      const fault = releaseFault(eyes, node, release, to === null ? undefined : heightThen);
      if (fault !== undefined) violate(history, NAME, `${node.slice(0, 8)} ${fault}`, { nodes: [node] });
    },
    read: (reading) => {
      reached(history, 'record-opened');
      const fault = readingFault(eyes, reading);
      if (fault !== undefined) violate(history, NAME, `record ${reading.record.slice(0, 8)} ${fault}`);
    },
    delivered: (from, to, bytes) => {
      const message = tryDecodeCustody(bytes);
      if (message?.type === 'package') takePackage(to, message.bytes);
      else if (message?.type === 'package-answer' && message.bytes !== null) takePackage(to, message.bytes);
      else if (message?.type === 'release-request') {
        const question = `${to}/${from}/${message.requestId}`;
        // A question that arrives twice counts from the first time.
        if (!asked.has(question)) asked.set(question, eyes.quorumHeight());
      }
    },
    ended: () => {
      const views: Views = new Map();
      for (const thieves of groupsOfThieves(history, eyes)) {
        const ids = new Set(thieves.map(({ node }) => node));
        const sent = [...seen.values()].filter(({ holders }) => [...ids].some((id) => holders.has(id)));
        const opened = openedBy(
          eyes,
          thieves,
          sent.map(({ bytes }) => bytes),
          releases,
          views,
        );
        for (const record of opened) {
          const names = [...ids].map((id) => id.slice(0, 8)).join(', ');
          violate(history, NAME, `${names} open ${record.slice(0, 8)} without a permit`, { nodes: [...ids] });
        }
      }
      if (seen.size > 0) reached(history, 'theft-tried');
    },
  };
}

/**
 * `heightThen`: how far a quorum was when a peer asked; the release leaves at this moment, so that what stands on the ledger
 * now must still permit it. undefined: a client of the node itself asked, who is answered later than is decided.
 */
function releaseFault(
  { ledgerOf, look }: CustodyEyes,
  node: Hex32,
  release: Release,
  heightThen: number | undefined,
): string | undefined {
  const { patient, access, custodian } = release;
  const ledger = ledgerOf(node);
  const row = ledger === undefined ? undefined : readRow(ledger.state, ACCESSES, patient, access);
  if (ledger === undefined || row === undefined) return 'released before its own commit of the access';
  const { readerKey } = row;
  const plaintext = look(readerKey, releaseInfo({ patient, access, custodian, readerKey }), release);
  if (plaintext === undefined) return 'released to another key than the one of the access';
  const released = decodeReleased(plaintext);
  const isDenied = released.some(({ place, record }) => {
    const item = row.items[place];
    return item?.decision !== 'permit' || item.record !== record;
  });
  if (isDenied) return 'released what its ledger denied';
  if (heightThen === undefined) return undefined;
  if (!released.every(({ record }) => isStanding(ledger, patient, row, record)))
    return 'released what its ledger permits no more';
  return ledger.height < heightThen ? 'released although a quorum was further when it was asked' : undefined;
}

function isStanding({ state, time }: Sight, patient: Hex32, row: AccessRow, record: Hex32): boolean {
  const question = { patient, reader: row.reader, purpose: row.purpose };
  return time < row.expires && createDecider(state, question, time)(record).decision === 'permit';
}

function readingFault({ furthest }: CustodyEyes, reading: Reading): string | undefined {
  if (!reading.isRight) return 'opened to something that its author did not seal';
  return isPermitted(furthest(), reading) ? undefined : 'was opened without a committed permit';
}

function isPermitted(
  state: StateReader | undefined,
  { patient, access, reader, record }: Omit<Reading, 'isRight'>,
): boolean {
  const row = state === undefined ? undefined : readRow(state, ACCESSES, patient, access);
  return (
    row?.reader === reader && row.items.some((item) => item.record === record && item.decision === 'permit')
  );
}

/** Every choice of so many nodes as may be faulty, the hostile ones among them for certain. */
function groupsOfThieves(history: History, { nodes, furthest }: CustodyEyes): readonly StolenNode[][] {
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
function openedBy(
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
type Views = Map<Hex32, PackageView | undefined>;

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
