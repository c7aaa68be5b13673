// Owns: what a node says of itself. Nobody can prove it; what can be proven of its tip is asked for elsewhere (sync.ts).
import { type Hex32, isConsiliumError } from '@consilium/core';
import { invalidAnswer } from '../net/transport.ts';
import { readField, readId, readInteger, readList, readText } from './answer.ts';
import type { Session } from './session.ts';

export interface PeerStatus {
  readonly institution: Hex32;
  readonly name: string;
  readonly connected: boolean;
}

export interface NodeStatus {
  readonly node: string;
  readonly chainId: string;
  readonly genesis: Hex32;
  readonly name: string;
  readonly institution: Hex32;
  readonly height: number;
  /** Height of the earliest block that this node keeps. */
  readonly base: number;
  readonly blockId: Hex32;
  readonly stateRoot: Hex32;
  /** Block time. Milliseconds since the epoch. */
  readonly time: number;
  readonly round: number;
  readonly awake: boolean;
  readonly peers: readonly PeerStatus[];
  readonly mempool: { readonly txs: number; readonly bytes: number };
  readonly synced: boolean;
  readonly signing: string;
  /** Of its institution: validator, learner, observer, none. */
  readonly role: string;
  readonly protocol: ProtocolView;
}

/** Versions of the protocol: of the next height, the newest that the node knows, and what was decided to follow. */
export interface ProtocolView {
  readonly version: number;
  readonly supported: number;
  readonly upgrade: { readonly height: number; readonly version: number } | null;
}

/** Throws `NODE_UNREACHABLE` or `NODE_ANSWER_INVALID`. */
export async function readStatus(session: Session, node: string): Promise<NodeStatus> {
  const answer = await session.ask(node, { path: '/v1/status' });
  try {
    return statusOf(node, answer);
  } catch (error) {
    if (isConsiliumError(error)) throw invalidAnswer(node, 'not a status');
    throw error;
  }
}

function statusOf(node: string, answer: unknown): NodeStatus {
  const text = (name: string): string => readText(readField(answer, name), name);
  const id = (name: string): Hex32 => readId(readField(answer, name), name);
  const integer = (name: string): number => readInteger(readField(answer, name), name);
  const mempool = readField(answer, 'mempool');
  return {
    node,
    chainId: text('chainId'),
    genesis: id('genesis'),
    name: text('name'),
    institution: id('institution'),
    height: integer('height'),
    base: integer('base'),
    blockId: id('blockId'),
    stateRoot: id('stateRoot'),
    time: integer('time'),
    round: integer('round'),
    awake: readField(answer, 'awake') === true,
    peers: readList(readField(answer, 'peers'), 'peers').map(peerOf),
    mempool: {
      txs: readInteger(readField(mempool, 'txs'), 'mempool'),
      bytes: readInteger(readField(mempool, 'bytes'), 'mempool'),
    },
    synced: readField(answer, 'synced') === true,
    signing: text('signing'),
    role: text('role'),
    protocol: protocolOf(readField(answer, 'protocol')),
  };
}

function protocolOf(protocol: unknown): ProtocolView {
  const integer = (source: unknown, name: string): number => readInteger(readField(source, name), name);
  const upgrade = readField(protocol, 'upgrade');
  return {
    version: integer(protocol, 'version'),
    supported: integer(protocol, 'supported'),
    upgrade:
      upgrade === null ? null : { height: integer(upgrade, 'height'), version: integer(upgrade, 'version') },
  };
}

function peerOf(peer: unknown): PeerStatus {
  return {
    institution: readId(readField(peer, 'institution'), 'peers'),
    name: readText(readField(peer, 'name'), 'peers'),
    connected: readField(peer, 'connected') === true,
  };
}
