// Owns: one life of the parts of a daemon that write or vote: home, vault, links, node; in which order they come up and go
// down. Does not own: when a life ends and the next begins (lives.ts), what asks them (API, probes).
import { resolve } from 'node:path';
import { accountIdOf, type ConsiliumError, type Hex32, type SecretKey } from '@consilium/core';
import { addressOverrides } from '../config/peers.ts';
import { type HomePaths, type OpenHome, openHome } from '../files/home.ts';
import { createNet, type NodeNet } from '../net/index.ts';
import { withIntroductions } from '../net/introductions.ts';
import { countedNet, type PeerBytes, timedHome } from '../observe/timed-ports.ts';
import type { Clock } from '../ports.ts';
import { expectedKeys } from '../replica/expected-keys.ts';
import { ensureSigningRecord } from '../setup/new-record.ts';
import { attachSigner } from '../signer/attach.ts';
import type { Trust } from '../sync/join-rows.ts';
import { openVault } from '../vault/vault.ts';
import { markChain, refuseLostChain } from './chain-marker.ts';
import { type Closers, createStop } from './closers.ts';
import type { CommitNews } from './commit-news.ts';
import { networkKeyFor } from './held-keys.ts';
import { doubtCopiedRecord } from './home-copy.ts';
import { namesOf } from './names.ts';
import type { Observer } from './observer.ts';
import { type OpenedNode, openNode } from './open-node.ts';
import type { NodeParts } from './parts.ts';
import type { Prepared } from './prepared.ts';
import { readIntroductions } from './read-introductions.ts';
import { type NodeSigning, ownSigning, signingThrough } from './signing.ts';

export interface WorkingPartsDeps {
  readonly folder: string;
  readonly prepared: Prepared;
  readonly parts: NodeParts;
  readonly clock: Clock;
  readonly news: CommitNews;
  /** Once the home is held. */
  readonly observe: (paths: HomePaths) => Observer;
  /** Something that must be durable is not, or what is read is damaged. */
  readonly fail: (error: ConsiliumError) => void;
  /** Where a home with an empty store begins, if not at genesis. */
  readonly trust: Trust | undefined;
  readonly signal: AbortSignal | undefined;
}

export interface WorkingParts {
  readonly home: OpenHome;
  readonly node: OpenedNode;
  /** Nothing is signed, written or sent any more; the store can be read until `close`. Safe to call again. */
  rest(): Promise<void>;
  close(): Promise<void>;
}

/** Throws the coded error of whichever part refuses; what was up by then is taken down again. */
export async function openWorkingParts(deps: WorkingPartsDeps): Promise<WorkingParts> {
  const [stores, workers]: [Closers, Closers] = [[], []];
  const rest = createStop(workers);
  const closeStores = createStop(stores);
  const close = async (): Promise<void> => {
    await rest();
    await closeStores();
  };
  try {
    const { home, node } = await bringUp(deps, stores, workers);
    return { home, node, rest, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function bringUp(
  deps: WorkingPartsDeps,
  stores: Closers,
  workers: Closers,
): Promise<Pick<WorkingParts, 'home' | 'node'>> {
  const { folder, prepared, parts, clock, news, observe, fail, trust, signal } = deps;
  const opened = await openHome(folder, { onDamage: fail, onFailure: fail });
  stores.push(() => opened.close());
  refuseLostChain(opened);
  const observer = observe(opened.paths);
  const home = timedHome(parts.home?.(opened) ?? opened, observer.writes, () => performance.now());
  const { report, count, committed: onCommitted, txCommitted: onCommittedAge } = observer;
  const openedVault = await openVault(home.paths.vault, home.store, report);
  stores.push(() => openedVault.close());
  const vault = parts.vault?.(openedVault) ?? openedVault;
  const signing = await openSigning(deps, home, observer, workers);
  const introduced = await readIntroductions(home.paths.introductions);
  const bare = createNodeNet(prepared, home.store, observer);
  const ownNet = withIntroductions(bare, prepared.keys.account.account, introduced);
  const net = countedNet(parts.net?.(ownNet, prepared) ?? ownNet, bytesByName(home.store, observer));
  await net.open();
  workers.push(() => net.stop());
  const { protocolVersionMax } = parts;
  const adapters = { prepared, signing, home, clock, net, vault, report, count, news, onCommitted, fail };
  const node = await openNode({ ...adapters, onCommittedAge, trust, signal, protocolVersionMax });
  workers.push(() => node.stop());
  await markChain(home);
  return { home, node };
}

/** Only peers whom the ledger admits send or are sent anything: as many names as there are members. */
function bytesByName(kv: OpenHome['store'], { moved }: Observer): PeerBytes {
  const names = new Map<Hex32, string>();
  const nameOf = (peer: Hex32): string => {
    const name = names.get(peer) ?? namesOf(kv)(peer);
    // Before the ledger has its row a name is its id.
    if (name !== peer) names.set(peer, name);
    return name;
  };
  return {
    received: (peer, channel, bytes) => moved('received', nameOf(peer), channel, bytes),
    sent: (peer, channel, bytes) => moved('sent', nameOf(peer), channel, bytes),
  };
}

function createNodeNet(
  { config, keys, nextKeys, genesis, genesisHash: hash }: Prepared,
  kv: OpenHome['store'],
  observer: Observer,
): NodeNet {
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
      networkSeed: networkKeyFor(kv, keys.network, nextKeys.network).secret.seed,
      genesis: hash,
      listen: config.p2p.listen,
      addressOverrides: byInstitution,
    },
  );
}

async function openSigning(
  { clock, prepared }: Pick<WorkingPartsDeps, 'clock' | 'prepared'>,
  home: OpenHome,
  observer: Observer,
  closers: Closers,
): Promise<NodeSigning> {
  const { config, keys, nextKeys, genesisHash: genesis } = prepared;
  const validator = keys.account.account;
  if (keys.validator !== undefined) {
    await ensureSigningRecord(home, { genesis, validator });
    const { paths, disk } = home;
    await doubtCopiedRecord({ paths, disk, report: observer.report }, { genesis, validator });
    const held = [keys.validator, nextKeys.validator].flatMap((key) => key?.secret ?? []);
    return ownSigning(held as SecretKey[], genesis, expectedKeys(home.store, validator));
  }
  const socket = resolve(home.paths.home, config.signer.socket);
  const attached = await attachSigner({ clock, report: observer.report }, { socket, genesis, validator });
  closers.push(() => attached.stop());
  return signingThrough(attached);
}
