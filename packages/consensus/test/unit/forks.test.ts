import { accusedOf, type Certificate, type Evidence, type Vote, votesOf } from '@consilium/core';
import { describe, expect, test } from 'vitest';
import { evidenceOfVote, type VoteLog } from '../../src/index.ts';
import { keepVote } from '../../src/votes.ts';
import { disturb, drawFrom, echo, type Fault, misbehave } from '../support/adversary.ts';
import { commit, FOUR, nameOf, polka, setOf, tellEvidence } from '../support/height.ts';
import { createNetwork, decisions, type Network } from '../support/network.ts';

const SET = setOf(FOUR);

/** What the stored certificates of all prove when they are laid side by side. */
function evidenceIn(certificates: readonly Certificate[]): Evidence[] {
  const found: Evidence[] = [];
  let log: VoteLog = new Map();
  for (const vote of certificates.flatMap((certificate) => votesOf(certificate, SET))) {
    const kept = keepVote(log, SET, vote, { currentRound: 0, proposalInHand: true, inCertificate: true });
    if (kept === undefined) continue;
    const evidence = evidenceOfVote(log, vote);
    if (evidence !== undefined) found.push(evidence);
    log = kept;
  }
  return found;
}

function storedBy(network: Network): Certificate[] {
  return network.peers.flatMap(({ state, decision }) => [
    ...state.polkas,
    ...(decision === undefined ? [] : [decision.certificate]),
  ]);
}

function accused(certificates: readonly Certificate[]): string[] {
  return [...new Set(evidenceIn(certificates).map((each) => nameOf(accusedOf(each))))].sort();
}

function certificateIn(input: ReturnType<typeof polka>): Certificate {
  if (input.type !== 'certificate') throw new Error('invariant: a certificate input');
  return input.certificate;
}

const collude: Fault = (network, faulty, draw) =>
  draw(4) === 0 ? misbehave(network, faulty, draw) : echo(network, faulty, draw);

describe('a fork, made by two faulty of four', () => {
  test('in one round names both by double votes', () => {
    const commits = [commit('acd', 0, 'v'), commit('bcd', 0, 'w')].map(certificateIn);
    expect(evidenceIn(commits).map(tellEvidence)).toEqual(['c of double-vote', 'd of double-vote']);
  });

  test('in two rounds names both by lock violations, with the polka that the later commit rests on', () => {
    const stored = [commit('acd', 0, 'v'), commit('bcd', 2, 'w')].map(certificateIn);
    expect(accused(stored)).toEqual([]);
    const withPolka = [...stored, certificateIn(polka('bcd', 2, 'w'))];
    expect(evidenceIn(withPolka).map(tellEvidence)).toEqual(['c of lock-violation', 'd of lock-violation']);
  });

  test('that hides behind a validRound names both once the polka of that round is there', () => {
    const stored = [commit('acd', 0, 'v'), commit('bcd', 3, 'w'), polka('bcd', 3, 'w', 2)].map(certificateIn);
    expect(accused(stored)).toEqual([]);
    expect(accused([...stored, certificateIn(polka('bcd', 2, 'w'))])).toEqual(['c', 'd']);
  });

  test('always names both, and nobody else, from what the honest have stored', () => {
    const forks = Array.from({ length: 1_500 }, (_, seed) => {
      const draw = drawFrom(seed);
      const network = createNetwork(['a', 'b']);
      disturb(network, ['c', 'd'], 300, draw, collude);
      return network;
    }).filter((network) => decisions(network).size > 1);
    expect(forks.length).toBeGreaterThan(20);
    for (const network of forks) expect(accused(storedBy(network))).toEqual(['c', 'd']);
  });

  test('never lets an honest vote read as misbehaviour, whatever the faulty sign', () => {
    for (let seed = 0; seed < 200; seed += 1) {
      const network = createNetwork(['a', 'b']);
      disturb(network, ['c', 'd'], 300, drawFrom(seed), collude);
      for (const { signed } of network.peers) expect(misbehaviourIn(signed)).toEqual([]);
    }
  });
});

function misbehaviourIn(votes: readonly Vote[]): Evidence[] {
  let log: VoteLog = new Map();
  return votes.flatMap((vote) => {
    const evidence = evidenceOfVote(log, vote);
    const origin = { currentRound: vote.round, proposalInHand: false, inCertificate: true };
    log = keepVote(log, SET, vote, origin) ?? log;
    return evidence === undefined ? [] : [evidence];
  });
}
