// Owns: checker 9: no honest custodian hands out a share before its own committed state permits it, nobody opens a record
// without a committed permit, what so many nodes as may be faulty hold together opens nothing, keys included, and what was
// noted as destroyed lies on no disk. Does not own: what thieves get at (theft.ts). A patient's own key is the stated exception, and is not stolen here.
import {
  ACCESSES,
  type AccessRow,
  createDecider,
  decodeRelease,
  decodeReleased,
  ERASED_RECORDS,
  type Hex32,
  hashHex,
  isErased,
  questionOf,
  type Release,
  readRow,
  releaseInfo,
} from '@consilium/core';
import { storedPackage } from '@consilium/node/custody';
import type { Reading, Released } from '@consilium/sim';
import { type History, reached, violate } from '../history/history.ts';
import { tryDecodeCustody } from '../history/messages.ts';
import { type CustodyEyes, isPermitted, type Sight, type StolenNode } from './custody-eyes.ts';
import { groupsOfThieves, openedBy, type Views } from './theft.ts';

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
      for (const { node } of eyes.nodes.filter((each) => keepsErased(history, eyes, each)))
        violate(history, NAME, `${node.slice(0, 8)} keeps what it says is destroyed`, { nodes: [node] });
    },
  };
}

/** Whether shares of a record lie on its disk whose erasure it has noted as carried out. */
function keepsErased(
  history: History,
  { furthest }: CustodyEyes,
  { packages, erasures }: StolenNode,
): boolean {
  const state = furthest();
  const done = erasures();
  if (state === undefined || done === 0) return false;
  reached(history, 'record-erased');
  return packages().some((bytes) =>
    (storedPackage(bytes)?.records ?? []).some(
      (record) =>
        !isErased(record) && (readRow(state, ERASED_RECORDS, record.commitment)?.erasure ?? done) < done,
    ),
  );
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
  return (
    time < row.expires &&
    createDecider(state, questionOf(state, patient, row), time)(record).decision === 'permit'
  );
}

function readingFault({ furthest }: CustodyEyes, reading: Reading): string | undefined {
  if (!reading.isRight) return 'opened to something that its author did not seal';
  return isPermitted(furthest(), reading) ? undefined : 'was opened without a committed permit';
}
