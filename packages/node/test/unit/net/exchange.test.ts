import { afterEach, describe, expect, it } from 'vitest';
import { CHANNEL_MESSAGE_BYTES_MAX } from '../../../src/limits.ts';
import type { Channel } from '../../../src/ports.ts';
import { admitAll, type NetNode, startNetNode, until, untilConnected } from '../../support/net-node.ts';

const CHANNELS: Channel[] = ['agreement', 'transactions', 'sync', 'custody'];
const nodes: NetNode[] = [];

async function start(...numbers: number[]): Promise<NetNode[]> {
  const started = await Promise.all(numbers.map((number) => startNetNode(number)));
  nodes.push(...started);
  return started;
}

function numbered(index: number): Uint8Array {
  const message = new Uint8Array(100);
  new DataView(message.buffer).setUint32(0, index);
  return message;
}

afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.net.stop()));
});

describe('two admitted nodes', () => {
  it('exchange 10,000 messages on each channel, both ways, in order', async () => {
    const [a, b] = (await start(1, 2)) as [NetNode, NetNode];
    admitAll([a, b]);
    await untilConnected([a, b]);
    for (let index = 0; index < 10_000; index += 1) {
      for (const channel of CHANNELS) {
        expect(a.net.send(b.institution, channel, numbered(index))).toBe(true);
        expect(b.net.send(a.institution, channel, numbered(index))).toBe(true);
      }
    }
    const all = 10_000 * CHANNELS.length;
    await until(() => a.messages.length === all && b.messages.length === all, 'all messages');
    for (const node of [a, b]) {
      for (const channel of CHANNELS) {
        const got = node.messages.filter((entry) => entry.channel === channel);
        const order = got.map(({ message }) => new DataView(message.buffer).getUint32(0));
        expect(order).toEqual(Array.from({ length: 10_000 }, (_, index) => index));
      }
    }
    expect(a.calls).toEqual([`+${b.institution}`]);
    expect(b.calls).toEqual([`+${a.institution}`]);
  });

  it('pass a message of 6 MB whole', async () => {
    const [a, b] = (await start(1, 2)) as [NetNode, NetNode];
    admitAll([a, b]);
    await untilConnected([a, b]);
    const big = Uint8Array.from({ length: 6 * 1024 * 1024 }, (_, index) => (index * 31) & 0xff);
    expect(a.net.send(b.institution, 'sync', big)).toBe(true);
    await until(() => b.messages.length === 1, 'the message');
    expect(Buffer.compare(b.messages[0]?.message ?? new Uint8Array(), big)).toBe(0);
  });

  it('refuse to send what is over the bound of a channel, or to whom they are not connected', async () => {
    const [a, b] = (await start(1, 2)) as [NetNode, NetNode];
    expect(a.net.send(b.institution, 'agreement', numbered(1))).toBe(false);
    admitAll([a, b]);
    await untilConnected([a, b]);
    const tooLong = new Uint8Array(CHANNEL_MESSAGE_BYTES_MAX.agreement + 1);
    expect(a.net.send(b.institution, 'agreement', tooLong)).toBe(false);
    expect(a.reported('P2P_MESSAGE_OVERSIZE')).toBe(true);
    expect(a.net.send(b.institution, 'agreement', tooLong.subarray(1))).toBe(true);
    await until(() => b.messages.length === 1, 'the greatest message');
  });

  it('share one address with others', async () => {
    const all = await start(1, 2, 3, 4, 5);
    admitAll(all);
    await untilConnected(all);
    const [first] = all as [NetNode];
    for (const other of all.slice(1)) first.net.send(other.institution, 'agreement', numbered(7));
    await until(() => all.slice(1).every((other) => other.messages.length === 1), 'one message at each');
  });
});
