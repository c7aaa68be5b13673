import { type Hex32, hashHex, secretKeyFromSeed, sha256, utf8 } from '@consilium/core';
import type { Net } from '@consilium/node/replica';
import { describe, expect, test } from 'vitest';
import { createKeyRegistry } from '../../src/world/key-registry.ts';
import { createLife, type Life } from '../../src/world/life.ts';
import { createPrng } from '../../src/world/prng.ts';
import { createScheduler, type Scheduler } from '../../src/world/scheduler.ts';
import { createSimNet, type SimNet } from '../../src/world/sim-net.ts';
import { createTrace, type Trace } from '../../src/world/trace.ts';

const A: Hex32 = hashHex(utf8('a'));
const B: Hex32 = hashHex(utf8('b'));

interface Node {
  readonly net: Net;
  readonly life: Life;
  /** Everything the handler was told, in words. */
  readonly heard: string[];
}

interface World {
  readonly scheduler: Scheduler;
  readonly net: SimNet;
  readonly trace: Trace;
  readonly settle: () => void;
  readonly boot: (self: Hex32, peers: readonly Hex32[]) => Node;
}

function world(seed: number): World {
  const scheduler = createScheduler();
  const trace = createTrace(scheduler, true);
  const net = createSimNet(scheduler, createPrng(seed), trace);
  const boot: World['boot'] = (self, peers) => {
    const life = createLife(scheduler);
    const heard: string[] = [];
    const opened = net.open(self, life);
    opened.admit(peers.map((institution) => ({ institution, networkKey: institution, addresses: [] })));
    opened.start({
      onMessage: (_peer, channel, message) => heard.push(`${channel} ${new TextDecoder().decode(message)}`),
      onConnect: () => heard.push('connect'),
      onDisconnect: () => heard.push('disconnect'),
    });
    return { net: opened, life, heard };
  };
  const settle = (): void => {
    scheduler.run(() => false, Number.MAX_SAFE_INTEGER);
  };
  return { scheduler, net, trace, settle, boot };
}

/** Two nodes that let each other in, connected. */
function pair(seed: number): World & { readonly a: Node; readonly b: Node } {
  const made = world(seed);
  const [a, b] = [made.boot(A, [B]), made.boot(B, [A])];
  made.settle();
  return { ...made, a, b };
}

function send(from: Node, to: Hex32, texts: readonly string[]): boolean[] {
  return texts.map((text) => from.net.send(to, 'agreement', utf8(text)));
}

const numbers = Array.from({ length: 40 }, (_, index) => `${index}`);

describe('simulated network', () => {
  test('connects those who let each other in, and nobody else', () => {
    const { boot, settle } = world(1);
    const [a, b] = [boot(A, [B]), boot(B, [])];
    settle();
    expect([a.heard, b.heard, a.net.connected()]).toEqual([[], [], []]);
    expect(send(a, B, ['x'])).toEqual([false]);
    b.net.admit([{ institution: A, networkKey: A, addresses: [] }]);
    settle();
    expect([a.heard, b.heard]).toEqual([['connect'], ['connect']]);
    expect(a.net.connected()).toEqual([B]);
    a.net.admit([]);
    settle();
    expect(b.heard).toEqual(['connect', 'disconnect']);
  });

  test('messages of a channel arrive in order, each once', () => {
    const { a, b, settle } = pair(2);
    expect(send(a, B, numbers)).not.toContain(false);
    settle();
    expect(b.heard).toEqual(['connect', ...numbers.map((text) => `agreement ${text}`)]);
  });

  test.each([
    ['loss', { loss: 0.5 }, (texts: string[]) => texts.length < numbers.length],
    ['duplication', { duplicate: 0.5 }, (texts: string[]) => texts.length > numbers.length],
    ['reordering', { reorder: 0.5 }, (texts: string[]) => `${texts}` !== `${numbers}` && texts.length === 40],
  ] as const)('a link with %s does that, in its direction only', (_name, fault, isSeen) => {
    const { a, b, net, settle } = pair(3);
    net.setLink(A, B, fault);
    send(a, B, numbers);
    send(b, A, numbers);
    settle();
    const texts = (node: Node): string[] => node.heard.slice(1).map((line) => line.split(' ')[1] ?? '');
    expect(isSeen(texts(b))).toBe(true);
    expect(texts(a)).toEqual(numbers);
  });

  test('a silent cut swallows one direction and the connection stands', () => {
    const { a, b, net, settle } = pair(4);
    net.setLink(A, B, { cut: true });
    expect(send(a, B, ['lost'])).toEqual([true]);
    send(b, A, ['through']);
    settle();
    expect([a.heard, b.heard]).toEqual([['connect', 'agreement through'], ['connect']]);
  });

  test('a noticed cut ends the connection on both sides, with what was on its way; healed, it comes back', () => {
    const { a, b, net, settle } = pair(5);
    send(a, B, ['on its way']);
    net.setConnected(A, B, false);
    settle();
    expect(send(a, B, ['x'])).toEqual([false]);
    net.setConnected(A, B, true);
    settle();
    for (const { heard } of [a, b]) expect(heard).toEqual(['connect', 'disconnect', 'connect']);
  });

  test('a node that died hears nothing more; its next life connects anew', () => {
    const { a, b, net, boot, settle } = pair(6);
    send(a, B, ['to the dead']);
    b.life.end();
    net.close(B);
    settle();
    const next = boot(B, [A]);
    settle();
    send(a, B, ['to the living']);
    settle();
    expect(b.heard).toEqual(['connect']);
    expect(a.heard).toEqual(['connect', 'disconnect', 'connect']);
    expect(next.heard).toEqual(['connect', 'agreement to the living']);
  });

  test('what a node holds against a peer is kept for checkers', () => {
    const { a, net } = pair(7);
    a.net.penalize(B, 'bad');
    expect(net.penalties).toEqual([{ by: A, peer: B, code: 'bad' }]);
  });
});

describe('trace', () => {
  function digestOf(seed: number, last = '39'): string {
    const { a, b, net, trace, settle } = pair(seed);
    net.setLink(A, B, { loss: 0.2, reorder: 0.3, duplicate: 0.1 });
    send(a, B, [...numbers.slice(0, -1), last]);
    send(b, A, numbers);
    settle();
    trace.say('the end');
    return trace.digest();
  }

  test('the same seed gives the same trace; another seed or another message another', () => {
    expect(digestOf(1)).toBe(digestOf(1));
    expect(digestOf(1)).not.toBe(digestOf(2));
    expect(digestOf(1)).not.toBe(digestOf(1, 'other'));
  });

  test('keeps the last lines, or all of them, with their times', () => {
    const scheduler = createScheduler();
    const [short, whole] = [createTrace(scheduler, false), createTrace(scheduler, true)];
    for (let line = 0; line < 2_000; line += 1) for (const trace of [short, whole]) trace.say(`line ${line}`);
    expect(whole.lines()).toHaveLength(2_000);
    expect(short.lines().at(-1)).toBe('0 line 1999');
    expect(short.lines().length).toBeLessThan(1_000);
    expect(short.digest()).toBe(whole.digest());
  });
});

describe.each(['fast', 'real'] as const)('%s signatures', (kind) => {
  const secret = secretKeyFromSeed(sha256(utf8('one')));
  const other = secretKeyFromSeed(sha256(utf8('two')));

  test('verify under their key and message only, the same each time', () => {
    const keys = createKeyRegistry(kind);
    const signature = keys.sign(secret, utf8('message'));
    keys.sign(other, utf8('message'));
    expect(keys.sign(secret, utf8('message'))).toBe(signature);
    expect(signature).toHaveLength(128);
    expect(keys.verify(secret.publicKey, signature, utf8('message'))).toBe(true);
    expect(keys.verify(secret.publicKey, signature, utf8('massage'))).toBe(false);
    expect(keys.verify(other.publicKey, signature, utf8('message'))).toBe(false);
    const flipped = (signature.startsWith('0') ? '1' : '0') + signature.slice(1);
    expect(keys.verify(secret.publicKey, flipped, utf8('message'))).toBe(false);
  });
});
