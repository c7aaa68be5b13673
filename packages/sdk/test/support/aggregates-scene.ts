// An institution with a real store on a disk and a ledger in memory.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Hex32, hashHex, utf8 } from '@consilium/core';
import type { Hospital } from '../../../core/test/kit/chain.ts';
import {
  type Client,
  type CommittedBatch,
  commitEntries,
  createClient,
  type ProveOptions,
  parseEntryInput,
  proveEntries,
  type Signer,
  type WaitingEntry,
} from '../../src/index.ts';
import {
  type AuditStore,
  openAuditAdder,
  openAuditQueue,
  openAuditStore,
  openEntriesSource,
  openOrMakeAuditStore,
} from '../../src/node-only/index.ts';
import { createFakeLedger, createFakeNode, type FakeLedger, type FakeNode } from './fake-node.ts';

export const pseudonym = (name: string): Hex32 => hashHex(utf8(`patient ${name}`));

export interface AggregatesScene extends AsyncDisposable {
  readonly ledger: FakeLedger;
  readonly node: FakeNode;
  readonly client: Client;
  readonly signer: Signer;
  readonly folder: string;
  readonly store: AuditStore;
  /** Lines of input, made durable together. */
  readonly add: (...lines: readonly object[]) => Promise<void>;
  readonly addAll: (entries: readonly WaitingEntry[]) => Promise<void>;
  /** The clock of the client is at this time, and a block is later. */
  readonly pass: (timeMs: number) => void;
  readonly commit: () => Promise<CommittedBatch | null>;
  readonly prove: (patient: Hex32, options?: ProveOptions) => Promise<string>;
}

export function inputLine(patient: string, more: object = {}): object {
  return {
    time: '2026-11-26T10:15:00+01:00',
    patient: pseudonym(patient),
    actor: 'm.keller',
    action: 'R',
    purpose: 'TREAT',
    ...more,
  };
}

export function entryOfLine(line: object, { actorSecret }: Pick<AuditStore, 'actorSecret'>): WaitingEntry {
  const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));
  return parseEntryInput(JSON.stringify(line), { actorSecret, random, pseudonymOf: () => undefined });
}

export async function createAggregatesScene(): Promise<AggregatesScene> {
  const ledger = createFakeLedger();
  const node = createFakeNode(ledger);
  const { chain } = ledger;
  const hospital = chain.hospitals[0] as Hospital;
  const signer = { account: hospital.id, key: hospital.account };
  let nowMs = chain.genesis.time;
  const client = createClient({
    node: node.url,
    genesis: chain.genesis,
    verify: chain.deps.verify,
    fetch: node.fetch,
    now: () => nowMs,
    pause: async (ms) => {
      nowMs += ms;
    },
  });
  const folder = await mkdtemp(join(tmpdir(), 'consilium-aggregates-'));
  const store = await openOrMakeAuditStore(folder, { genesis: client.genesisHash, institution: hospital.id });
  const addAll = async (entries: readonly WaitingEntry[]): Promise<void> => {
    await using adder = await openAuditAdder(store);
    await adder.add(entries);
  };
  return {
    ledger,
    node,
    client,
    signer,
    folder,
    store,
    addAll,
    add: (...lines) => addAll(lines.map((line) => entryOfLine(line, store))),
    pass: (timeMs) => {
      nowMs = timeMs;
      ledger.commit([], { time: timeMs });
    },
    commit: async () => {
      await using queue = await openAuditQueue(store);
      return await commitEntries(client, queue, signer);
    },
    prove: async (patient, options) =>
      proveEntries(client, await openEntriesSource(await openAuditStore(folder)), patient, options),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
