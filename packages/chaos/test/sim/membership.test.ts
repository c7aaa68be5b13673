import {
  type Action,
  type AdmitChange,
  accountIdOf,
  actionOf,
  advanceAll,
  advanceLight,
  certificateOf,
  decode,
  findValidator,
  followerRole,
  type Header,
  headerId,
  type LightState,
  type LightStep,
  lightGenesis,
  NO_ROUND,
  nextValidators,
  OBJECT_BYTES_MAX,
  type RemoveChange,
  type ValidatorSet,
  validatorSetShape,
  validatorsAfterNext,
} from '@consilium/core';
import { heightKey, readBlock, readCertificate, stateReader, TABLES } from '@consilium/node/replica';
import { createHospital, type Hospital, type SimNode, signTransaction, submit } from '@consilium/sim';
import { describe, expect, test } from 'vitest';
import { forgeOf } from '../../src/sim-world/hands.ts';
import { keepSubmitting, type Network, network } from '../support/network.ts';

function send(net: Network, sender: Hospital, action: Action): string {
  const { cluster } = net;
  const nonce = cluster.prng.fork(`${sender.name} ${cluster.scheduler.nowUs()}`).bytes(16);
  const tx = signTransaction(cluster, sender, [action], nonce);
  submit(cluster, net.node(0), tx);
  return tx.id;
}

/** Proposes through the first hospital, has these approve, and waits until the new set decides. */
function decideChange(
  net: Network,
  change: AdmitChange | RemoveChange,
  approving: readonly Hospital[],
): void {
  const { cluster } = net;
  const proposed = send(net, cluster.hospitals[0] as Hospital, actionOf('institutions.propose', { change }));
  net.until(() => net.resultOf(proposed) !== undefined, 5_000);
  const proposal = net.resultOf(proposed)?.outcomes[0]?.id ?? '';
  for (const hospital of approving) send(net, hospital, actionOf('institutions.approve', { proposal }));
  const id = change.type === 'admit' ? accountIdOf(change.card.accountKey) : change.institution;
  const state = stateReader(net.node(0).kv.reader);
  const isIn = (set: ValidatorSet): boolean => findValidator(set, id) !== undefined;
  if (change.type === 'admit') net.until(() => followerRole(state, id) === 'learner', 10_000);
  net.nodes.find((node) => node.id === id)?.start();
  net.until(() => isIn(nextValidators(state)) === (change.type === 'admit'), 20_000);
}

/** What a client asks of a node: the headers that announce another set, and the tip. */
function stepsOf(node: SimNode, heights: readonly number[]): LightStep[] {
  const { reader } = node.kv;
  return heights.map((height) => {
    const header = readBlock(reader, height)?.header as Header;
    const certificate = readCertificate(reader, height);
    const announced = reader.get(TABLES.setChanges, heightKey(height));
    if (certificate === undefined) throw new Error(`no certificate of ${height}`);
    const nextSet = announced === undefined ? null : decode(validatorSetShape, announced, OBJECT_BYTES_MAX);
    return { header, certificate, nextValidators: nextSet };
  });
}

function announcing(node: SimNode): number[] {
  const heights = Array.from({ length: node.height }, (_, index) => index + 1);
  return heights.filter((height) => node.kv.reader.get(TABLES.setChanges, heightKey(height)) !== undefined);
}

/** The step to this height, with a certificate that all of an earlier set have signed. */
function stepOfOldSet({ cluster }: Network, step: LightStep, set: ValidatorSet): LightStep {
  const { height } = step.header;
  const content = {
    type: 'precommit',
    height,
    round: 0,
    blockId: headerId(step.header),
    validRound: NO_ROUND,
  } as const;
  const signers = cluster.hospitals.filter(({ id }) => findValidator(set, id) !== undefined);
  const votes = signers.map((hospital) => forgeOf(cluster, hospital).vote(content));
  return { ...step, certificate: certificateOf(content, votes, set) };
}

describe('The set of hospitals', () => {
  test('A fifth hospital is admitted and the current proposer removed under load; a light client follows from genesis across both; a certificate of the old set is refused at the new height.', () => {
    const guest = createHospital('g1');
    const net = network({ guests: [guest] });
    const { cluster } = net;
    const { hospitals, keys, founders } = cluster;
    const founding = hospitals.slice(0, 4);
    keepSubmitting(net, [0, 1, 2, 3], 50);
    net.untilHeight(5, 10_000, net.nodes.slice(0, 4));

    decideChange(net, { type: 'admit', card: guest.card }, founding.slice(1, 3));
    net.node(4).start();
    net.until(() => net.node(4).height >= net.node(0).height && net.node(4).isSigning, 20_000);

    // Not the first hospital: its node answers this test.
    const currentProposer = (): string => net.node(0).replica?.ledger.nextHeight().proposers[0] ?? '';
    net.until(() => currentProposer() !== net.node(0).id, 5_000);
    const removed = currentProposer();
    const others = hospitals.filter(({ id }) => id !== removed && id !== net.node(0).id);
    decideChange(net, { type: 'remove', institution: removed, confirmName: null }, others);
    const staying = net.nodes.filter(({ id }) => id !== removed);
    net.untilHeight(net.node(0).height + 10, 20_000, staying);
    const finalSet = validatorsAfterNext(stateReader(net.node(0).kv.reader));
    expect(new Set(finalSet.map(({ id }) => id))).toEqual(new Set(staying.map(({ id }) => id)));

    const genesis = lightGenesis(founders.genesis);
    for (const node of staying) {
      const changes = announcing(node);
      expect(changes).toHaveLength(2);
      const followed = advanceAll(genesis, stepsOf(node, [...changes, node.height]), keys.verify);
      expect(followed.blockId).toBe(node.replica?.ledger.tip.blockId);
      expect(followed.validators).toEqual(finalSet);
      for (const height of changes) {
        const before: LightState = advanceAll(
          genesis,
          stepsOf(node, [...changes.filter((each) => each < height), height]),
          keys.verify,
        );
        const [next] = stepsOf(node, [height + 1]) as [LightStep];
        expect(advanceLight(before, next, keys.verify).height).toBe(height + 1);
        const old = stepOfOldSet(net, next, before.validators);
        expect(() => advanceLight(before, old, keys.verify)).toThrow(
          expect.objectContaining({ code: 'CERTIFICATE_INVALID' }),
        );
      }
    }
    net.expectNoViolation();
  });

  test('A set that changes while the round changes is the same at every node, and so are its proposers.', () => {
    const guest = createHospital('g1');
    const net = network({ guests: [guest] });
    const { cluster } = net;
    const { scheduler } = cluster;
    const { history } = net;
    const orders = new Map<number, Set<string>>();
    let firstOfNewSet = 0;
    cluster.taps.committed.push((id, { block }) => {
      const node = net.nodes.find((each) => each.id === id);
      // Of blocks that came together by sync the node is told when its ledger stands at the last of them.
      const { proposers = [], height: next = 0 } = node?.replica?.ledger.nextHeight() ?? {};
      orders.set(next, (orders.get(next) ?? new Set()).add(proposers.join(' ')));
      const { height, validatorsHash, nextValidatorsHash } = block.header;
      if (firstOfNewSet !== 0 || validatorsHash === nextValidatorsHash) return;
      // The next height is the first of the new set: its first proposer goes down before it begins.
      firstOfNewSet = height + 1;
      const away = net.nodes.find((each) => each.id === proposers[0]);
      scheduler.after(0, () => away?.kill());
      scheduler.after(5_000_000, () => away?.start());
    });
    keepSubmitting(net, [0, 1, 2, 3], 50);
    net.untilHeight(3, 10_000, net.nodes.slice(0, 4));
    net.node(4).start();
    decideChange(net, { type: 'admit', card: guest.card }, cluster.hospitals.slice(1, 3));
    net.untilHeight(firstOfNewSet + 10, 60_000);
    expect(history.chain.get(firstOfNewSet)?.certificate.round).toBeGreaterThan(0);
    expect(history.sometimes.has('set-change-across-a-round-change')).toBe(true);
    expect([...orders.values()].filter((each) => each.size > 1)).toEqual([]);
    net.expectNoViolation();
  });
});
