// Owns: a daemon's life: which parts are brought up in which order, and taken down in reverse. Does not own: any part.
import { resolve } from 'node:path';
import { accountIdOf, type ConsiliumError, genesisHash, type Hex32, useHashEngine } from '@consilium/core';
import manifest from '../../package.json' with { type: 'json' };
import { loadConfig } from '../config/load.ts';
import { addressOverrides } from '../config/peers.ts';
import type { Config, SettingName } from '../config/settings.ts';
import { verifySodium } from '../crypto/ed25519-sodium.ts';
import { nativeHashEngine } from '../crypto/sha256-native.ts';
import { type HomePaths, homePaths, type OpenHome, openHome } from '../files/home.ts';
import type { DaemonKeys } from '../keys/key-file.ts';
import { createUnlocker } from '../keys/passphrase.ts';
import { readKeysBesideSigner, readNodeKeys, refuseDevelopmentKeys } from '../keys/store.ts';
import { createNet, type NodeNet } from '../net/index.ts';
import { countedNet, type PeerBytes, timedHome } from '../observe/timed-ports.ts';
import type { Clock } from '../ports.ts';
import { homeGenesis } from '../setup/genesis.ts';
import { attachSigner } from '../signer/attach.ts';
import type { Trust } from '../sync/join-rows.ts';
import { createSystemClock } from '../system-clock.ts';
import { openVault } from '../vault/vault.ts';
import { markChain, refuseLostChain } from './chain-marker.ts';
import { ensureSigningRecord } from './new-record.ts';
import { createObserver, type Observer } from './observer.ts';
import { openApi } from './open-api.ts';
import { openNode } from './open-node.ts';
import type { NodeParts } from './parts.ts';
import type { Prepared } from './prepared.ts';
import { type NodeSigning, ownSigning, signingThrough } from './signing.ts';
import { namesOf } from './why-facts.ts';

export interface StartOptions {
  readonly home: string;
  /** Taken over into the home at the first start. */
  readonly genesisFile?: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly flags: Readonly<Partial<Record<SettingName, string>>>;
  /** Asks whoever starts the node for the passphrase of its key files; undefined when nobody is at a terminal. */
  readonly askPassphrase?: () => Promise<Uint8Array>;
  /** A block that the operator was given by hand: an empty store begins from a snapshot on its chain. */
  readonly trust?: Trust;
  /** Ends a start that is still filling the store. */
  readonly signal?: AbortSignal;
  /** The operator's word that no earlier signature of this key is at or above this height. */
  readonly endObservation?: number;
}

export interface RunningNode {
  readonly name: string;
  readonly institution: Hex32;
  readonly apiUrl: string;
  readonly metricsUrl: string;
  /** Ends everything in reverse order, within 10 s. Safe to call again. */
  stop(): Promise<void>;
  /** Resolves with the error that ended the node by itself. */
  readonly failed: Promise<ConsiliumError>;
}

/** Of this software, as its package says. */
const VERSION: string = manifest.version;

interface SigningParts {
  readonly home: OpenHome;
  readonly prepared: Prepared;
  readonly observer: Observer;
  readonly clock: Clock;
}

type Closers = (() => void | Promise<void>)[];

/**
 * Throws the coded error of whichever part refuses; what was up by then is taken down again. `parts`: for test rigs.
 */
export async function startNode(options: StartOptions, parts: NodeParts = {}): Promise<RunningNode> {
  useHashEngine(nativeHashEngine);
  const prepared = await prepare(options);
  const closers: Closers = [];
  const stop = createStop(closers);
  try {
    return await bringUp(options, { prepared, parts }, closers, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Exactly one path closes: what was opened last goes first. */
function createStop(closers: Closers): () => Promise<void> {
  let stopping: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    for (const close of closers.toReversed()) await close();
  };
  return () => {
    stopping ??= run();
    return stopping;
  };
}

async function prepare(options: StartOptions): Promise<Prepared> {
  const paths = homePaths(options.home);
  const { config } = await loadConfig(paths.config, options.environment, options.flags);
  const keys = await openKeys(paths, config, options);
  const genesis = await homeGenesis(paths, options.genesisFile, verifySodium);
  refuseDevelopmentKeys(keys, genesis.chainId);
  return { config, keys, genesis, genesisHash: genesisHash(genesis) };
}

async function openKeys(paths: HomePaths, config: Config, options: StartOptions): Promise<DaemonKeys> {
  const { passphraseFile } = config.keys;
  const { unlock, forget } = createUnlocker({
    file: passphraseFile === '' ? undefined : resolve(paths.home, passphraseFile),
    credentials: options.environment['CREDENTIALS_DIRECTORY'],
    ask: options.askPassphrase,
  });
  try {
    if (config.signer.socket !== '') return await readKeysBesideSigner(paths, unlock);
    return await readNodeKeys(paths, unlock);
  } finally {
    forget();
  }
}

async function bringUp(
  options: StartOptions,
  { prepared, parts }: { readonly prepared: Prepared; readonly parts: NodeParts },
  closers: Closers,
  stop: () => Promise<void>,
): Promise<RunningNode> {
  const { config, keys } = prepared;
  const systemClock = createSystemClock();
  const clock = parts.clock?.(systemClock) ?? systemClock;
  const { promise: failed, resolve: fail } = Promise.withResolvers<ConsiliumError>();
  const opened = await openHome(options.home, { onDamage: fail });
  closers.push(() => opened.close());
  refuseLostChain(opened);
  const observer = createObserver(opened.paths.home, config);
  const home = timedHome(parts.home?.(opened) ?? opened, observer.writes, () => performance.now());
  closers.push(() => observer.close());
  const openedVault = await openVault(home.paths.vault, home.store, observer.report);
  closers.push(() => openedVault.close());
  const vault = parts.vault?.(openedVault) ?? openedVault;
  const signing = await openSigning({ home, prepared, observer, clock }, closers);
  const ownNet = createNodeNet(prepared, observer);
  const net = countedNet(parts.net?.(ownNet, prepared) ?? ownNet, bytesByName(home.store, observer));
  await net.open();
  closers.push(() => net.stop());
  const { report, count, committed: onCommitted, txCommitted: onCommittedAge } = observer;
  const { trust, signal } = options;
  const { protocolVersionMax } = parts;
  const adapters = {
    prepared,
    signing,
    home,
    clock,
    net,
    vault,
    report,
    count,
    onCommitted,
    onCommittedAge,
    fail,
  };
  const node = await openNode({ ...adapters, trust, signal, protocolVersionMax });
  closers.push(() => node.stop());
  await markChain(home);
  if (options.endObservation !== undefined) node.endObservation(options.endObservation);
  const apiUrl = await openApi({ config, home, clock, report, api: node.api }, closers);
  const identity = { version: VERSION, chainId: prepared.genesis.chainId, institution: config.name };
  const metricsUrl = await observer.listen(identity, node.facts);
  node.start();
  report({
    level: 'info',
    code: 'node.started',
    name: config.name,
    api: apiUrl,
    metrics: metricsUrl,
  });
  return { name: config.name, institution: keys.account.account, apiUrl, metricsUrl, stop, failed };
}

/** Only peers whom the ledger admits send or are sent anything: as many names as there are members. */
function bytesByName(kv: OpenHome['store'], { moved }: Observer): PeerBytes {
  const names = new Map<Hex32, string>();
  const nameOf = (peer: Hex32): string => {
    const name = names.get(peer) ?? namesOf(kv)(peer);
    names.set(peer, name);
    return name;
  };
  return {
    received: (peer, channel, bytes) => moved('received', nameOf(peer), channel, bytes),
    sent: (peer, channel, bytes) => moved('sent', nameOf(peer), channel, bytes),
  };
}

function createNodeNet({ config, keys, genesis, genesisHash: hash }: Prepared, observer: Observer): NodeNet {
  const institutions = genesis.validators.map(({ name, accountKey }) => ({
    id: accountIdOf(accountKey),
    name,
  }));
  const { byInstitution, unknown } = addressOverrides(config.peers.addresses, institutions);
  for (const name of unknown) observer.report({ level: 'warn', code: 'config.unknown-peer', name });
  return createNet(
    { report: observer.report },
    {
      institution: keys.account.account,
      networkSeed: keys.network.secret.seed,
      genesis: hash,
      listen: config.p2p.listen,
      addressOverrides: byInstitution,
    },
  );
}

async function openSigning(
  { home, prepared, observer, clock }: SigningParts,
  closers: Closers,
): Promise<NodeSigning> {
  const { config, keys, genesisHash: genesis } = prepared;
  const validator = keys.account.account;
  if (keys.validator !== undefined) {
    await ensureSigningRecord(home, { genesis, validator });
    return ownSigning(keys.validator.secret, genesis);
  }
  const socket = resolve(home.paths.home, config.signer.socket);
  const attached = await attachSigner({ clock, report: observer.report }, { socket, genesis, validator });
  closers.push(() => attached.stop());
  return signingThrough(attached);
}
