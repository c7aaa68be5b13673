import {
  equalBytes,
  genesisValidators,
  hashHex,
  headerId,
  isConsiliumError,
  utf8,
  type Vote,
  verifyVote,
  votePayload,
} from '@consilium/core';
import { decodeMessage, encodeMessage, type WireMessage } from '@consilium/node/replica';
import { createPrng } from '@consilium/sim';
import { beforeAll, describe, expect, test } from 'vitest';
import { type MutationDeps, mutated } from '../../src/byzantine/mutate.ts';
import { forgeOf } from '../../src/sim-world/hands.ts';
import { keepSubmitting, type Network, network, votesIn } from '../support/network.ts';

/** Of each type that was sent in a run with evidence, round changes and a node that syncs. */
const corpus = new Map<WireMessage['type'], WireMessage[]>();
const TYPES: readonly WireMessage['type'][] = [
  'blocks',
  'blocks-request',
  'bodies',
  'bodies-request',
  'certificate',
  'evidence',
  'proposal',
  'status',
  'transactions',
  'value',
  'value-request',
  'votes',
];
const PER_TYPE_MAX = 40;
let net: Network;

beforeAll(() => {
  net = network({ seed: 3 });
  net.cluster.net.onDelivered((_from, _to, _channel, bytes) => {
    try {
      const message = decodeMessage(bytes);
      const known = corpus.get(message.type) ?? [];
      if (known.length < PER_TYPE_MAX) corpus.set(message.type, [...known, message]);
    } catch (error) {
      if (!isConsiliumError(error)) throw error;
    }
  });
  // The first one hears of no proposal for a while, and asks for the values that the others have a quorum for.
  net.cluster.net.setTap((_from, to, _channel, bytes) =>
    to === net.node(0).id && decodeMessage(bytes).type === 'proposal' ? [] : [bytes],
  );
  keepSubmitting(net, [0, 1, 2, 3], 100);
  net.until(() => corpus.has('value'), 60_000);
  net.cluster.net.setTap(undefined);
  const world = net.world();
  const prng = net.cluster.prng.fork('corpus');
  const inject = (fault: 'jitter' | 'drop' | 'equivocate-prevote', params = {}) =>
    world.inject({ fault, targets: ['n4'], params, prng });
  const undos = [
    inject('drop', { chance: 0.3 }),
    inject('jitter', { ms: 300 }),
    inject('equivocate-prevote'),
  ];
  net.untilHeight(15, 120_000, net.nodes.slice(0, 3));
  net.node(1).kill();
  net.pass(3_000);
  net.node(1).start();
  net.until(() => TYPES.every((type) => corpus.has(type)), 120_000);
  for (const undo of undos) undo();
});

function depsOf(seed: number): MutationDeps {
  const { hospitals, nodes } = net.cluster;
  const owner = hospitals[3] as (typeof hospitals)[number];
  const ids = [hashHex(utf8('one')), hashHex(utf8('other'))];
  return { self: nodes[3]?.id ?? '', forge: forgeOf(net.cluster, owner), prng: createPrng(seed), ids };
}

describe('A mutated message', () => {
  test('comes of every type that validators exchange.', () => {
    expect([...corpus.keys()].sort()).toEqual(TYPES);
  });

  test('differs from the true one, and decodes.', () => {
    let changed = 0;
    for (const messages of corpus.values()) {
      for (const [index, message] of messages.entries()) {
        const bytes = mutated(depsOf(index), message);
        if (bytes === undefined) continue;
        changed += 1;
        decodeMessage(bytes);
        expect(bytes).not.toEqual(encodeMessage(message));
      }
    }
    expect(changed).toBeGreaterThan(100);
  });

  test('is signed anew where the statement is its own, unless the signature is what was changed.', () => {
    const { founders, keys, nodes } = net.cluster;
    const key = genesisValidators(founders.genesis).find(({ id }) => id === nodes[3]?.id)?.key ?? '';
    const deps = depsOf(1);
    const vote = deps.forge.vote({ type: 'prevote', height: 7, round: 1, blockId: null, validRound: -1 });
    const own = Array.from({ length: 400 }, () => mutated(deps, { type: 'votes', votes: [vote] }))
      .flatMap((bytes) => (bytes === undefined ? [] : votesIn(bytes)))
      .filter(({ validator }) => validator === deps.self);
    const verifies = (each: Vote): boolean => verifyVote(keys.verify, founders.genesisHash, key, each);
    const isSame = (each: Vote): boolean => equalBytes(votePayload(each), votePayload(vote));
    const bad = own.filter((each) => !verifies(each));
    expect(own.filter((each) => verifies(each) && !isSame(each)).length).toBeGreaterThan(100);
    expect(bad.length).toBeGreaterThan(10);
    expect(bad.every(isSame)).toBe(true);
  });

  test('of a header is proposed under its own id half of the time.', () => {
    const [message] = (corpus.get('proposal') ?? []).flatMap((each) =>
      each.type === 'proposal' ? each : [],
    );
    if (message === undefined) throw new Error('no proposal was sent');
    const deps = depsOf(2);
    const { height, round, blockId, validRound } = message.proposal;
    const own = { ...message, proposal: deps.forge.proposal({ height, round, blockId, validRound }) };
    const links = new Set<boolean>();
    for (let draw = 0; draw < 200; draw += 1) {
      const bytes = mutated(deps, own);
      const next = bytes === undefined ? undefined : decodeMessage(bytes);
      if (next?.type !== 'proposal' || headerId(next.value.header) === blockId) continue;
      links.add(headerId(next.value.header) === next.proposal.blockId);
    }
    expect([...links].sort()).toEqual([false, true]);
  });

  test('of any type is taken or refused with a code by a replica that runs: nothing is thrown.', () => {
    const { cluster, history } = net;
    const liar = net.node(3);
    history.hostile.add(liar.id);
    const honest = net.nodes.slice(0, 3);
    const seen = new Set<WireMessage['type']>();
    let draws = 0;
    // Whatever the liar hears, somebody else hears from it with a field changed.
    cluster.net.onDelivered((_from, to, channel, bytes) => {
      if (to !== liar.id) return;
      const message = decodeMessage(bytes);
      draws += 1;
      const lie = mutated(depsOf(draws), message);
      seen.add(message.type);
      if (lie !== undefined) cluster.net.inject(liar.station, net.node(draws % 3).id, channel, lie);
    });
    net.untilHeight(net.node(0).height + 10, 120_000, honest);
    liar.kill();
    net.untilHeight(net.node(0).height + 10, 120_000, honest);
    liar.start();
    net.untilHeight(net.node(0).height + 10, 120_000, honest);
    expect(draws).toBeGreaterThan(300);
    for (const type of ['blocks', 'proposal', 'status', 'transactions', 'votes'] as const)
      expect(seen).toContain(type);
    const charged = new Set(cluster.net.penalties.map(({ code }) => code));
    expect(charged.size).toBeGreaterThan(5);
    net.expectNoViolation();
  });
});
