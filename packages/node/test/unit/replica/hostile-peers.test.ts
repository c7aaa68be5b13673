import {
  certificateOf,
  type Evidence,
  headerId,
  proposalPayload,
  signPayload,
  type Vote,
  validatorsAt,
  votePayload,
} from '@consilium/core';
import { describe, expect, test } from 'vitest';
import type { Hospital } from '../../../../core/test/kit/chain.ts';
import { RELAY_GATHER_MS } from '../../../src/limits.ts';
import type { ProposalMessage, WireMessage } from '../../../src/messages/wire.ts';
import { type LoneReplica, startLoneReplica } from '../../support/lone-replica.ts';

const SOME_ID = 'ab'.repeat(32);

function peersOf({ hospitals }: LoneReplica): [Hospital, Hospital, Hospital] {
  return hospitals.slice(0, 3) as [Hospital, Hospital, Hospital];
}

function certificateBy({ chain }: LoneReplica, votes: readonly Vote[]) {
  return certificateOf(votes[0] as Vote, votes, validatorsAt(chain.view().state, 1) ?? []);
}

function votesIn(messages: readonly WireMessage[]): Vote[] {
  return messages.flatMap((message) => (message.type === 'votes' ? message.votes : []));
}

describe('an own vote', () => {
  test('goes also to the hospital whose vote made this one cast it', () => {
    const node = startLoneReplica();
    const [b, c, d] = peersOf(node);
    node.tell(b, { type: 'votes', votes: [node.vote(b, 'prevote', null)] });
    node.tell(c, { type: 'votes', votes: [node.vote(c, 'precommit', null)] });
    node.clock.advance(node.chain.genesis.params.propose.baseMs);
    node.toldTo(d);
    node.tell(d, { type: 'votes', votes: [node.vote(d, 'prevote', null)] });
    expect(votesIn(node.toldTo(d))).toContainEqual(node.vote(node.self, 'precommit', null));
  });

  test('that this node did not make stops it, though it comes inside a certificate only', () => {
    const node = startLoneReplica();
    const [b, c] = peersOf(node);
    const votes = [node.self, b, c].map((each) => node.vote(each, 'precommit', SOME_ID));
    node.tell(b, { type: 'certificate', certificate: certificateBy(node, votes) });
    expect(node.log.codes()).toContain('signing.foreign');
    expect(node.opened.replica.status().signing).toBe('stopped');
  });
});

describe('an own vote of another height', () => {
  function voteAt(node: LoneReplica, height: number): Vote {
    const content = { ...node.vote(node.self, 'prevote', null), height };
    const signature = signPayload(
      node.self.validator,
      'vote',
      node.chain.deps.genesisHash,
      votePayload(content),
    );
    return { ...content, signature };
  }

  test('that this node did not make stops it at once, not when that height comes', () => {
    const node = startLoneReplica();
    const [b] = peersOf(node);
    node.tell(b, { type: 'votes', votes: [voteAt(node, 5)] });
    expect(node.opened.replica.status().signing).toBe('stopped');
    expect(node.log.codes()).toContain('signing.foreign');
  });

  test('under a signature that does not verify is nothing', () => {
    const node = startLoneReplica();
    const [b] = peersOf(node);
    node.tell(b, { type: 'votes', votes: [{ ...voteAt(node, 5), height: 6 }] });
    expect(node.opened.replica.status().signing).toBe('signing');
  });
});

/** A value proposed again in round 1, with a polka of these votes. */
function proposedAgain(node: LoneReplica, polkaBy: readonly Hospital[]): ProposalMessage {
  const { header, lastCertificate, evidence } = node.chain.build([]).block;
  const blockId = headerId(header);
  const proposer = node.hospitals[1] as Hospital;
  const content = { height: 1, round: 1, blockId, validRound: 0 };
  const payload = proposalPayload(content);
  const signature = signPayload(proposer.validator, 'proposal', node.chain.deps.genesisHash, payload);
  const votes = polkaBy.map((each) => node.vote(each, 'prevote', blockId));
  return {
    type: 'proposal',
    proposal: { ...content, validator: proposer.id, signature },
    value: { header, lastCertificate, evidence, txIds: [] },
    polka: certificateBy(node, votes),
  };
}

describe('a proposal whose polka is no quorum', () => {
  test("is its sender's fault, and not relayed, though every vote in it is known", () => {
    const node = startLoneReplica();
    const [b, c, d] = peersOf(node);
    const message = proposedAgain(node, [b]);
    node.tell(b, { type: 'votes', votes: [node.vote(b, 'prevote', message.proposal.blockId)] });
    node.tell(c, message);
    node.clock.advance(RELAY_GATHER_MS);
    expect(node.blamed(c)).toEqual(['proposal.polka']);
    expect(node.toldTo(d).filter(({ type }) => type === 'proposal')).toEqual([]);
  });

  test('is relayed when it is one', () => {
    const node = startLoneReplica();
    const [b, c, d] = peersOf(node);
    const message = proposedAgain(node, [b, c, d]);
    node.tell(c, message);
    node.clock.advance(RELAY_GATHER_MS);
    expect(node.blamed(c)).toEqual([]);
    expect(node.toldTo(d)).toContainEqual(message);
  });
});

describe('evidence', () => {
  test('against who is accused already costs no signature check', () => {
    const node = startLoneReplica();
    const [b, c] = peersOf(node);
    const accuse = (byte: string): Evidence => ({
      type: 'double-vote',
      first: node.vote(c, 'prevote', byte.repeat(32)),
      second: node.vote(c, 'prevote', null),
    });
    node.tell(b, { type: 'evidence', evidence: accuse('01') });
    const checks = node.checks();
    node.tell(b, { type: 'evidence', evidence: accuse('02') });
    expect(node.checks()).toBe(checks);
    expect(node.log.codes().filter((code) => code === 'evidence.found')).toHaveLength(1);
  });
});
