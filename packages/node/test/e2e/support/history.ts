// What the disk of a stopped node says happened: its chain, and every signature of agreement that it holds.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Block,
  type Certificate,
  decode,
  decodeTx,
  type Genesis,
  genesisHash,
  type Hex32,
  headerId,
  lightGenesis,
  OBJECT_BYTES_MAX,
  sha256,
  type ValidatorSet,
} from '@consilium/core';
import type { ProposalMessage } from '../../../src/messages/wire.ts';
import {
  certificateListShape,
  heightKey,
  readBlock,
  readOwnCertificate,
  readTip,
} from '../../../src/replica/chain.ts';
import { decodeLogEntry, type LogEntry } from '../../../src/replica/log-entry.ts';
import { WAL_FILE } from '../../../src/replica/open.ts';
import { openStore, type Store } from '../../../src/store/store.ts';
import { TABLES } from '../../../src/tables.ts';
import { readLog } from '../../../src/wal/read.ts';
import type { Validator } from './network.ts';

/** That a validator signed this at this place; two texts at one place are a conflict. */
export interface Signed {
  readonly place: string;
  readonly what: string;
}

export interface History {
  readonly name: string;
  /** By height, from 1. */
  readonly blocks: readonly Block[];
  /** Transaction id -> height of its block. */
  readonly heightOf: ReadonlyMap<Hex32, number>;
  readonly signed: readonly Signed[];
}

/** Of a node that is not running, on a chain whose set did not change. */
export async function readHistory({ name, paths }: Validator, genesis: Genesis): Promise<History> {
  const store = await openStore(paths.data);
  try {
    const height = readTip(store)?.height ?? 0;
    const blocks = Array.from({ length: height }, (_, index) => readBlock(store, index + 1) as Block);
    const logged = loggedInputs(await readFile(join(paths.state, WAL_FILE)), genesis);
    const certificates = [...certificatesOf(store, blocks), ...logged.flatMap(certificatesIn)];
    const set = lightGenesis(genesis).nextValidators;
    return {
      name,
      blocks,
      heightOf: new Map(
        blocks.flatMap(({ txs, header }) => txs.map((tx) => [decodeTx(tx).id, header.height] as const)),
      ),
      signed: [
        ...certificates.flatMap((certificate) => signedIn(certificate, set)),
        ...logged.flatMap(signedBy),
      ],
    };
  } finally {
    await store.close();
  }
}

function loggedInputs(file: Uint8Array, genesis: Genesis): LogEntry[] {
  const log = readLog(sha256, genesisHash(genesis), file);
  return log.entries.filter(({ kind }) => kind === 'input').map(({ bytes }) => decodeLogEntry(bytes));
}

function certificatesOf(store: Store, blocks: readonly Block[]): Certificate[] {
  return blocks.flatMap(({ header, lastCertificate }) => {
    const used = store.get(TABLES.accountability, heightKey(header.height)) ?? new Uint8Array();
    const own = readOwnCertificate(store, header.height);
    return [lastCertificate, own, ...decode(certificateListShape, used, OBJECT_BYTES_MAX)].filter(
      (certificate) => certificate !== null && certificate !== undefined,
    );
  });
}

function certificatesIn(entry: LogEntry): Certificate[] {
  if (entry.type === 'certificate') return [entry.certificate];
  return entry.type === 'proposal' && entry.message.polka !== null ? [entry.message.polka] : [];
}

function signedIn({ signatures, ...content }: Certificate, set: ValidatorSet): Signed[] {
  return signatures.map(({ index }) => signedOf(set[index]?.id ?? '?', content));
}

function signedBy(entry: LogEntry): Signed[] {
  if (entry.type === 'vote') return [signedOf(entry.vote.validator, entry.vote)];
  return entry.type === 'proposal' ? [proposedBy(entry.message)] : [];
}

function signedOf(validator: Hex32, vote: Omit<Certificate, 'signatures'>): Signed {
  const { type, height, round, blockId, validRound } = vote;
  return { place: `${validator} ${type} ${height}/${round}`, what: `${blockId} ${validRound}` };
}

function proposedBy({ proposal }: ProposalMessage): Signed {
  const { validator, height, round, blockId, validRound } = proposal;
  return { place: `${validator} proposal ${height}/${round}`, what: `${blockId} ${validRound}` };
}

/** The places at which somebody signed two different things, over all that these nodes hold. */
export function conflictsIn(histories: readonly History[]): string[] {
  const first = new Map<string, string>();
  const conflicts = new Set<string>();
  for (const { place, what } of histories.flatMap(({ signed }) => signed)) {
    if ((first.get(place) ?? what) !== what) conflicts.add(place);
    first.set(place, what);
  }
  return [...conflicts];
}

/** Heights at which these nodes hold different blocks or state roots. */
export function forksIn(histories: readonly History[]): number[] {
  const heights = Math.max(...histories.map(({ blocks }) => blocks.length));
  return Array.from({ length: heights }, (_, index) => index + 1).filter((height) => {
    const held = histories.flatMap(({ blocks }) => blocks.slice(height - 1, height));
    return new Set(held.map(({ header }) => `${headerId(header)} ${header.stateRoot}`)).size > 1;
  });
}
