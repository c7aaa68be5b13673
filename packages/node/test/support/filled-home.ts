// A real home of a network of one hospital, made without sockets: its replica decides alone, on a real store, log and
// signing record, and its vault holds blobs.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  accountIdOf,
  type ConsensusParams,
  type ConsiliumError,
  DEFAULT_PARAMS,
  type Genesis,
  genesisHash,
  type Hex32,
  hashHex,
  type SecretKey,
  signTx,
  toHex,
} from '@consilium/core';
import { createSodiumSigner, verifySodium } from '../../src/crypto/ed25519-sodium.ts';
import { sha256Native } from '../../src/crypto/sha256-native.ts';
import { systemRandom } from '../../src/crypto/system-random.ts';
import { markChain } from '../../src/daemon/chain-marker.ts';
import { type HomePaths, homePaths, type OpenHome, openHome } from '../../src/files/home.ts';
import { readNodeKeys } from '../../src/keys/store.ts';
import type { Clock, Net } from '../../src/ports.ts';
import { createLedgerPool, createSignatures } from '../../src/replica/ledger-pool.ts';
import { type OpenedReplica, openReplica, SIGNING_RECORD_FILE } from '../../src/replica/open.ts';
import type { Committed } from '../../src/replica/replica.ts';
import { createGenesisFile, readGenesis } from '../../src/setup/genesis.ts';
import { initHome } from '../../src/setup/init.ts';
import { initialiseRecordFile } from '../../src/signing/record-file.ts';
import { createSystemClock } from '../../src/system-clock.ts';
import { openVault } from '../../src/vault/vault.ts';

export interface LoneHome {
  readonly paths: HomePaths;
  readonly genesis: Genesis;
}

const DEAF_NET: Net = {
  start: () => undefined,
  connected: () => [],
  send: () => false,
  pause: () => undefined,
  penalize: () => undefined,
  admit: () => undefined,
};

export async function makeLoneHome(folder: string, params: Partial<ConsensusParams> = {}): Promise<LoneHome> {
  const home = join(folder, 'home');
  const { paths } = await initHome({ home, name: 'Hospital Lone', listen: ['127.0.0.1:4100'] }, systemRandom);
  await createGenesisFile(
    {
      chainId: 'lone-1',
      cards: [paths.validatorCard],
      out: paths.genesis,
      params: { ...DEFAULT_PARAMS, ...params },
    },
    verifySodium,
  );
  return { paths: homePaths(home), genesis: await readGenesis(paths.genesis, verifySodium) };
}

export interface LoneNode extends AsyncDisposable {
  readonly home: OpenHome;
  readonly opened: OpenedReplica;
  /** Commits a block with this many transactions; gives their ids. */
  commit(txs?: number): Promise<readonly Hex32[]>;
  readonly failed: Promise<ConsiliumError>;
}

export interface LoneOptions {
  readonly clock?: Clock;
  readonly home?: (home: OpenHome) => OpenHome;
}

/** The portable part of a daemon at work in this process. */
export async function runLone({ paths, genesis }: LoneHome, options: LoneOptions = {}): Promise<LoneNode> {
  const clock = options.clock ?? createSystemClock();
  const keys = await readNodeKeys(paths);
  const own = await openHome(paths.home);
  const home = options.home?.(own) ?? own;
  const hash = genesisHash(genesis);
  await initialiseOnce(own, hash, keys.account.account);
  const signatures = createSignatures(verifySodium);
  const failed = Promise.withResolvers<ConsiliumError>();
  let pool: ReturnType<typeof createLedgerPool> | undefined;
  let told: (committed: Committed) => void = () => undefined;
  const opened = await new Promise<OpenedReplica>((resolve, reject) => {
    const report = (): void => undefined;
    openReplica(
      {
        ...{ genesis, genesisHash: hash, self: keys.account.account, net: DEAF_NET, clock, report },
        disk: home.disk,
        kv: home.store,
        random: systemRandom,
        verify: verifySodium,
        verifySender: (tx, key) => signatures.verifySender(tx, key),
        sha256: sha256Native,
        signBytes: createSodiumSigner(keys.validator.secret as SecretKey),
        createPool: (ledger) => {
          const onAdmitted = (): void => result?.replica.poolGrew();
          pool = createLedgerPool({ clock, report, net: DEAF_NET, signatures, onAdmitted }, ledger);
          return pool;
        },
        onCommit: (committed) => told(committed),
        onFailure: failed.resolve,
      },
      { rebroadcastMs: 60_000, statusMs: 60_000 },
      (outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome)),
    );
  });
  const result: OpenedReplica | undefined = opened;
  await markChain(own);
  opened.start();
  const secret = keys.account.secret as SecretKey;
  const commit = async (txs = 1): Promise<readonly Hex32[]> => {
    const made = Array.from({ length: txs }, () =>
      signTx(secret, {
        genesis: hash,
        sender: accountIdOf(secret.publicKey),
        validUntil: clock.wallMs() + 60_000,
        nonce: toHex(systemRandom.bytes(16)),
        actions: [{ type: 'chain.noop', version: 1, body: {} }],
      }),
    );
    const waiting = new Set(made.map(({ id }) => id));
    const all = new Promise<void>((resolve) => {
      told = ({ execution }) => {
        for (const { id } of execution.txs) waiting.delete(id);
        if (waiting.size === 0) resolve();
      };
    });
    for (const tx of made) pool?.submit(tx.bytes, () => undefined);
    await Promise.race([all, failed.promise.then((error) => Promise.reject(error))]);
    return made.map(({ id }) => id);
  };
  const stop = async (): Promise<void> => {
    opened.replica.stop();
    pool?.stop();
    await home.close();
  };
  return { home: own, opened, commit, failed: failed.promise, [Symbol.asyncDispose]: stop };
}

async function initialiseOnce({ disk, paths }: OpenHome, genesis: Hex32, validator: Hex32): Promise<void> {
  if (disk.read(SIGNING_RECORD_FILE) !== undefined) return;
  await new Promise<void>((resolve, reject) => {
    const done = (error?: ConsiliumError): void => (error === undefined ? resolve() : reject(error));
    initialiseRecordFile(disk, { name: SIGNING_RECORD_FILE, genesis, validator }, done);
  });
  await rm(paths.unsigned);
}

/** The time of day as the test sets it; everything else is the system's. */
export interface SetClock extends Clock {
  pass(ms: number): void;
}

export function createSetClock(): SetClock {
  const system = createSystemClock();
  let passedMs = 0;
  return {
    wallMs: () => system.wallMs() + passedMs,
    monotonicMs: () => system.monotonicMs(),
    after: (delayMs, fire) => system.after(delayMs, fire),
    pass: (ms) => {
      passedMs += ms;
    },
  };
}

/** Blobs in the vault: one in a segment, one as a file of its own. */
export async function fillVault({ home }: LoneNode): Promise<readonly Hex32[]> {
  const blobs = [systemRandom.bytes(5_000), systemRandom.bytes(100_000)];
  const vault = await openVault(home.paths.vault, home.store, () => undefined);
  await new Promise<void>((resolve, reject) =>
    vault.write(blobs, (error) => (error === undefined ? resolve() : reject(error))),
  );
  await vault.close();
  return blobs.map((bytes) => hashHex(bytes));
}
