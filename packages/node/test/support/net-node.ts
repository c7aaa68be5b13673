// One network adapter on a loopback port with a handler that writes down what it is told.
import type { Hex32 } from '@consilium/core';
import { vi } from 'vitest';
import {
  createNet,
  type NetOptions,
  type NodeNet,
  networkKeyOf,
  networkKeyPair,
} from '../../src/net/index.ts';
import type { AdmittedPeer, Channel, ReportedEvent } from '../../src/ports.ts';

export const GENESIS: Hex32 = '5e'.repeat(32);

export interface NetNode {
  readonly institution: Hex32;
  readonly net: NodeNet;
  readonly peer: AdmittedPeer;
  readonly messages: { peer: Hex32; channel: Channel; message: Uint8Array }[];
  /** `+` and `-` with the institution, in the order of the calls. */
  readonly calls: string[];
  readonly reports: ReportedEvent[];
  /** Called inside each delivery, once it is set. */
  onMessage: (() => void) | undefined;
  reported(code: string): boolean;
}

/** Institutions are numbered: 1 is the lowest id. */
export function institutionOf(number: number): Hex32 {
  return number.toString(16).padStart(2, '0').repeat(32);
}

export function seedOf(number: number): Uint8Array {
  return new Uint8Array(32).fill(number);
}

export async function admittedPeer(number: number, addresses: readonly string[]): Promise<AdmittedPeer> {
  const networkKey = networkKeyOf(await networkKeyPair(seedOf(number)));
  return { institution: institutionOf(number), networkKey, addresses };
}

export async function startNetNode(number: number, options: Partial<NetOptions> = {}): Promise<NetNode> {
  const reports: ReportedEvent[] = [];
  const messages: NetNode['messages'] = [];
  const calls: string[] = [];
  const net = createNet(
    { report: (event) => reports.push(event) },
    {
      institution: institutionOf(number),
      networkSeed: seedOf(number),
      genesis: GENESIS,
      listen: ['/ip4/127.0.0.1/tcp/0'],
      ...options,
    },
  );
  await net.open();
  net.start({
    onConnect: (peer) => calls.push(`+${peer}`),
    onDisconnect: (peer) => calls.push(`-${peer}`),
    onMessage: (peer, channel, message) => {
      messages.push({ peer, channel, message });
      node.onMessage?.();
    },
  });
  const peer = await admittedPeer(number, net.addresses());
  const reported = (code: string): boolean => reports.some((event) => event.code === code);
  const node: NetNode = {
    institution: peer.institution,
    net,
    peer,
    messages,
    calls,
    reports,
    onMessage: undefined,
    reported,
  };
  return node;
}

/** Everybody admits everybody. */
export function admitAll(nodes: readonly NetNode[]): void {
  for (const node of nodes) node.net.admit(nodes.map((other) => other.peer));
}

/** Waits for a condition, never for a time. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  await vi.waitFor(
    () => {
      if (!holds()) throw new Error(`not yet: ${what}`);
    },
    { timeout: 20_000, interval: 5 },
  );
}

export async function untilConnected(nodes: readonly NetNode[]): Promise<void> {
  await until(() => nodes.every((node) => node.net.connected().length === nodes.length - 1), 'all connected');
}
