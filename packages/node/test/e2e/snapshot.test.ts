import type { Hex32 } from '@consilium/core';
import { expect, test } from 'vitest';
import { startNode } from '../../src/daemon/start-node.ts';
import { decodeSnapshotMessage, encodeSnapshotMessage } from '../../src/messages/snapshot.ts';
import type { NodeNet } from '../../src/net/index.ts';
import type { Channel } from '../../src/ports.ts';
import { admit, makeSnapshot, trustAt, untilItVotes } from './support/joining.ts';
import { startLoad } from './support/load.ts';
import { createNetwork, type Validator } from './support/network.ts';
import { until } from './support/waiting.ts';

test('A new hospital begins from a snapshot while one of the others sends it false chunks, is killed on the way, and votes', async () => {
  await using network = await createNetwork();
  const [north, east, south, west] = network.validators as [Validator, Validator, Validator, Validator];
  for (const each of [north, east, south]) await each.start();
  const liar = await startNode(
    {
      home: west.paths.home,
      genesisFile: network.genesisFile,
      environment: {},
      flags: { 'log.file': 'lying.log' },
    },
    { net: lyingInChunks },
  );
  try {
    for (const each of [north, east, south]) await each.ready();
    const history = startLoad(network, [north, east, south]);
    await history.more(60);
    await history.stop();
    // Nobody commits anything meanwhile: all keep the same one.
    const made = await Promise.all([north, east, south, west].map((each) => makeSnapshot(network, each)));
    expect(new Set(made.map(({ height }) => height)).size).toBe(1);

    const lake = await network.newcomer('Hospital Lake');
    await admit(network, lake, [north, east, south]);
    const trust = await trustAt(network, north);
    await lake.start([], ['--trust', trust]);
    await until('the newcomer has chosen', () => lake.log().includes('"join.chosen"'));
    await lake.kill();
    await lake.start([], ['--trust', trust]);
    const load = startLoad(network, [north, east, south]);
    await untilItVotes(network, lake);
    expect(lake.log()).toContain('"join.done"');
    await load.stop();
    expect([...history.refused, ...load.refused]).toEqual([]);
  } finally {
    await liar.stop();
  }
}, 300_000);

/** The last byte of each chunk is another one. */
function lyingInChunks(net: NodeNet): NodeNet {
  const bent = (bytes: Uint8Array): Uint8Array => {
    const message = decodeSnapshotMessage(bytes);
    if (message.type !== 'chunk') return bytes;
    const chunk = message.bytes.map((byte, at) => (at === message.bytes.length - 1 ? byte ^ 1 : byte));
    return encodeSnapshotMessage({ ...message, bytes: chunk });
  };
  return {
    open: () => net.open(),
    start: (handler) => net.start(handler),
    stop: () => net.stop(),
    connected: () => net.connected(),
    penalize: (peer, code) => net.penalize(peer, code),
    pause: (peer, channel, forMs) => net.pause(peer, channel, forMs),
    admit: (peers) => net.admit(peers),
    addresses: () => net.addresses(),
    stats: () => net.stats(),
    send: (peer: Hex32, channel: Channel, message) =>
      net.send(peer, channel, channel === 'snapshot' ? bent(message) : message),
  };
}
