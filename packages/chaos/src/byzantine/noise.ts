// Owns: the strategies of those who send what is worth nothing: noise, repetitions, bad signatures, false evidence.
import {
  BLOCK_TXS_MAX,
  concat,
  type Evidence,
  encode,
  hashHex,
  list,
  NO_ROUND,
  oneOf,
  struct,
  variants,
  voteShape,
} from '@consilium/core';
import {
  decodeMessage,
  encodeMessage,
  VOTES_PER_MESSAGE_MAX,
  type VotesMessage,
  WIRE_VERSION,
} from '@consilium/node/replica';
import { type Grip, mapOwnProposal, mapOwnVotes, type Strategy } from './strategy.ts';

const CHANNELS = ['agreement', 'transactions', 'sync'] as const;

/** What it heard, cut off and with a byte changed; or bytes that never were a message. */
export const garbage: Strategy = {
  slip: ({ prng, peers, memory, send }) => {
    const good = memory.overheard.length === 0 ? prng.bytes(60) : prng.pick(memory.overheard);
    const bent = good.slice(0, prng.between(1, good.length));
    bent[prng.below(bent.length)] = prng.below(256);
    const bytes = prng.chance(0.3) ? prng.bytes(prng.between(0, 80)) : bent;
    send(prng.pick(peers()), prng.pick(CHANNELS), bytes);
  },
};

const REPLAYED_AT_ONCE = 5;

export const replay: Strategy = {
  slip: ({ prng, peers, memory, send }) => {
    if (memory.overheard.length === 0) return;
    for (let count = 0; count < REPLAYED_AT_ONCE; count += 1) {
      const bytes = prng.pick(memory.overheard);
      const channel = decodeMessage(bytes).type === 'transactions' ? 'transactions' : 'agreement';
      send(prng.pick(peers()), channel, bytes);
    }
  },
};

/** A round that no test of a few heights gets to: its signature fits nothing else. */
const FAR_ROUND = 999;

export const badSignatures: Strategy = {
  tell: (telling) => {
    const { forge } = telling.grip;
    if (telling.message?.type === 'votes')
      return mapOwnVotes(telling, (vote) => ({
        ...vote,
        signature: forge.vote({ ...vote, round: FAR_ROUND }).signature,
      }));
    return mapOwnProposal(telling, (message) => {
      const { signature } = forge.proposal({ ...message.proposal, round: FAR_ROUND });
      return { ...message, proposal: { ...message.proposal, signature } };
    });
  },
};

/** Beyond the longest message of any channel. */
const HUGE_BYTES = 8 * 1024 * 1024 + 2;

/** Like the real one, with room for more votes than a message may hold. */
const manyVotesShape = variants<VotesMessage>({
  votes: struct<VotesMessage>({
    type: oneOf('votes'),
    votes: list(voteShape, VOTES_PER_MESSAGE_MAX * 4, 1),
  }),
});

/** Too many votes, too many transactions, and once in a while more bytes than anything may have. */
export const oversize: Strategy = {
  slip: (grip) => {
    const { prng, peers, send } = grip;
    const to = prng.pick(peers());
    const drawn = prng.below(20);
    if (drawn === 0) send(to, prng.pick(CHANNELS), new Uint8Array(HUGE_BYTES).fill(WIRE_VERSION));
    else if (drawn < 10) send(to, 'transactions', tooManyTransactions(grip));
    else send(to, 'agreement', tooManyVotes(grip));
  },
};

function tooManyVotes({ forge, height }: Grip): Uint8Array {
  const content = { type: 'prevote', height: height(), round: 0, blockId: null } as const;
  const vote = forge.vote({ ...content, validRound: NO_ROUND });
  const votes = Array.from({ length: VOTES_PER_MESSAGE_MAX + 1 }, () => vote);
  return concat(Uint8Array.of(WIRE_VERSION), encode(manyVotesShape, { type: 'votes', votes }));
}

function tooManyTransactions({ prng }: Grip): Uint8Array {
  const header = encodeMessage({ type: 'transactions', txs: [] });
  return concat(header.subarray(0, -1), Uint8Array.of(0x99, 0xff, 0xff), prng.bytes(BLOCK_TXS_MAX));
}

/** Every form of evidence that is none: of others without their signature, of its own without an offence. */
export const falseEvidence: Strategy = {
  slip: (grip) => {
    const bytes = encodeMessage({ type: 'evidence', evidence: drawFalseEvidence(grip) });
    for (const to of grip.peers()) grip.send(to, 'agreement', bytes);
  },
};

function drawFalseEvidence({ forge, prng, peers, height, self }: Grip): Evidence {
  const accused = { validator: prng.pick(peers()) };
  const at = { height: height(), round: prng.between(0, 3), validRound: NO_ROUND };
  const blockId = hashHex(prng.bytes(4));
  const vote = forge.vote({ ...at, type: 'prevote', blockId });
  const nil = forge.vote({ ...at, type: 'prevote', blockId: null });
  const precommit = forge.vote({ ...at, type: 'precommit', blockId: hashHex(prng.bytes(4)) });
  const first = forge.proposal({ ...at, blockId });
  const second = forge.proposal({ ...at, blockId: precommit.blockId ?? self });
  return prng.pick<Evidence>([
    { type: 'double-vote', first: { ...vote, ...accused }, second: { ...nil, ...accused } },
    { type: 'double-vote', first: vote, second: vote },
    { type: 'double-vote', first: vote, second: precommit },
    { type: 'double-proposal', first: { ...first, ...accused }, second: { ...second, ...accused } },
    { type: 'double-proposal', first, second: first },
    { type: 'lock-violation', precommit, prevote: vote },
    { type: 'lock-violation', precommit: { ...precommit, ...accused }, prevote: { ...vote, ...accused } },
  ]);
}
