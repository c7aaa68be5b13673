import { EventEmitter } from 'node:events';
import type { Server } from 'node:http';
import { describe, expect, test } from 'vitest';
import { boundConnections } from '../../../src/http/connections.ts';

class FakeSocket extends EventEmitter {
  readonly remoteAddress: string;
  readonly remotePort: number;
  open = true;

  constructor(remoteAddress: string, remotePort: number) {
    super();
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
  }

  destroy(): void {
    if (!this.open) return;
    this.open = false;
    this.emit('close');
  }
}

function bench(connectionsMax: number, perClientMax: number) {
  const server = new EventEmitter();
  boundConnections(server as unknown as Server, { connectionsMax, perClientMax });
  let port = 0;
  const connect = (address: string): FakeSocket => {
    port += 1;
    const socket = new FakeSocket(address, port);
    server.emit('connection', socket);
    return socket;
  };
  /** `complete`: whether it has arrived whole. Gives what ends its answer. */
  const ask = (socket: FakeSocket, complete = true): (() => void) => {
    const response = new EventEmitter();
    server.emit('request', { socket, complete }, response);
    return () => response.emit('close');
  };
  return { connect, ask };
}

const isOpen = ({ open }: FakeSocket): boolean => open;

describe('the connections of a listener', () => {
  test('of one address are bounded: its oldest that waits makes room', () => {
    const { connect } = bench(100, 2);
    const sockets = [connect('a'), connect('a'), connect('a')];
    expect(sockets.map(isOpen)).toEqual([false, true, true]);
    expect(connect('b').open).toBe(true);
  });

  test('over all are bounded: whoever holds the most makes room, not whoever comes', () => {
    const { connect } = bench(10, 8);
    const honest = [connect('honest'), connect('honest')];
    const crowd = Array.from({ length: 500 }, (_, n) => connect(`stranger ${n % 3}`));
    expect(honest.map(isOpen)).toEqual([true, true]);
    expect(crowd.filter(isOpen)).toHaveLength(8);
    expect(connect('newcomer').open).toBe(true);
  });

  test('that are answered stay, those whose request never arrives whole do not', () => {
    const { connect, ask } = bench(2, 2);
    const [answered, dripping] = [connect('a'), connect('a')];
    ask(answered);
    ask(dripping, false);
    expect(connect('b').open).toBe(true);
    expect([answered, dripping].map(isOpen)).toEqual([true, false]);
  });

  test('when all are answered the newcomer is closed, and one that has its answer makes room again', () => {
    const { connect, ask } = bench(1, 1);
    const held = connect('a');
    const end = ask(held);
    expect(connect('b').open).toBe(false);
    end();
    expect(connect('b').open).toBe(true);
    expect(held.open).toBe(false);
  });

  test('that end are forgotten', () => {
    const { connect } = bench(2, 1);
    for (let n = 0; n < 10; n += 1) connect('a').destroy();
    expect([connect('a'), connect('b')].map(isOpen)).toEqual([true, true]);
  });
});
