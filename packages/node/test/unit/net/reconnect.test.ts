import { afterEach, describe, expect, it } from 'vitest';
import type { NetOptions } from '../../../src/net/index.ts';
import { createLinkProxy, type LinkProxy } from '../../e2e/support/link-proxy.ts';
import {
  admitAll,
  institutionOf,
  type NetNode,
  startNetNode,
  until,
  untilConnected,
} from '../../support/net-node.ts';

const nodes: NetNode[] = [];
const proxies: LinkProxy[] = [];

async function start(number: number, options: Partial<NetOptions> = {}): Promise<NetNode> {
  const node = await startNetNode(number, options);
  nodes.push(node);
  return node;
}

async function proxyTo(node: NetNode): Promise<LinkProxy> {
  const proxy = await createLinkProxy({ host: '127.0.0.1', port: portOf(node) });
  proxies.push(proxy);
  return proxy;
}

function portOf(node: NetNode): number {
  return Number(node.net.addresses()[0]?.split('/')[4]);
}

/** A place where nobody listens. */
const NOWHERE = ['/ip4/127.0.0.1/tcp/1'];

afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.net.stop()));
  await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
});

describe('a link', () => {
  it.each([
    ['lower', 1, 2],
    ['higher', 2, 1],
  ])('comes back by itself after the %s id was restarted', async (_which, number, otherNumber) => {
    const other = await start(otherNumber);
    const first = await start(number);
    const listen = [`/ip4/127.0.0.1/tcp/${portOf(first)}`];
    admitAll([first, other]);
    await untilConnected([first, other]);
    await first.net.stop();
    await until(() => other.net.connected().length === 0, 'the loss is noticed');
    const second = await start(number, { listen });
    second.net.admit([second.peer, other.peer]);
    await untilConnected([second, other]);
    expect(other.calls).toEqual([`+${first.institution}`, `-${first.institution}`, `+${first.institution}`]);
  });

  it('is dialled from the higher id when the lower cannot', async () => {
    const lower = await start(1, { addressOverrides: { [institutionOf(2)]: NOWHERE } });
    const higher = await start(2, { limits: { reverseDialAfterMs: 100 } });
    admitAll([lower, higher]);
    await untilConnected([lower, higher]);
    expect(higher.reports.find((event) => event.code === 'P2P_CONNECTED')).toMatchObject({
      direction: 'outbound',
    });
  });

  it('is one link in the end when both ends dial at once', async () => {
    const options = { limits: { reverseDialAfterMs: 0 } };
    const [a, b] = [await start(1, options), await start(2, options)];
    const [toA, toB] = [await proxyTo(a), await proxyTo(b)];
    a.net.admit([{ ...b.peer, addresses: [toB.address] }]);
    b.net.admit([{ ...a.peer, addresses: [toA.address] }]);
    await untilConnected([a, b]);
    await until(() => toA.open + toB.open === 1, 'one connection');
    a.net.send(b.institution, 'agreement', Uint8Array.of(1));
    b.net.send(a.institution, 'agreement', Uint8Array.of(2));
    await until(() => a.messages.length === 1 && b.messages.length === 1, 'messages both ways');
    expect(toA.open + toB.open).toBe(1);
  });

  it('follows an institution to a new address', async () => {
    const a = await start(1);
    const b = await start(2);
    a.net.admit([{ ...b.peer, addresses: NOWHERE }]);
    b.net.admit([a.peer]);
    await until(() => a.reported('P2P_DIAL_FAILED'), 'the old address fails');
    a.net.admit([b.peer]);
    await untilConnected([a, b]);
  });

  it('reaches an address given by name', async () => {
    const [a, b] = [await start(1), await start(2)];
    a.net.admit([{ ...b.peer, addresses: [`/dns4/localhost/tcp/${portOf(b)}`] }]);
    b.net.admit([a.peer]);
    await untilConnected([a, b]);
  });

  it('passes over addresses that are none, and those of another peer', async () => {
    const [a, b] = [await start(1), await start(2)];
    const others = a.net.addresses();
    a.net.admit([{ ...b.peer, addresses: ['nonsense', ...others, ...b.peer.addresses] }]);
    b.net.admit([a.peer]);
    await untilConnected([a, b]);
  });

  it('follows an institution to a new network key, and drops the old one', async () => {
    const a = await start(1);
    const old = await start(2);
    admitAll([a, old]);
    await untilConnected([a, old]);
    const next = await start(3, { institution: institutionOf(2) });
    const moved = { ...next.peer, institution: institutionOf(2) };
    a.net.admit([moved]);
    next.net.admit([a.peer]);
    await until(() => next.net.connected().length === 1, 'the new key is connected');
    expect(a.net.connected()).toEqual([institutionOf(2)]);
    await until(() => old.net.connected().length === 0, 'the old key is cut off');
  });

  it('is given up when nothing is heard, and comes back when the cable does', async () => {
    const limits = { pingMs: 50, silentTicksMax: 20, tickMs: 20 };
    const b = await start(2, { limits });
    const proxy = await proxyTo(b);
    const a = await start(1, { limits, addressOverrides: { [b.institution]: [proxy.address] } });
    admitAll([a, b]);
    await until(() => a.calls.length > 0 && b.calls.length > 0, 'connected');
    proxy.stall();
    await until(() => a.reported('P2P_DISCONNECTED') && b.reported('P2P_DISCONNECTED'), 'both give up');
    for (const { reports } of [a, b]) {
      expect(reports.find(({ code }) => code === 'P2P_DISCONNECTED')).toMatchObject({
        reason: 'P2P_LINK_SILENT',
      });
    }
    proxy.heal();
    await until(() => a.calls.filter((call) => call.startsWith('+')).length > 1, 'connected again');
  });

  it('to a node of another network is refused by name', async () => {
    const a = await start(1);
    const b = await start(2, { genesis: '77'.repeat(32) });
    admitAll([a, b]);
    await until(() => a.reported('P2P_OTHER_NETWORK') && b.reported('P2P_OTHER_NETWORK'), 'both say so');
    expect([...a.calls, ...b.calls]).toEqual([]);
  });
});

describe('stop', () => {
  it('does not wait for a peer behind a pulled cable', async () => {
    const b = await start(2);
    const proxy = await proxyTo(b);
    const a = await start(1, { addressOverrides: { [b.institution]: [proxy.address] } });
    admitAll([a, b]);
    await untilConnected([a, b]);
    proxy.stall();
    while (a.net.send(b.institution, 'sync', new Uint8Array(1024 * 1024)));
    await a.net.stop();
    expect(a.reported('P2P_STOP_INCOMPLETE')).toBe(false);
    expect(a.net.connected()).toEqual([]);
  });

  it('frees the port, and the handler hears nothing of it', async () => {
    const [a, b] = [await start(1), await start(2)];
    admitAll([a, b]);
    await untilConnected([a, b]);
    const calls = [...a.calls];
    await a.net.stop();
    expect(a.calls).toEqual(calls);
    await start(1, { listen: [`/ip4/127.0.0.1/tcp/${portOf(b)}`] }).then(
      () => expect.unreachable('the port of b is taken'),
      (error: unknown) => expect(error).toMatchObject({ code: 'P2P_LISTEN_FAILED' }),
    );
  });
});
