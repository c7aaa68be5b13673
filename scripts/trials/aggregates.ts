// Owns: how many entries of its own systems a hospital can have committed in a second: four real daemons, a real store on
// this disk, one root a second meanwhile; then every entry is proven alone, and a dropped one noticed.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { AGGREGATES, type Hex32, hashHex, readRow, utf8, verifyBatchEntry } from '@consilium/core';
import { createNetwork } from '../../packages/node/test/e2e/support/network.ts';
import {
  type Client,
  type CommittedBatch,
  commitEntries,
  parseEntryInput,
  proveEntries,
  type Signer,
  verifyEntriesFile,
} from '../../packages/sdk/src/index.ts';
import {
  type AuditStore,
  openAuditAdder,
  openAuditQueue,
  openEntriesSource,
  openOrMakeAuditStore,
} from '../../packages/sdk/src/node-only/index.ts';
import { numberOf } from './support/options.ts';
import type { Trial } from './trial.ts';

const PSEUDONYMS = 5_000;
/** Lines that a stream hands over at once: a pipe holds 64 KB. */
const PORTION = 256;
const EVERY_MS = 1_000;

export const trial: Trial = {
  about:
    '100,000 entries of a hospital through its store under one root a second, each proven alone, one missing noticed (1 minute; --entries N)',
  run: async ({ args, tell }) => {
    const { values } = parseArgs({
      args: [...args],
      options: { entries: { type: 'string', default: '100000' } },
    });
    const count = numberOf(values.entries, '--entries');
    const folder = await mkdtemp(join(tmpdir(), 'consilium-aggregates-'));
    await using network = await createNetwork();
    try {
      await network.start();
      const [validator] = network.validators;
      if (validator === undefined) throw new Error('no hospital');
      const client = network.client();
      const institution = validator.institution;
      const store = await openOrMakeAuditStore(folder, { genesis: client.genesisHash, institution });
      const taken = await through(client, store, validator.signer, linesOf(count), tell);
      const each = await provenAlone(client, store, count, tell);
      return { entries: count, pseudonyms: PSEUDONYMS, ...taken, ...each, ...(await asFiles(client, store)) };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

const pseudonym = (number: number): Hex32 => hashHex(utf8(`pseudonym ${number % PSEUDONYMS}`));

function linesOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, number) =>
    JSON.stringify({
      time: new Date(1_790_000_000_000 + number * 10).toISOString(),
      patient: pseudonym(number),
      actor: `user ${number % 997}`,
      action: 'R',
      purpose: 'TREAT',
      detail: { screen: 'chart', number },
    }),
  );
}

/** From lines of input to roots on the ledger: one adds while another commits what there is, once a second. */
async function through(
  client: Client,
  store: AuditStore,
  signer: Signer,
  lines: readonly string[],
  tell: (line: string) => void,
): Promise<Readonly<Record<string, number>>> {
  const begunMs = performance.now();
  const secondsSince = (): number => (performance.now() - begunMs) / 1_000;
  let durableSeconds: number | undefined;
  const adding = addAll(store, lines).then(() => {
    durableSeconds = secondsSince();
    tell(`all are durable in the store after ${durableSeconds.toFixed(1)} s`);
  });
  await using queue = await openAuditQueue(store);
  const batches: CommittedBatch[] = [];
  for (let more = true; more; ) {
    const ended = durableSeconds !== undefined;
    const nextMs = performance.now() + EVERY_MS;
    const batch = await commitEntries(client, queue, signer);
    if (batch !== null) batches.push(batch);
    more = batch !== null || !ended;
    if (more && !ended) await delay(Math.max(0, nextMs - performance.now()));
  }
  await adding;
  const seconds = secondsSince();
  const committed = batches.reduce((sum, { count }) => sum + count, 0);
  if (committed !== lines.length) throw new Error(`${committed} of ${lines.length} entries were committed`);
  return {
    batches: batches.length,
    durablePerSecond: Math.round(lines.length / (durableSeconds ?? seconds)),
    committedPerSecond: Math.round(lines.length / seconds),
  };
}

async function addAll({ actorSecret, ...store }: AuditStore, lines: readonly string[]): Promise<void> {
  await using adder = await openAuditAdder({ actorSecret, ...store });
  const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));
  const deps = { actorSecret, random, pseudonymOf: () => undefined };
  for (let from = 0; from < lines.length; from += PORTION)
    await adder.add(lines.slice(from, from + PORTION).map((line) => parseEntryInput(line, deps)));
}

/** Every entry under the row of its batch, as a node proves that row. */
async function provenAlone(
  client: Client,
  store: AuditStore,
  count: number,
  tell: (line: string) => void,
): Promise<Readonly<Record<string, number>>> {
  const source = await openEntriesSource(store);
  const begunMs = performance.now();
  let proven = 0;
  for (let index = 0; index < source.batches(); index += 1) {
    const { value: row } = await client.read((state) => readRow(state, AGGREGATES, store.institution, index));
    for (const { entry, place } of await source.batch(index))
      if (row !== undefined && verifyBatchEntry(row, entry, place)) proven += 1;
  }
  if (proven !== count) throw new Error(`${proven} of ${count} entries are provable`);
  tell(`${proven} entries proven, each alone`);
  return { provenPerSecond: Math.round(proven / ((performance.now() - begunMs) / 1_000)) };
}

/** What a patient is handed; and with one line less. */
async function asFiles(client: Client, store: AuditStore): Promise<Readonly<Record<string, number>>> {
  const { genesis } = client.session.chain;
  const begunMs = performance.now();
  const text = await proveEntries(client, await openEntriesSource(store), pseudonym(0));
  const exportMs = Math.round(performance.now() - begunMs);
  const { entries } = verifyEntriesFile(text, genesis);
  const lines = text.split('\n');
  const missing = lines.toSpliced((entries[3]?.line ?? 0) - 1, 1).join('\n');
  let noticed = false;
  try {
    verifyEntriesFile(missing, genesis);
  } catch {
    noticed = true;
  }
  if (!noticed) throw new Error('a missing entry was not noticed');
  return { exportEntries: entries.length, exportMs, exportBytes: text.length };
}
