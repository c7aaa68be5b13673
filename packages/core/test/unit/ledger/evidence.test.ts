import { describe, expect, it } from 'vitest';
import {
  ACCUSED,
  checkEvidence,
  type DoubleProposal,
  type DoubleVote,
  EVIDENCE,
  type Evidence,
  evidenceRoot,
  type Hex32,
  isConsiliumError,
  type LockViolation,
  listCount,
  NO_ROUND,
  proposalPayload,
  readRow,
  type SignedProposal,
  signPayload,
  type Vote,
  type VoteContent,
} from '../../../src/index.ts';
import { type Chain, createChain, FOUNDERS, type Hospital, signVote } from '../../kit/chain.ts';
import { decide } from '../../kit/people.ts';

const V: Hex32 = '11'.repeat(32);
const W: Hex32 = '22'.repeat(32);

function voteBy(chain: Chain, by: Hospital, content: Partial<VoteContent>): Vote {
  const full: VoteContent = {
    type: 'prevote',
    height: 1,
    round: 0,
    blockId: V,
    validRound: NO_ROUND,
    ...content,
  };
  return signVote(chain.genesis, by.validator.publicKey, by.id, full);
}

function proposalBy(chain: Chain, by: Hospital, content: Partial<SignedProposal>): SignedProposal {
  const full = { height: 1, round: 0, blockId: V, validRound: NO_ROUND, ...content };
  const signature = signPayload(by.validator, 'proposal', chain.deps.genesisHash, proposalPayload(full));
  return { ...full, validator: by.id, signature };
}

function doubleVote(chain: Chain, by: Hospital, height = 1): DoubleVote {
  const first = voteBy(chain, by, { height, blockId: V });
  return { type: 'double-vote', first, second: voteBy(chain, by, { height, blockId: W }) };
}

function lockViolation(
  chain: Chain,
  by: Hospital,
  precommit: Partial<VoteContent>,
  prevote: Partial<VoteContent>,
): LockViolation {
  return {
    type: 'lock-violation',
    precommit: voteBy(chain, by, { type: 'precommit', round: 1, blockId: V, ...precommit }),
    prevote: voteBy(chain, by, { type: 'prevote', round: 3, blockId: W, validRound: 0, ...prevote }),
  };
}

/** `OK`, or the code and rule by which the next block would refuse it. */
function verdict(chain: Chain, evidence: Evidence): string {
  const { state, tip } = chain.view();
  try {
    checkEvidence(state, chain.deps, evidence, tip.height + 1);
    return 'OK';
  } catch (error) {
    if (!isConsiliumError(error)) throw error;
    return [error.code, error.data['rule']].filter((part) => part !== undefined).join(': ');
  }
}

function setting(params = {}): { chain: Chain; a: Hospital; b: Hospital } {
  const chain = createChain(FOUNDERS.slice(0, 4), params);
  const [a, b] = chain.hospitals as unknown as [Hospital, Hospital];
  chain.commit([]);
  return { chain, a, b };
}

describe('evidence', () => {
  it('is any two different votes of one validator for one height, round and type', () => {
    const { chain, a } = setting();
    const pairs: [Partial<VoteContent>, Partial<VoteContent>][] = [
      [{ blockId: V }, { blockId: W }],
      [{ blockId: V }, { blockId: null }],
      [{ type: 'precommit' }, { type: 'precommit', blockId: null }],
      [
        { round: 2, validRound: 0 },
        { round: 2, validRound: 1 },
      ],
    ];
    for (const [first, second] of pairs) {
      const evidence: Evidence = {
        type: 'double-vote',
        first: voteBy(chain, a, first),
        second: voteBy(chain, a, second),
      };
      expect(verdict(chain, evidence)).toBe('OK');
    }
  });

  it('is not a pair of votes that an honest validator signs', () => {
    const { chain, a } = setting();
    const pairs: [Partial<VoteContent>, Partial<VoteContent>, string][] = [
      [{}, {}, 'equal'],
      [{}, { round: 1, blockId: W }, 'round'],
      [{}, { type: 'precommit', blockId: W }, 'type'],
      [{}, { height: 2, blockId: W }, 'height'],
    ];
    for (const [first, second, rule] of pairs) {
      const evidence: Evidence = {
        type: 'double-vote',
        first: voteBy(chain, a, first),
        second: voteBy(chain, a, second),
      };
      expect(verdict(chain, evidence)).toBe(`EVIDENCE_INVALID: ${rule}`);
    }
  });

  it('is two proposals for one round that differ in value or validRound', () => {
    const { chain, a } = setting();
    const pair = (second: Partial<SignedProposal>): DoubleProposal => ({
      type: 'double-proposal',
      first: proposalBy(chain, a, { round: 2 }),
      second: proposalBy(chain, a, { round: 2, ...second }),
    });
    expect(verdict(chain, pair({ blockId: W }))).toBe('OK');
    expect(verdict(chain, pair({ validRound: 0 }))).toBe('OK');
    expect(verdict(chain, pair({}))).toBe('EVIDENCE_INVALID: equal');
    expect(verdict(chain, pair({ round: 3, blockId: W }))).toBe('EVIDENCE_INVALID: round');
  });

  it('is a prevote against a lock that no polka at or after it excuses', () => {
    const { chain, a } = setting();
    expect(verdict(chain, lockViolation(chain, a, {}, {}))).toBe('OK');
    expect(verdict(chain, lockViolation(chain, a, {}, { validRound: NO_ROUND }))).toBe('OK');
    const honest: [Partial<VoteContent>, Partial<VoteContent>, string][] = [
      [{}, { validRound: 1 }, 'validRound'],
      [{}, { validRound: 2 }, 'validRound'],
      [{}, { blockId: V }, 'equal'],
      [{}, { blockId: null, validRound: NO_ROUND }, 'nil'],
      [{ blockId: null }, {}, 'nil'],
      [{ round: 3 }, {}, 'round'],
      [{ round: 4 }, {}, 'round'],
      [{ type: 'prevote' }, {}, 'type'],
      [{}, { height: 2 }, 'height'],
    ];
    for (const [precommit, prevote, rule] of honest) {
      const evidence = lockViolation(chain, a, precommit, prevote);
      expect(verdict(chain, evidence)).toBe(`EVIDENCE_INVALID: ${rule}`);
    }
  });

  it('names one validator, by signatures of its own key at that height', () => {
    const { chain, a, b } = setting();
    const ofTwo = { ...doubleVote(chain, a), second: voteBy(chain, b, { blockId: W }) };
    expect(verdict(chain, ofTwo)).toBe('EVIDENCE_INVALID: validator');
    const { first, second } = doubleVote(chain, a);
    const blamed: Evidence = {
      type: 'double-vote',
      first: { ...first, validator: b.id },
      second: { ...second, validator: b.id },
    };
    expect(verdict(chain, blamed)).toBe('EVIDENCE_INVALID: signature');
    const forged = { ...doubleVote(chain, a), second: { ...second, signature: first.signature } };
    expect(verdict(chain, forged)).toBe('EVIDENCE_INVALID: signature');
    const proposals: Evidence = {
      type: 'double-proposal',
      first: proposalBy(chain, a, {}),
      second: { ...proposalBy(chain, b, { blockId: W }), validator: a.id },
    };
    expect(verdict(chain, proposals)).toBe('EVIDENCE_INVALID: signature');
    const stranger = '0'.repeat(64);
    const unknown: Evidence = {
      type: 'double-vote',
      first: { ...first, validator: stranger },
      second: { ...second, validator: stranger },
    };
    expect(verdict(chain, unknown)).toBe('EVIDENCE_INVALID: not in the set of that height');
  });

  it('of a height above the block is refused, of the running height taken', () => {
    const { chain, a } = setting();
    expect(verdict(chain, doubleVote(chain, a, 2))).toBe('OK');
    expect(verdict(chain, doubleVote(chain, a, 3))).toBe('EVIDENCE_INVALID: height');
  });

  it('older than the window is refused', () => {
    const { chain, a } = setting({ evidenceWindowHeights: 3 });
    chain.commit([]);
    chain.commit([]);
    expect(verdict(chain, doubleVote(chain, a, 1))).toBe('OK');
    chain.commit([]);
    expect(verdict(chain, doubleVote(chain, a, 1))).toBe('EVIDENCE_TOO_OLD');
    expect(verdict(chain, doubleVote(chain, a, 2))).toBe('OK');
  });

  it('against a hospital that has left since is judged by the set of that height', () => {
    const chain = createChain(FOUNDERS.slice(0, 5));
    const [a, b, c, d, e] = chain.hospitals as unknown as Hospital[];
    const gone = e as Hospital;
    const voters = [a, b, c, d] as Hospital[];
    decide(chain, { type: 'remove', institution: gone.id, confirmName: null }, voters);
    const last = chain.view().tip.height + 1;
    chain.commit([]);
    chain.commit([]);
    expect(verdict(chain, doubleVote(chain, gone, last))).toBe('OK');
    expect(verdict(chain, doubleVote(chain, gone, last + 1))).toBe(
      'EVIDENCE_INVALID: not in the set of that height',
    );
  });
});

describe('committed evidence', () => {
  it('names the validator in the state, in a gapless list', () => {
    const { chain, a, b } = setting();
    const evidence = [doubleVote(chain, a), lockViolation(chain, b, {}, {})];
    const { block, refusedEvidence } = chain.commit([], { evidence });
    expect(refusedEvidence).toEqual([]);
    const { state, tip } = chain.view();
    expect(listCount(state, 'evidence', null)).toBe(2);
    expect(readRow(state, ACCUSED, b.id)).toBe(1);
    expect(readRow(state, ACCUSED, chain.hospitals[2]?.id as Hex32)).toBeUndefined();
    expect(readRow(state, EVIDENCE, 1)).toEqual({
      validator: b.id,
      type: 'lock-violation',
      offenceHeight: 1,
      evidenceHash: evidenceRoot([evidence[1] as Evidence]),
      height: tip.height,
      time: tip.time,
    });
    expect(block.header.evidenceRoot).toBe(evidenceRoot(evidence));
  });

  it('against one validator is committed once in a window, and once more after it', () => {
    const { chain, a, b } = setting({ evidenceWindowHeights: 3 });
    const twice = [doubleVote(chain, a), lockViolation(chain, a, {}, {})];
    const { refusedEvidence } = chain.commit([], { evidence: twice });
    expect(refusedEvidence).toEqual([{ evidence: twice[1], code: 'EVIDENCE_KNOWN' }]);
    const committedAt = chain.view().tip.height;
    expect(verdict(chain, doubleVote(chain, b))).toBe('OK');
    for (let height = committedAt + 1; height <= committedAt + 3; height += 1) {
      expect(verdict(chain, doubleVote(chain, a, height))).toBe('EVIDENCE_KNOWN');
      chain.commit([]);
    }
    const again = doubleVote(chain, a, committedAt + 2);
    expect(chain.commit([], { evidence: [again] }).refusedEvidence).toEqual([]);
    expect(readRow(chain.view().state, ACCUSED, a.id)).toBe(1);
  });
});
