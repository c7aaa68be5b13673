import { describe, expect, it } from 'vitest';
import type { AdmittedPeer, Channel, Net, NetHandler } from '../../../src/ports.ts';
import { splitNet } from '../../../src/replica/split-net.ts';

const PEER = 'aa'.repeat(32);
const MESSAGE = Uint8Array.of(1);

function playedNet() {
  const calls: string[] = [];
  let handler: NetHandler | undefined;
  let connected: readonly string[] = [];
  const net: Net = {
    start: (given) => {
      calls.push('start');
      handler = given;
    },
    connected: () => connected,
    send: (_peer, channel) => {
      calls.push(`send ${channel}`);
      return true;
    },
    pause: () => undefined,
    penalize: (_peer, code) => calls.push(`penalize ${code}`),
    admit: (peers: readonly AdmittedPeer[]) => calls.push(`admit ${peers.length}`),
  };
  return {
    net,
    calls,
    connect: () => {
      connected = [PEER];
      handler?.onConnect(PEER);
    },
    disconnect: () => handler?.onDisconnect(PEER),
    deliver: (channel: Channel) => handler?.onMessage(PEER, channel, MESSAGE),
  };
}

function heard(): NetHandler & { readonly calls: string[] } {
  const calls: string[] = [];
  return {
    calls,
    onMessage: (_peer, channel) => calls.push(channel),
    onConnect: () => calls.push('+'),
    onDisconnect: () => calls.push('-'),
  };
}

describe('one adapter for two', () => {
  it('the adapter is started once, and each hears of its own channels and of every peer', () => {
    const played = playedNet();
    const { replica, custody } = splitNet(played.net);
    const [one, two] = [heard(), heard()];
    custody.start(two);
    replica.start(one);
    played.connect();
    for (const channel of ['agreement', 'transactions', 'sync', 'custody'] as const) played.deliver(channel);
    played.disconnect();
    expect(played.calls).toEqual(['start']);
    expect(one.calls).toEqual(['+', 'agreement', 'transactions', 'sync', '-']);
    expect(two.calls).toEqual(['+', 'custody', '-']);
  });

  it('who starts later is told of the connections that stand, and what came before it is lost', () => {
    const played = playedNet();
    const { replica, custody } = splitNet(played.net);
    replica.start(heard());
    played.connect();
    played.deliver('custody');
    const late = heard();
    custody.start(late);
    played.deliver('custody');
    expect(late.calls).toEqual(['+', 'custody']);
  });

  it('sending and blaming go through, and the gate is the replica’s', () => {
    const played = playedNet();
    const { replica, custody } = splitNet(played.net);
    expect(custody.send(PEER, 'custody', MESSAGE)).toBe(true);
    custody.penalize(PEER, 'custody.malformed');
    replica.admit([]);
    expect(played.calls).toEqual(['send custody', 'penalize custody.malformed', 'admit 0']);
    expect('admit' in custody).toBe(false);
  });
});
