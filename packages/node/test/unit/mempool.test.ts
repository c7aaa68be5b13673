import { type Hex32, hashHex, TX_BYTES_MAX, type Tx, utf8 } from '@consilium/core';
import { describe, expect, test } from 'vitest';
import { CHECKS_PER_TURN, PEER_TXS_BURST, UNCHECKED_TXS_PER_SOURCE_MAX } from '../../src/limits.ts';
import type { SubmitOutcome } from '../../src/mempool/outcomes.ts';
import { createTestPool, idOf, type TestPool } from '../support/pool.ts';

const PEER: Hex32 = hashHex(utf8('a peer'));
const OTHER_PEER: Hex32 = hashHex(utf8('another peer'));
const RECEIVED: SubmitOutcome = { state: 'received' };

function pool(): TestPool {
  return createTestPool(['Aare', 'Birs']);
}

function bytesOf(txs: readonly Tx[]): Uint8Array[] {
  return txs.map((tx) => tx.bytes);
}

function many(t: TestPool, sender: string, count: number): Tx[] {
  return Array.from({ length: count }, () => t.tx(sender));
}

describe('way in', () => {
  test('a good transaction is received, pending, selected, and unknown after its block', () => {
    const t = pool();
    const tx = t.tx('Aare');
    expect(t.pool.statusOf(tx.id)).toEqual({ state: 'unknown' });
    expect(t.pool.hasWork()).toBe(false);
    expect(t.submit(tx.bytes)).toEqual(RECEIVED);
    expect(t.pool.statusOf(tx.id)).toEqual({ state: 'pending' });
    expect(t.pool.hasWork()).toBe(true);
    expect(t.pool.pending()).toEqual([tx.bytes]);
    expect(t.commit(10).map(({ id }) => id)).toEqual([tx.id]);
    expect(t.pool.statusOf(tx.id)).toEqual({ state: 'unknown' });
    expect(t.pool.hasWork()).toBe(false);
    expect([t.pool.count, t.pool.bytes]).toEqual([0, 0]);
  });

  test('bad ones are refused with their codes', () => {
    const t = pool();
    const good = t.tx('Aare');
    const refusals: [Uint8Array, string][] = [
      [new Uint8Array(0), 'ENCODING_INVALID'],
      [utf8('garbage'), 'ENCODING_INVALID'],
      [good.bytes.slice(0, -1), 'ENCODING_INVALID'],
      [new Uint8Array(TX_BYTES_MAX + 1), 'ENCODING_TOO_LARGE'],
      [t.tx('Aare', { badSignature: true }).bytes, 'TX_SIGNATURE_INVALID'],
      [t.tx('nobody').bytes, 'TX_ACCOUNT_UNKNOWN'],
      [t.tx('Aare', { validForMs: -1 }).bytes, 'TX_EXPIRED'],
      [t.tx('Aare', { genesis: hashHex(utf8('elsewhere')) }).bytes, 'TX_NETWORK_MISMATCH'],
    ];
    for (const [bytes, code] of refusals) expect(t.submit(bytes)).toMatchObject({ state: 'refused', code });
    expect(t.pool.count).toBe(0);
    expect(t.relayed).toEqual([]);
  });

  test('the same bytes again are received again, checked once and relayed once', () => {
    const t = pool();
    const tx = t.tx('Aare');
    const answers: SubmitOutcome[] = [];
    t.pool.submit(tx.bytes, (outcome) => answers.push(outcome));
    t.pool.submit(tx.bytes, (outcome) => answers.push(outcome));
    t.pool.addFromPeer(PEER, [tx.bytes]);
    t.clock.advance(0);
    expect(answers).toEqual([RECEIVED, RECEIVED]);
    expect(t.submit(tx.bytes)).toEqual(RECEIVED);
    t.clock.advance(100);
    expect(t.verified()).toBe(1);
    expect(t.relayed.flat().map(({ id }) => id)).toEqual([tx.id]);
  });

  test('a committed transaction is a duplicate', () => {
    const t = pool();
    const tx = t.tx('Aare');
    t.submit(tx.bytes);
    t.commit(1);
    expect(t.submit(tx.bytes)).toMatchObject({ code: 'TX_DUPLICATE' });
    t.pool.addFromPeer(PEER, [tx.bytes]);
    t.clock.advance(0);
    expect(t.pool.count).toBe(0);
  });

  test('a bad one costs its signature once; a later height may take what an earlier one refused', () => {
    const t = pool();
    const bad = t.tx('Aare', { badSignature: true });
    for (let count = 0; count < 5; count += 1) t.submit(bad.bytes);
    t.setHeight(2);
    expect(t.submit(bad.bytes)).toMatchObject({ code: 'TX_SIGNATURE_INVALID' });
    expect(t.verified()).toBe(1);
    const early = t.tx('new');
    expect(t.submit(early.bytes)).toMatchObject({ code: 'TX_ACCOUNT_UNKNOWN' });
    t.accounts.set(idOf('new'), { key: idOf('k'), institution: idOf('Aare'), isPerson: true });
    expect(t.submit(early.bytes)).toMatchObject({ code: 'TX_ACCOUNT_UNKNOWN' });
    t.setHeight(3);
    expect(t.submit(early.bytes)).toEqual(RECEIVED);
  });

  test('a turn checks a few, then lets others run', () => {
    const t = pool();
    let answered = 0;
    for (const bytes of bytesOf(many(t, 'Aare', 2 * CHECKS_PER_TURN + 1)))
      t.pool.submit(bytes, () => {
        answered += 1;
      });
    const seen: number[] = [];
    const watch = (): void => {
      seen.push(answered);
      if (answered < 2 * CHECKS_PER_TURN + 1) t.clock.after(0, watch);
    };
    t.clock.after(0, watch);
    t.clock.advance(0);
    expect(seen).toEqual([CHECKS_PER_TURN, 2 * CHECKS_PER_TURN, 2 * CHECKS_PER_TURN + 1]);
  });
});

describe('way in from peers', () => {
  test('only what no correct node relays costs the peer', () => {
    const t = pool();
    const expired = t.tx('Aare', { validForMs: -1 });
    const elsewhere = t.tx('Aare', { genesis: hashHex(utf8('elsewhere')) });
    t.pool.addFromPeer(PEER, [
      new Uint8Array(TX_BYTES_MAX + 1),
      utf8('garbage'),
      ...bytesOf([expired, elsewhere, t.tx('nobody'), t.tx('Aare', { badSignature: true })]),
    ]);
    t.clock.advance(0);
    expect(t.peerRefusals.map(({ peer, verdict, code }) => [peer, verdict, code])).toEqual([
      [PEER, 'reject', 'ENCODING_TOO_LARGE'],
      [PEER, 'reject', 'ENCODING_INVALID'],
      [PEER, 'ignore', 'TX_EXPIRED'],
      [PEER, 'reject', 'TX_NETWORK_MISMATCH'],
      [PEER, 'ignore', 'TX_ACCOUNT_UNKNOWN'],
      [PEER, 'ignore', 'TX_SIGNATURE_INVALID'],
    ]);
  });

  test('a flooding peer delays nobody else, and what is over its bound is dropped', () => {
    const t = pool();
    const flood = many(t, 'Aare', UNCHECKED_TXS_PER_SOURCE_MAX + 1);
    t.pool.addFromPeer(PEER, bytesOf(flood));
    expect(t.peerRefusals).toEqual([{ peer: PEER, verdict: 'ignore', code: 'MEMPOOL_FULL' }]);
    const answers: SubmitOutcome[] = [];
    t.pool.submit(t.tx('Birs').bytes, (outcome) => answers.push(outcome));
    const relayed = t.tx('Birs');
    t.pool.addFromPeer(OTHER_PEER, [relayed.bytes]);
    let afterOneTurn: unknown;
    t.clock.after(0, () => {
      afterOneTurn = [answers.length, t.pool.get(relayed.id) !== undefined, t.pool.count];
    });
    t.clock.advance(0);
    expect(afterOneTurn).toEqual([1, true, CHECKS_PER_TURN]);
  });

  test('a peer has a rate, and bad signatures use it up ten times as fast', () => {
    const t = pool();
    const tx = t.tx('Birs');
    const batch = Array(PEER_TXS_BURST - 20).fill(tx.bytes);
    t.pool.addFromPeer(PEER, [...batch, t.tx('Aare', { badSignature: true }).bytes]);
    t.clock.advance(0);
    t.pool.addFromPeer(PEER, Array(9).fill(tx.bytes));
    expect(t.peerRefusals.map(({ code }) => code)).toEqual(['TX_SIGNATURE_INVALID']);
    t.pool.addFromPeer(PEER, [tx.bytes]);
    expect(t.peerRefusals.at(-1)).toEqual({ peer: PEER, verdict: 'ignore', code: 'RATE_LIMITED' });
    t.clock.advance(1);
    t.pool.addFromPeer(PEER, Array(5).fill(tx.bytes));
    expect(t.peerRefusals).toHaveLength(2);
  });
});

describe('relay', () => {
  test('the first leaves at once, the next ones together after ten milliseconds', () => {
    const t = pool();
    t.submit(t.tx('Aare').bytes);
    expect(t.relayed.map((batch) => batch.length)).toEqual([1]);
    for (const bytes of bytesOf(many(t, 'Aare', 5))) t.submit(bytes);
    t.clock.advance(9);
    expect(t.relayed.map((batch) => batch.length)).toEqual([1]);
    t.clock.advance(1);
    expect(t.relayed.map((batch) => batch.length)).toEqual([1, 5]);
    t.clock.advance(10);
    t.submit(t.tx('Aare').bytes);
    expect(t.relayed.map((batch) => batch.length)).toEqual([1, 5, 1]);
  });

  test('a full batch does not wait', () => {
    const t = pool();
    t.submit(t.tx('Aare').bytes);
    for (let count = 0; count < 5; count += 1) t.submit(t.tx('Aare', { padding: 60_000 }).bytes);
    expect(t.relayed.map((batch) => batch.length)).toEqual([1, 5]);
  });

  test('says from which peer each came, so that it is not sent back', () => {
    const t = pool();
    const own = t.tx('Aare');
    const foreign = t.tx('Birs');
    t.pool.submit(own.bytes, () => {});
    t.pool.addFromPeer(PEER, [foreign.bytes]);
    t.clock.advance(0);
    expect(t.relayed.flat().map(({ id, from }) => [id, from])).toEqual([
      [own.id, null],
      [foreign.id, PEER],
    ]);
  });
});

describe('way out', () => {
  test('an expired one is no work, is not selected, and leaves', () => {
    const t = pool();
    const tx = t.tx('Aare', { validForMs: 1_500 });
    t.submit(tx.bytes);
    t.clock.advance(1_500);
    expect(t.pool.hasWork()).toBe(true);
    t.clock.advance(1);
    expect(t.pool.hasWork()).toBe(false);
    expect(t.pool.select(10, 1e6)).toEqual([]);
    t.clock.advance(1_000);
    expect(t.pool.count).toBe(0);
    expect(t.pool.statusOf(tx.id)).toEqual({ state: 'refused', code: 'TX_EXPIRED' });
  });

  test('what a sender signed with a key that it rotated away leaves with its code, and nothing else does', () => {
    const t = pool();
    const rotation = t.tx('Aare');
    const late = t.tx('Aare');
    const bystander = t.tx('Birs');
    for (const tx of [rotation, late, bystander]) t.submit(tx.bytes);
    t.accounts.set(idOf('Aare'), { key: idOf('new key'), institution: idOf('Aare'), isPerson: false });
    t.commitThese([rotation], [idOf('Aare')]);
    expect(t.pool.statusOf(late.id)).toEqual({ state: 'refused', code: 'TX_KEY_ROTATED' });
    expect(t.pool.statusOf(bystander.id)).toEqual({ state: 'pending' });
    expect(t.signatures.verifiedUnder(bystander.id)).toBe(t.accounts.get(idOf('Birs'))?.key);
  });

  test('the committed payload under another signature leaves too', () => {
    const t = pool();
    const tx = t.tx('Aare');
    const twin = tx.bytes.slice();
    twin.fill(1, -64);
    t.submit(tx.bytes);
    t.submit(twin);
    t.commitThese([tx]);
    expect(t.pool.statusOf(hashHex(twin))).toEqual({ state: 'refused', code: 'TX_DUPLICATE' });
  });

  test('what the builder leaves out for good leaves with its code', () => {
    const t = pool();
    const tx = t.tx('Aare');
    t.submit(tx.bytes);
    t.pool.refuse(new Map([[tx.id, 'TX_NOT_PERMITTED']]));
    expect(t.pool.statusOf(tx.id)).toEqual({ state: 'refused', code: 'TX_NOT_PERMITTED' });
    expect(t.pool.hasWork()).toBe(false);
  });

  test('bodies of a proposed value stay until the height ends, whatever happens to them in the pool', () => {
    const t = createTestPool(['Aare', 'Birs'], { txsMax: 2 });
    const soon = t.tx('Aare', { validForMs: 500 });
    const displaced = t.tx('Aare');
    const unchecked = t.tx('Aare');
    for (const tx of [soon, displaced]) t.submit(tx.bytes);
    t.pool.hold([soon, displaced, unchecked].map(({ id }) => id));
    t.pool.submit(unchecked.bytes, () => {});
    expect(t.pool.body(unchecked.id)).toEqual(unchecked.bytes);
    t.submit(t.tx('Birs').bytes);
    t.clock.advance(5_000);
    expect(t.pool.statusOf(displaced.id)).toMatchObject({ code: 'MEMPOOL_FULL' });
    expect(t.pool.statusOf(soon.id)).toMatchObject({ code: 'TX_EXPIRED' });
    for (const tx of [soon, displaced, unchecked]) expect(t.pool.body(tx.id)).toEqual(tx.bytes);
    t.commitThese([]);
    for (const tx of [soon, displaced, unchecked]) expect(t.pool.body(tx.id)).toBeUndefined();
  });

  test('what a proposal names is checked before all others', () => {
    const t = pool();
    const wanted = t.tx('Birs');
    t.pool.addFromPeer(PEER, bytesOf([...many(t, 'Aare', 3 * CHECKS_PER_TURN), wanted]));
    t.pool.hold([wanted.id]);
    let isThere = false;
    t.clock.after(0, () => {
      isThere = t.pool.hasWork() && t.pool.get(wanted.id) !== undefined;
    });
    t.clock.advance(0);
    expect(isThere).toBe(true);
  });

  test('decodes from memory what is here, and everything else like core', () => {
    const t = pool();
    const tx = t.tx('Aare');
    const stranger = t.tx('Aare');
    t.submit(tx.bytes);
    expect(t.pool.decode(tx.bytes.slice())).toBe(t.pool.get(tx.id));
    expect(t.pool.decode(stranger.bytes)).toEqual(stranger);
    expect(() => t.pool.decode(utf8('garbage'))).toThrow(
      expect.objectContaining({ code: 'ENCODING_INVALID' }),
    );
  });

  test('an empty pool holds no timer', () => {
    const t = pool();
    t.submit(t.tx('Aare').bytes);
    t.commit(1);
    t.clock.advance(5_000);
    expect(t.clock.timers()).toBe(0);
  });

  test('after stop nothing runs any more', () => {
    const t = pool();
    t.submit(t.tx('Aare').bytes);
    t.submit(t.tx('Aare').bytes);
    t.pool.submit(t.tx('Aare').bytes, () => {});
    t.pool.stop();
    expect(t.clock.timers()).toBe(0);
  });
});
