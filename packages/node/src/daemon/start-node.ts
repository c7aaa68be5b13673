// Owns: a daemon's life: what it is told, which parts are brought up in which order, and taken down in reverse. Does not
// own: any part.
import { resolve } from 'node:path';
import { type ConsiliumError, genesisHash, type Hex32, useHashEngine } from '@consilium/core';
import manifest from '../../package.json' with { type: 'json' };
import { loadConfig } from '../config/load.ts';
import type { Config, SettingName } from '../config/settings.ts';
import { verifySodium } from '../crypto/ed25519-sodium.ts';
import { nativeHashEngine } from '../crypto/sha256-native.ts';
import { type HomePaths, homePaths } from '../files/home.ts';
import { readNextKeys } from '../keys/next-keys.ts';
import { createUnlocker } from '../keys/passphrase.ts';
import {
  readKeysBesideSigner,
  readNodeKeys,
  refuseDevelopment,
  refuseDevelopmentKeys,
} from '../keys/store.ts';
import type { Report } from '../ports.ts';
import { homeGenesis } from '../setup/genesis.ts';
import type { Trust } from '../sync/join-rows.ts';
import { createSystemClock } from '../system-clock.ts';
import { type Closers, createStop } from './closers.ts';
import { createCommitNews } from './commit-news.ts';
import { openLives } from './lives.ts';
import { createObserver, type Observer } from './observer.ts';
import { openApi } from './open-api.ts';
import type { NodeParts } from './parts.ts';
import type { Prepared } from './prepared.ts';
import { openWorkingParts } from './working-parts.ts';

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

async function prepare(options: StartOptions): Promise<Prepared> {
  const paths = homePaths(options.home);
  const { config } = await loadConfig(paths.config, options.environment, options.flags);
  const { keys, nextKeys } = await openKeys(paths, config, options);
  const genesis = await homeGenesis(paths, options.genesisFile, verifySodium);
  refuseDevelopmentKeys(keys, genesis.chainId);
  refuseDevelopment(Object.values(nextKeys), genesis.chainId);
  return { config, keys, nextKeys, genesis, genesisHash: genesisHash(genesis) };
}

async function openKeys(
  paths: HomePaths,
  config: Config,
  options: StartOptions,
): Promise<Pick<Prepared, 'keys' | 'nextKeys'>> {
  const { passphraseFile } = config.keys;
  const { unlock, forget } = createUnlocker({
    file: passphraseFile === '' ? undefined : resolve(paths.home, passphraseFile),
    credentials: options.environment['CREDENTIALS_DIRECTORY'],
    ask: options.askPassphrase,
  });
  try {
    const isApart = config.signer.socket !== '';
    const keys = isApart ? await readKeysBesideSigner(paths, unlock) : await readNodeKeys(paths, unlock);
    return { keys, nextKeys: await readNextKeys(paths, keys.account, unlock) };
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
  const { config, keys, genesis } = prepared;
  const systemClock = createSystemClock();
  const clock = parts.clock?.(systemClock) ?? systemClock;
  const { promise: failed, resolve: end } = Promise.withResolvers<ConsiliumError>();
  const news = createCommitNews();
  let observer: Observer | undefined;
  closers.push(() => observer?.close());
  const observe = ({ home }: HomePaths): Observer => {
    observer ??= createObserver(home, config);
    return observer;
  };
  const paths = homePaths(options.home);
  const { trust, signal } = options;
  const report: Report = (event) => observer?.report(event);
  const lives = await openLives({
    ...{ clock, news, genesis, report, end },
    folder: paths.home,
    open: (fail) =>
      openWorkingParts({
        folder: options.home,
        ...{ prepared, parts, clock, news, observe, fail, trust, signal },
      }),
  });
  closers.push(() => lives.close());
  if (options.endObservation !== undefined) lives.first.node.endObservation(options.endObservation);
  const home = { paths, store: lives.kv };
  const apiUrl = await openApi({ config, home, clock, report, api: lives.api }, closers);
  const identity = { version: VERSION, chainId: genesis.chainId, institution: config.name };
  const metricsUrl = await observe(paths).listen(identity, lives.facts);
  lives.start();
  report({
    level: 'info',
    code: 'node.started',
    name: config.name,
    api: apiUrl,
    metrics: metricsUrl,
  });
  return { name: config.name, institution: keys.account.account, apiUrl, metricsUrl, stop, failed };
}
