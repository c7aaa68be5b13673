import type { SignedProposal, Vote } from '@consilium/core';
import { describe, expect, test } from 'vitest';
import { answerToStatus, rebroadcast, type Shared } from '../../src/index.ts';
import {
  asleep,
  built,
  drive,
  inHand,
  lockAt,
  nameOf,
  precommit,
  precommits,
  prevote,
  prevotes,
  proposal,
  timeout,
  toRound,
  work,
} from '../support/height.ts';

function tellVote({ validator, type, blockId, round }: Vote): string {
  return `${nameOf(validator)}: ${type} ${blockId === null ? 'nil' : nameOf(blockId)} @${round}`;
}

function tellProposal({ validator, blockId, round }: SignedProposal): string {
  return `${nameOf(validator)}: ${nameOf(blockId)} @${round}`;
}

function told({ votes, proposals, certificates }: Shared): object {
  return {
    votes: votes.map(tellVote),
    proposals: proposals.map(tellProposal),
    certificates: certificates.map(
      ({ type, round, signatures }) => `${type} @${round} of ${signatures.length}`,
    ),
  };
}

const NOTHING = { votes: [], proposals: [], certificates: [] };

describe('what a validator rebroadcasts', () => {
  test('is nothing on an idle height', () => {
    expect(told(rebroadcast(asleep('d')))).toEqual(NOTHING);
  });

  test('is its own votes of this round and of the one before, and of nobody else', () => {
    const rounds = [0, 1, 2].flatMap((round) => [
      timeout('propose', round),
      timeout('prevote', round),
      ...prevotes('a', round, null),
      ...precommits('a', round, null),
      timeout('precommit', round),
    ]);
    const { state } = drive(asleep('b'), [work, ...rounds, timeout('propose', 3)]);
    expect(told(rebroadcast(state))).toEqual({
      votes: ['b: prevote nil @3', 'b: prevote nil @2', 'b: precommit nil @2'],
      proposals: [],
      certificates: [],
    });
  });

  test('is the proposal of its own round, and no proposal of others', () => {
    const own = drive(asleep('a'), [work, built(0, 'v', 'a'), proposal(1, 'w')]).state;
    expect(told(rebroadcast(own))).toMatchObject({ proposals: ['a: v @0'] });
    const other = drive(asleep('d'), [work, proposal(0, 'v')]).state;
    expect(told(rebroadcast(other))).toEqual(NOTHING);
  });

  test('is the polka of the valid value, rounds later too', () => {
    const { state } = drive(asleep('d'), [
      work,
      ...lockAt(0, 'v'),
      ...[0, 1].map((round) => timeout('precommit', round)),
    ]);
    expect(told(rebroadcast(state))).toEqual({ votes: [], proposals: [], certificates: ['prevote @0 of 3'] });
  });

  test('is a quorum of precommits whose value is not in hand yet', () => {
    const { state } = drive(asleep('d'), [work, ...precommits('abc', 0, 'v')]);
    expect(told(rebroadcast(state))).toEqual({
      votes: [],
      proposals: [],
      certificates: ['precommit @0 of 3'],
    });
  });

  test('is the commit certificate after the decision', () => {
    const { state } = drive(asleep('d'), [work, ...inHand('v', 'a'), ...precommits('abc', 0, 'v')]);
    expect(told(rebroadcast(state))).toMatchObject({ certificates: ['precommit @0 of 3'] });
  });

  test('is no vote of who only follows', () => {
    const { state } = drive(asleep(null), [work, timeout('propose', 0), ...prevotes('ab', 0, null)]);
    expect(told(rebroadcast(state))).toEqual(NOTHING);
  });
});

describe('the answer to the status of one in the same or an earlier round', () => {
  const { state } = drive(asleep('d'), [
    ...toRound(1),
    proposal(0, 'v'),
    prevote('a', 0, 'v'),
    precommit('b', 0, null),
    proposal(1, 'w'),
    prevote('c', 1, null),
    timeout('propose', 1),
    prevote('a', 3, null),
  ]);

  test('is all votes, of others and its own, and the proposals of the rounds from the sender on', () => {
    expect(told(answerToStatus(state, 1))).toEqual({
      votes: ['c: prevote nil @1', 'd: prevote nil @1', 'a: prevote nil @3'],
      proposals: ['b: w @1'],
      certificates: [],
    });
  });

  test('reaches back to the round of the sender', () => {
    expect(told(answerToStatus(state, 0))).toEqual({
      votes: [
        'a: prevote v @0',
        'b: precommit nil @0',
        'c: prevote nil @1',
        'd: prevote nil @1',
        'a: prevote nil @3',
      ],
      proposals: ['a: v @0', 'b: w @1'],
      certificates: [],
    });
  });

  test('holds both votes of one that signs twice', () => {
    const twice = drive(state, [prevote('c', 1, 'w')]).state;
    expect(told(answerToStatus(twice, 1))).toMatchObject({
      votes: ['c: prevote nil @1', 'c: prevote w @1', 'd: prevote nil @1', 'a: prevote nil @3'],
    });
  });

  test('brings the polka of the valid value from whatever round', () => {
    const locked = drive(asleep('d'), [work, ...lockAt(0, 'v'), timeout('precommit', 0)]).state;
    expect(told(answerToStatus(locked, 1))).toEqual({
      votes: [],
      proposals: [],
      certificates: ['prevote @0 of 3'],
    });
  });
});
