import {
  BATCHES,
  type Certificate,
  currentEpoch,
  custodyEpoch,
  DEFAULT_PARAMS,
  findValidator,
  followerRole,
  type Hex32,
  nextValidators,
  paramsHash,
  protocolVersionAt,
  readRow,
  secretKeyFromSeed,
  sha256,
  signValidatorCard,
  utf8,
} from '@consilium/core';
import { readBlock, readCertificate } from '@consilium/node/replica';
import { createHospital, type Hospital, SIM_PARAMS, type SimNode } from '@consilium/sim';
import { describe, expect, test } from 'vitest';
import { type Boards, boardsOf } from '../support/boards.ts';
import { keepSubmitting, type Network, network, recordSigned } from '../support/network.ts';
import { recordsNetwork } from '../support/records.ts';

const GUESTS = ['g1', 'g2', 'g3'].map((name) => createHospital(name)) as [Hospital, Hospital, Hospital];

describe('The set of hospitals', () => {
  test('A learner votes by itself once it has caught up.', () => {
    const [guest] = GUESTS;
    const net = network({ guests: [guest] });
    const boards = boardsOf(net);
    const signed = recordSigned(net);
    keepSubmitting(net, [0, 1, 2, 3], 100);
    net.untilHeight(30, 20_000, net.nodes.slice(0, 4));
    boards.decide({ type: 'admit', card: guest.card });
    net.until(() => followerRole(boards.state(), guest.id) === 'learner', 5_000);
    // Nobody waits for it: the network goes on without its node, and does not count on it.
    net.untilHeight(net.node(0).height + 20, 20_000, net.nodes.slice(0, 4));
    expect(nextValidators(boards.state())).toHaveLength(4);
    const admitted = net.node(0).height;
    net.node(4).start();
    net.until(() => signed.some(({ node, type }) => node === guest.id && type === 'precommit'), 30_000);
    const first = signed.find(({ node }) => node === guest.id);
    expect(first?.height).toBeGreaterThan(admitted);
    expect(followerRole(boards.state(), guest.id)).toBeUndefined();
    net.expectNoViolation();
  });

  test('A learner whose node stops before the ledger has its word says it again when it is back.', () => {
    const [guest] = GUESTS;
    const net = network({ guests: [guest] });
    const boards = boardsOf(net);
    keepSubmitting(net, [0, 1, 2, 3], 100);
    boards.decide({ type: 'admit', card: guest.card });
    const joining = (): boolean => followerRole(boards.state(), guest.id) === 'learner';
    net.until(joining, 5_000);
    net.node(4).start();
    net.until(() => net.node(4).height > 0, 10_000);
    net.node(4).losePower();
    net.pass(5_000);
    expect(joining()).toBe(true);
    net.node(4).start();
    net.until(() => findValidator(nextValidators(boards.state()), guest.id) !== undefined, 30_000);
    net.expectNoViolation();
  });

  test('Growing 4 to 7, back to 4, replacing one by one, removing the current proposer: under load.', () => {
    for (const seed of [1, 2]) growShrinkReplace(seed);
  });
});

/** Custody follows each time: the record moves to the hospitals of the new set, and the doctor reads it from them. */
function growShrinkReplace(seed: number): void {
  const net = recordsNetwork({ seed, guests: GUESTS });
  const boards = boardsOf(net);
  keepSubmitting(net, [0, 1, 2, 3, 4, 5, 6], 200);
  const authored = net.register('an allergy');
  net.consent();
  const followed = (): void => untilCustodyFollows(net, boards, authored.batch);
  const expectRead = (): void => {
    const access = net.access(authored, boards.members());
    expect(net.read(boards.members()[2] as SimNode, access)).toEqual(['an allergy']);
  };

  for (const guest of GUESTS) boards.admit(guest);
  expect(boards.members()).toHaveLength(7);
  followed();
  expectRead();

  // The doctor's hospital and the patient's stay until it has read once more.
  const staying = [net.node(0).id, net.node(1).id];
  for (let left = 7; left > 4; left -= 1) {
    let proposer = '';
    const isOther = (): boolean => {
      proposer = boards.members()[0]?.replica?.ledger.nextHeight().proposers[0] ?? '';
      return proposer !== '' && !staying.includes(proposer);
    };
    net.until(isOther, 10_000);
    boards.remove(proposer);
  }
  expect(boards.members()).toHaveLength(4);
  followed();
  expectRead();

  for (const leaving of boards.members().map(({ id }) => id)) {
    const isOutside = ({ id }: Hospital): boolean =>
      id !== leaving && findValidator(nextValidators(boards.state()), id) === undefined;
    boards.admit(net.cluster.hospitals.find(isOutside) as Hospital);
    boards.remove(leaving);
    followed();
  }
  const last = boards.members();
  net.untilHeight((last[0] as SimNode).height + 10, 30_000, last);
  expect(last).toHaveLength(4);
  net.expectNoViolation();
}

function untilCustodyFollows(net: Network, { state, members }: Boards, batch: Hex32): void {
  const ids = (): string =>
    nextValidators(state())
      .map(({ id }) => id)
      .join();
  net.until(() => {
    const epoch = currentEpoch(state());
    const custodians = custodyEpoch(state(), epoch)?.custodians ?? [];
    const isNew = custodians.map(({ id }) => id).join() === ids();
    return isNew && readRow(state(), BATCHES, batch)?.epoch === epoch;
  }, 120_000);
  expect(members().length).toBeGreaterThanOrEqual(4);
}

describe('A hospital that rotates its validator key', () => {
  const next = secretKeyFromSeed(sha256(utf8('the next validator key of n2')));

  /** By the vote of all; decided when it returns. Gives the first height of the new key. */
  function rotate(boards: Boards, { card, account, id }: Hospital): number {
    const { accountSignature, validatorSignature, ...content } = card;
    const rotated = signValidatorCard({ ...content, validatorKey: next.publicKey }, account, next);
    boards.decide({ type: 'rotate', institution: id, card: rotated });
    return Math.max(...boards.members().map(({ height }) => height)) + 2;
  }

  test('votes with the old one until the second height after the decision and with the new one from it, under load; its records stay readable.', () => {
    const net = recordsNetwork();
    const boards = boardsOf(net);
    keepSubmitting(net, [0, 1, 2, 3], 100);
    const authored = net.register('an allergy');
    net.consent();
    const own = net.node(1);
    own.nextValidator = next;
    rotate(boards, net.cluster.hospitals[1] as Hospital);
    net.untilHeight(own.height + 10, 30_000);
    expect(findValidator(nextValidators(boards.state()), own.id)?.key).toBe(next.publicKey);
    expect(own.isSigning).toBe(true);
    const { signatures } = readCertificate(net.node(0).kv.reader, own.height - 1) as Certificate;
    expect(signatures.length).toBeGreaterThanOrEqual(3);
    untilCustodyFollows(net, boards, authored.batch);
    expect(net.read(own, net.access(authored))).toEqual(['an allergy']);
    net.expectNoViolation();
  });

  test('and does not hold it yet signs nothing, says so, and votes again once it has it; nobody blames it.', () => {
    const net = network();
    const boards = boardsOf(net);
    const signed = recordSigned(net);
    const said: string[] = [];
    net.cluster.taps.reported.push((node, { code }) => {
      if (node === net.node(1).id || code === 'peer.rejected') said.push(code);
    });
    keepSubmitting(net, [0, 1, 2, 3], 100);
    const from = rotate(boards, net.cluster.hospitals[1] as Hospital);
    net.untilHeight(from + 10, 60_000);
    const byOwn = (): boolean => signed.some(({ node, height }) => node === net.node(1).id && height >= from);
    expect(byOwn()).toBe(false);
    expect(said).toContain('signing.key-missing');
    expect(said).not.toContain('peer.rejected');
    net.node(1).kill();
    net.node(1).nextValidator = next;
    net.node(1).start();
    net.until(byOwn, 30_000);
    net.expectNoViolation();
  });
});

describe('Other parameters', () => {
  test('are read from the ledger by every node at the same height, by one that comes later too.', () => {
    const [guest] = GUESTS;
    const net = network({ guests: [guest] });
    const boards = boardsOf(net);
    keepSubmitting(net, [0, 1, 2, 3], 100);
    const params = { ...SIM_PARAMS, blockTxsMax: 3, propose: { ...SIM_PARAMS.propose, baseMs: 2_000 } };
    boards.decide({ type: 'params', replaces: paramsHash(SIM_PARAMS), params });
    net.untilHeight(net.node(0).height + 5, 20_000, net.nodes.slice(0, 4));
    boards.admit(guest);
    net.untilHeight(net.node(0).height + 5, 20_000);
    const inForce = net.nodes.map(({ replica }) => replica?.ledger.nextHeight().params);
    expect(inForce).toEqual(net.nodes.map(() => params));
    expect(DEFAULT_PARAMS).not.toEqual(params);
    for (const { replica } of net.nodes) expect(replica?.replica.status().diverged).toBe(false);
    net.expectNoViolation();
  });
});

describe('An upgrade at a height', () => {
  test('is followed by those whose software knows it; the one that does not warns, stops before it, never votes along, and comes back with newer software.', () => {
    const net = network({}, ({ nodes }) => {
      for (const node of nodes.slice(0, 3)) node.protocolVersionMax = 2;
    });
    const boards = boardsOf(net);
    const signed = recordSigned(net);
    const said: string[] = [];
    const old = net.node(3);
    net.cluster.taps.reported.push((node, event) => {
      if (node === old.id) said.push(event.code);
    });
    keepSubmitting(net, [0, 1, 2], 100);
    net.untilHeight(5, 10_000);
    const height = net.node(0).height + 40;
    boards.decide({ type: 'upgrade', height, version: 2 });
    net.until(() => said.includes('upgrade.unsupported'), 5_000);
    expect(old.isUp).toBe(true);
    expect(old.replica?.replica.status().protocol).toEqual({
      ...{ version: 1, supported: 1 },
      upgrade: { height, version: 2 },
    });

    net.until(() => !old.isUp, 60_000);
    expect(old.failure).toBe('PROTOCOL_UNSUPPORTED');
    net.untilHeight(height + 10, 60_000, net.nodes.slice(0, 3));
    const versions = [height - 1, height].map((at) => readBlock(net.node(0).kv.reader, at)?.header.version);
    expect(versions).toEqual([1, 2]);
    expect(signed.filter(({ node, height: at }) => node === old.id && at >= height)).toEqual([]);

    old.start();
    net.pass(1_000);
    expect([old.isUp, old.failure]).toEqual([false, 'PROTOCOL_UNSUPPORTED']);
    old.protocolVersionMax = 2;
    old.start();
    net.until(() => signed.some(({ node, height: at }) => node === old.id && at > height), 30_000);
    expect(protocolVersionAt(boards.state(), old.height + 1)).toBe(2);
    net.expectNoViolation();
  });

  test('that fewer than a quorum know halts the network before it, and nothing is lost: it goes on when enough have upgraded.', () => {
    const net = network({}, ({ nodes }) => {
      for (const node of nodes.slice(0, 2)) node.protocolVersionMax = 2;
    });
    const boards = boardsOf(net);
    keepSubmitting(net, [0, 1], 100);
    const height = net.node(0).height + 20;
    boards.decide({ type: 'upgrade', height, version: 2 });
    net.until(() => !net.node(2).isUp && !net.node(3).isUp, 60_000);
    net.pass(10_000);
    expect(net.nodes.slice(0, 2).map((node) => node.height)).toEqual([height - 1, height - 1]);
    net.node(2).protocolVersionMax = 2;
    net.node(2).start();
    net.untilHeight(height + 5, 60_000, net.nodes.slice(0, 3));
    net.expectNoViolation();
  });
});
