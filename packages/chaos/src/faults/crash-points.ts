// Owns: a name for every place between two durable effects of a node, and how what reaches the
// ports through which it writes is named: the product knows nothing of them. Does not own: watching the ports, and who dies
// there (sim-world/, devnet-world/).
import { type KvWrite, SIGNING_RECORD_FILE, TABLES } from '@consilium/node/replica';

/** What a node makes durable, in the order in which a height does. */
const EFFECTS = {
  genesis: 'the state that the genesis says',
  'log-value': 'a value with its bodies and what follows from it, in the log',
  log: 'inputs and own messages, in the log',
  'signing-record': 'the record of a signature',
  commit: 'a block, whether agreement or sync brought it, with all that it leads to',
  'vault-write': 'ciphertext',
  'vault-remove': 'the destruction of ciphertext',
  package: 'a package of sealed records with its rows',
  'custody-rows': 'rows of custody without a package: what waits, what is owned, what is gone',
  erasure: 'how many erasures of the ledger are carried out',
  'join-rows': 'what a beginning from a snapshot has fetched and checked, its journal, or its end',
  'join-load': 'a part of the state, or of the replay window, put in its place while there is no tip',
  'join-install': 'the tip of a snapshot, with all that makes the store a chain',
  'blob-index': 'where ciphertext lies',
} as const;

export type DurableEffect = keyof typeof EFFECTS;

const PHASES = {
  asked: 'is about to be written',
  'under-way': 'is on its way to the disk',
  synced: 'is durable, and nobody was told',
} as const;

export type CrashPhase = keyof typeof PHASES;
export type CrashPointName = `${DurableEffect}-${CrashPhase}`;

export interface CrashPoint {
  readonly name: CrashPointName;
  readonly effect: DurableEffect;
  readonly phase: CrashPhase;
  readonly does: string;
  readonly sim: boolean;
  readonly devnet: boolean;
}

export const CRASH_POINTS: readonly CrashPoint[] = keysOf(EFFECTS).flatMap((effect) =>
  keysOf(PHASES).map(
    (phase): CrashPoint => ({
      name: `${effect}-${phase}`,
      ...{ effect, phase },
      does: `${EFFECTS[effect]} ${PHASES[phase]}`,
      // The simulated vault keeps its index by itself; from outside nobody sees what an operating system is at.
      sim: effect !== 'blob-index',
      devnet: phase !== 'under-way',
    }),
  ),
);

function keysOf<K extends string>(table: Readonly<Record<K, string>>): readonly K[] {
  return Object.keys(table) as K[];
}

/** What a sync of a file makes durable. `written`: what was written to it since the sync before. */
export function effectOfSync(name: string, written: readonly Uint8Array[]): DurableEffect {
  if (name === SIGNING_RECORD_FILE) return 'signing-record';
  return written.some(isValueFrame) ? 'log-value' : 'log';
}

/** Frames of the log: magic (4 bytes), kind, ... (`wal/frame.ts` of the node). */
const FRAME_MAGIC: readonly number[] = [0xc0, 0x5e, 0x11, 0xf7];
const VALUE_KIND = 3;

function isValueFrame(bytes: Uint8Array): boolean {
  return (
    FRAME_MAGIC.every((byte, index) => bytes[index] === byte) && bytes[FRAME_MAGIC.length] === VALUE_KIND
  );
}

export function effectOfBatch(writes: readonly KvWrite[]): DurableEffect {
  const touches = (table: number): boolean => writes.some((write) => write.table === table);
  if (touches(TABLES.joining)) return touches(TABLES.meta) ? 'join-install' : 'join-rows';
  if (!touches(TABLES.meta) && [TABLES.blocks, TABLES.state].some(touches)) return 'join-load';
  if (touches(TABLES.blocks)) return 'commit';
  if (touches(TABLES.meta)) return 'genesis';
  if (touches(TABLES.blobs)) return 'blob-index';
  if (touches(TABLES.erasures)) return 'erasure';
  const isPackage = writes.some(({ table, value }) => table === TABLES.packages && value !== null);
  return isPackage ? 'package' : 'custody-rows';
}

export type OnPoint = (point: CrashPointName) => void;
