import { connect } from 'node:net';
import type { MultiaddrConnection } from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import { afterEach, describe, expect, it } from 'vitest';
import { PENDING_OTHERS_MAX, PENDING_PER_KNOWN_HOST_MAX } from '../../../src/limits.ts';
import { createGate } from '../../../src/net/gate.ts';
import { admitAll, type NetNode, startNetNode, until, untilConnected } from '../../support/net-node.ts';

const nodes: NetNode[] = [];

async function start(...numbers: number[]): Promise<NetNode[]> {
  const started = await Promise.all(numbers.map((number) => startNetNode(number)));
  nodes.push(...started);
  return started;
}

afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.net.stop()));
});

describe('the gate', () => {
  it('refuses a stranger that dials, and counts it', async () => {
    const [stranger, b] = (await start(1, 2)) as [NetNode, NetNode];
    stranger.net.admit([stranger.peer, b.peer]);
    b.net.admit([b.peer]);
    await until(() => b.net.stats().strangersRefused > 0, 'the refusal');
    await until(
      () => stranger.reported('P2P_DISCONNECTED') || stranger.reported('P2P_DIAL_FAILED'),
      'the end of it',
    );
    expect(b.reported('P2P_STRANGER_REFUSED')).toBe(true);
    expect([...stranger.calls, ...b.calls]).toEqual([]);
  });

  it('never dials a peer that is not admitted, nor one that answers at the address of another', async () => {
    const [a, b, other] = (await start(1, 2, 3)) as [NetNode, NetNode, NetNode];
    a.net.admit([a.peer, { ...b.peer, addresses: [] }, { ...b.peer, addresses: ['/ip4/127.0.0.1/tcp/1'] }]);
    other.net.admit([a.peer]);
    const place = other.net.addresses()[0]?.replace(/\/p2p\/.*$/, '') ?? '';
    a.net.admit([a.peer, { ...b.peer, addresses: [place] }]);
    await until(() => a.reported('P2P_DIAL_FAILED'), 'the failed dial');
    expect([...a.calls, ...other.calls]).toEqual([]);
  });

  it('cuts off at once whoever leaves the set, and takes it back when it returns', async () => {
    const [a, b] = (await start(1, 2)) as [NetNode, NetNode];
    admitAll([a, b]);
    await untilConnected([a, b]);
    b.net.admit([b.peer]);
    expect(b.net.connected()).toEqual([]);
    expect(b.net.send(a.institution, 'agreement', Uint8Array.of(1))).toBe(false);
    await until(() => a.calls.length === 2 && b.calls.length === 2, 'both were told');
    b.net.admit([a.peer, b.peer]);
    await untilConnected([a, b]);
    expect(a.calls).toEqual([`+${b.institution}`, `-${b.institution}`, `+${b.institution}`]);
    expect(b.calls).toEqual([`+${a.institution}`, `-${a.institution}`, `+${a.institution}`]);
  });

  it('survives garbage on its port', async () => {
    const [a, b] = (await start(1, 2)) as [NetNode, NetNode];
    const port = Number(b.net.addresses()[0]?.split('/')[4]);
    const garbage = Uint8Array.from({ length: 4096 }, (_, index) => (index * index * 37) & 0xff);
    const closed = Array.from({ length: 12 }, (_, index) => {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(garbage.subarray(index * 100));
      return new Promise((resolve) => socket.on('close', resolve));
    });
    await Promise.all(closed);
    admitAll([a, b]);
    await untilConnected([a, b]);
  });

  it('lets strangers wait in few places, none of them one of a known address', () => {
    const gate = createGate({
      judge: () => undefined,
      knowsHost: (host) => host === '10.0.0.1',
      learnHost: () => undefined,
      report: () => undefined,
    });
    const arrive = (host: string): boolean => gate.gater.denyInboundConnection?.(arriving(host)) === false;
    const strangers = Array.from({ length: 1000 }, (_, index) => arrive(`10.9.${index >> 8}.${index & 255}`));
    expect(strangers.filter(Boolean)).toHaveLength(PENDING_OTHERS_MAX);
    const known = Array.from({ length: 100 }, () => arrive('10.0.0.1'));
    expect(known.filter(Boolean)).toHaveLength(PENDING_PER_KNOWN_HOST_MAX);
    expect(gate.counts.pendingRefused).toBe(1100 - PENDING_OTHERS_MAX - PENDING_PER_KNOWN_HOST_MAX);
  });

  it('gives a place back when a waiting connection ends', () => {
    const gate = createGate({
      judge: () => undefined,
      knowsHost: () => false,
      learnHost: () => undefined,
      report: () => undefined,
    });
    const first = arriving('10.0.0.1');
    expect(gate.gater.denyInboundConnection?.(first)).toBe(false);
    for (let count = 1; count < PENDING_OTHERS_MAX; count += 1)
      gate.gater.denyInboundConnection?.(arriving('10.0.0.2'));
    expect(gate.gater.denyInboundConnection?.(arriving('10.0.0.3'))).toBe(true);
    first.dispatchEvent(new Event('close'));
    expect(gate.gater.denyInboundConnection?.(arriving('10.0.0.3'))).toBe(false);
  });
});

/** As much of an incoming connection as the gate looks at: addresses that one machine cannot dial from. */
function arriving(host: string): MultiaddrConnection {
  const connection = Object.assign(new EventTarget(), { remoteAddr: multiaddr(`/ip4/${host}/tcp/9`) });
  return connection as unknown as MultiaddrConnection;
}
