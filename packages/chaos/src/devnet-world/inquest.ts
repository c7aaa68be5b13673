// Owns: after the end of a run in which honest nodes hold different blocks, reading what each kept to explain it from its
// store. Does not own: who is guilty (checkers/fork.ts).
import { existsSync } from 'node:fs';
import {
  type Certificate,
  ConsiliumError,
  codeOf,
  decode,
  type Hex32,
  isConsiliumError,
  OBJECT_BYTES_MAX,
} from '@consilium/core';
import { openStore } from '@consilium/node';
import { certificateListShape, heightKey, TABLES } from '@consilium/node/replica';
import { homePaths } from '@consilium/node/setup';
import type { StoreSeen } from '../checkers/checker.ts';
import { forkHeight } from '../checkers/fork.ts';
import { type History, reached } from '../history/history.ts';

export interface DeadNode {
  readonly id: Hex32;
  readonly name: string;
  readonly home: string;
}

/** Their processes have ended. `judge`: is asked when there is a fork and all that is known of it is there. */
export async function holdInquest(
  history: History,
  stores: readonly StoreSeen[],
  nodes: readonly DeadNode[],
  judge: (stores: readonly StoreSeen[]) => void,
): Promise<void> {
  const honest = stores.filter(({ node }) => !history.hostile.has(node));
  const height = forkHeight(honest);
  if (height === undefined) return;
  const kept = new Map<Hex32, readonly Certificate[]>();
  for (const { id, name, home } of nodes.filter(({ id }) => honest.some(({ node }) => node === id))) {
    try {
      kept.set(id, await keptAt(home, height));
    } catch (error) {
      if (!isConsiliumError(error)) throw error;
      // Without its word the fork may look as if nobody had made it.
      history.unknown.push(`what ${name} kept of height ${height} cannot be read: ${codeOf(error)}`);
      return;
    }
  }
  reached(history, 'fork-examined');
  judge(
    stores.map((store) => ({
      ...store,
      certificatesAt: (at) => (at === height ? (kept.get(store.node) ?? []) : []),
    })),
  );
}

/** Polkas and the commit that a node acted on. Throws `STORE_GONE` {data} and what `openStore` throws. */
async function keptAt(home: string, height: number): Promise<readonly Certificate[]> {
  const { data } = homePaths(home);
  // A store that is not there would be made, and then says nothing.
  if (!existsSync(data)) throw new ConsiliumError('STORE_GONE', { data });
  await using store = await openStore(data);
  const bytes = store.get(TABLES.accountability, heightKey(height));
  return bytes === undefined ? [] : decode(certificateListShape, bytes, OBJECT_BYTES_MAX);
}
