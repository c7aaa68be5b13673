// Owns: what a daemon says of itself at /v1/status, gathered from its parts. Does not own: the parts (open-node.ts).
import {
  findValidator,
  followerRole,
  followers,
  type Hex32,
  INSTITUTIONS,
  nextValidators,
  readRow,
  type StateReader,
  validatorsAfterNext,
} from '@consilium/core';
import type { InstitutionRole, NodeStatus, PeerStatus } from '../api/deps.ts';
import type { OpenHome } from '../files/home.ts';
import type { Mempool } from '../mempool/mempool.ts';
import type { Net } from '../ports.ts';
import { readBase, stateReader } from '../replica/chain.ts';
import type { Replica } from '../replica/replica.ts';
import type { Prepared } from './prepared.ts';
import { type NodeSigning, signingMode } from './signing.ts';

export interface NodeStatusDeps {
  readonly prepared: Prepared;
  readonly signing: Pick<NodeSigning, 'standing'>;
  readonly home: Pick<OpenHome, 'store'>;
  readonly net: Pick<Net, 'connected'>;
}

export function nodeStatus(
  { prepared, signing: { standing }, home, net }: NodeStatusDeps,
  replica: Pick<Replica, 'status'>,
  pool: Pick<Mempool, 'count' | 'bytes'>,
): NodeStatus {
  const { config, keys, genesis, genesisHash } = prepared;
  const { tip, round, awake, signing: mode, claimedTip, protocol } = replica.status();
  const institution = keys.account.account;
  return {
    chainId: genesis.chainId,
    genesis: genesisHash,
    name: config.name,
    institution,
    height: tip.height,
    base: readBase(home.store),
    blockId: tip.blockId,
    stateRoot: tip.stateRoot,
    time: tip.time,
    round,
    awake,
    peers: peersOf(home, institution, net.connected()),
    mempool: { txs: pool.count, bytes: pool.bytes },
    synced: tip.height >= claimedTip,
    signing: signingMode(mode, standing()),
    role: roleOf(stateReader(home.store), institution),
    protocol,
  };
}

function roleOf(state: StateReader, institution: Hex32): InstitutionRole {
  const isMember = findValidator(nextValidators(state), institution) !== undefined;
  return isMember ? 'validator' : (followerRole(state, institution) ?? 'none');
}

/** Every other hospital of the next two heights, and who follows, with whether it is connected. */
function peersOf(home: Pick<OpenHome, 'store'>, self: Hex32, connected: readonly Hex32[]): PeerStatus[] {
  const reader = stateReader(home.store);
  const ids = new Set([
    ...[...nextValidators(reader), ...validatorsAfterNext(reader)].map((validator) => validator.id),
    ...followers(reader).map((follower) => follower.institution),
  ]);
  ids.delete(self);
  return [...ids].map((institution) => ({
    institution,
    name: readRow(reader, INSTITUTIONS, institution)?.name ?? '',
    connected: connected.includes(institution),
  }));
}
