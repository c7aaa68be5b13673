// Owns: the lies of an adversary, by name: what it makes of a message of its own, and what it slips in between. Pure in
// what it is given. Does not own: when a lie is told (adversary.ts).

import { type Hex32, hashHex, headerId, NO_ROUND, type Vote } from '@consilium/core';
import {
  type Channel,
  decodeMessage,
  encodeMessage,
  type ProposalMessage,
  type WireMessage,
} from '@consilium/node/replica';
import type { Prng } from '@consilium/sim';
import type { Grip } from './adversary.ts';
import { laterValue, wrongValue } from './forge.ts';

export interface Telling {
  readonly grip: Grip;
  readonly to: Hex32;
  readonly channel: Channel;
  readonly bytes: Uint8Array;
  readonly message: WireMessage;
}

export interface Lie {
  readonly name: string;
  /** What the peer gets in place of a message. */
  readonly tell?: (telling: Telling) => readonly Uint8Array[];
  /** Called every so often. */
  readonly slip?: (grip: Grip) => void;
}

export function drawLie(prng: Prng): Lie {
  return prng.pick(LIES);
}

/** One half of the peers hears one thing, the other half another. */
function isOtherHalf({ grip, to }: Telling): boolean {
  return grip.peers.indexOf(to) % 2 === 0;
}

function otherValue({ prng, values }: Grip, than: Hex32 | null): Hex32 | null {
  const others = values.filter((id) => id !== than);
  return others.length === 0 || prng.chance(0.4)
    ? than === null
      ? hashHex(prng.bytes(4))
      : null
    : prng.pick(others);
}

/** Own votes changed, others as they are. */
function mapOwnVotes({ grip, message, bytes }: Telling, change: (vote: Vote) => Vote): Uint8Array[] {
  if (message.type !== 'votes') return [bytes];
  const votes = message.votes.map((vote) => (vote.validator === grip.self ? change(vote) : vote));
  return [encodeMessage({ type: 'votes', votes })];
}

function mapOwnProposal(
  { grip, message, bytes }: Telling,
  change: (message: ProposalMessage) => ProposalMessage,
): Uint8Array[] {
  const own = message.type === 'proposal' && message.proposal.validator === grip.self;
  return own ? [encodeMessage(change(message))] : [bytes];
}

function voteTwice(telling: Telling, type: 'prevote' | 'precommit'): Uint8Array[] {
  const { grip } = telling;
  if (!isOtherHalf(telling)) return [telling.bytes];
  return mapOwnVotes(telling, (vote) =>
    vote.type === type
      ? grip.forge.vote({ ...vote, blockId: otherValue(grip, vote.blockId), validRound: NO_ROUND })
      : vote,
  );
}

/** Votes for everything that anybody proposed, in the first rounds of the running height. */
function voteForAll(grip: Grip): void {
  const { forge, prng, values } = grip;
  const height = grip.height();
  const votes = values.flatMap((blockId) =>
    [0, 1, 2].flatMap((round) => [
      forge.vote({ type: 'prevote', height, round, blockId, validRound: NO_ROUND }),
      forge.vote({ type: 'precommit', height, round, blockId, validRound: NO_ROUND }),
    ]),
  );
  if (votes.length > 0)
    grip.send(prng.pick(grip.peers), 'agreement', encodeMessage({ type: 'votes', votes }));
}

/** Proposes overheard values in rounds that are not its own, with validRounds that were never seen. */
function proposeStale(grip: Grip): void {
  const { forge, prng } = grip;
  for (const bytes of grip.overheard.slice(-40)) {
    const message = decodeMessage(bytes);
    if (message.type !== 'proposal') continue;
    const { height, blockId } = message.proposal;
    const round = prng.between(0, 3);
    const validRound = prng.between(NO_ROUND, 3);
    const proposal = forge.proposal({ height, round, blockId, validRound });
    const stale = encodeMessage({ ...message, proposal, polka: prng.chance(0.5) ? message.polka : null });
    for (const to of grip.peers) grip.send(to, 'agreement', stale);
  }
}

function sendGarbage({ prng, peers, overheard, send }: Grip): void {
  const channel = prng.pick(['agreement', 'transactions', 'sync'] as const);
  const good = overheard.length === 0 ? prng.bytes(60) : prng.pick(overheard);
  const bent = good.slice(0, prng.between(1, good.length));
  bent[prng.below(bent.length)] = prng.below(256);
  send(prng.pick(peers), channel, prng.chance(0.3) ? prng.bytes(prng.between(0, 80)) : bent);
}

/** What it heard, again, to anybody, on any channel. */
function replay({ prng, peers, overheard, send }: Grip): void {
  if (overheard.length === 0) return;
  for (let count = 0; count < 5; count += 1) {
    const bytes = prng.pick(overheard);
    const { type } = decodeMessage(bytes);
    send(prng.pick(peers), type === 'transactions' ? 'transactions' : 'agreement', bytes);
  }
}

/** Blocks with another time, without their transactions, with another's certificate; and heights that nobody has. */
function bendSync({ grip, message, bytes }: Telling): Uint8Array[] {
  const { prng } = grip;
  if (message.type === 'status')
    return [encodeMessage({ ...message, height: Math.max(0, message.height + prng.between(-3, 500)) })];
  if (message.type !== 'blocks') return [bytes];
  const bend = prng.below(4);
  const certificate = message.blocks[0]?.certificate;
  const blocks = message.blocks.map((decided) => {
    const { block } = decided;
    if (bend === 0) return { ...decided, block: { ...block, txs: [] } };
    if (bend === 1)
      return { ...decided, block: { ...block, header: { ...block.header, time: block.header.time + 1 } } };
    return bend === 2 ? { ...decided, certificate: certificate ?? decided.certificate } : decided;
  });
  return [encodeMessage({ ...message, blocks: bend === 3 ? [] : blocks })];
}

/** A pair of votes that proves nothing, as evidence against another. */
function accuseFalsely({ forge, prng, peers, send, self, height }: Grip): void {
  const accused = prng.pick(peers);
  const content = { height: height(), round: 0, validRound: NO_ROUND, type: 'prevote' } as const;
  const [first, second] = [hashHex(prng.bytes(4)), null].map((blockId) => ({
    ...forge.vote({ ...content, blockId }),
    validator: prng.chance(0.8) ? accused : self,
  })) as [Vote, Vote];
  const bytes = encodeMessage({ type: 'evidence', evidence: { type: 'double-vote', first, second } });
  for (const to of peers) send(to, 'agreement', bytes);
}

const shift = (prng: Prng): number => prng.pick([-1, 1]);

const LIES: readonly Lie[] = [
  { name: 'none' },
  { name: 'silence', tell: () => [] },
  { name: 'two-prevotes', tell: (telling) => voteTwice(telling, 'prevote') },
  { name: 'two-precommits', tell: (telling) => voteTwice(telling, 'precommit') },
  {
    name: 'two-proposals',
    tell: (telling) =>
      isOtherHalf(telling)
        ? mapOwnProposal(telling, (message) =>
            telling.grip.forge.proposing(message, laterValue(message.value)),
          )
        : [telling.bytes],
  },
  { name: 'votes-for-all', slip: voteForAll },
  { name: 'stale-proposals', slip: proposeStale },
  {
    name: 'withheld-bodies',
    tell: ({ message, bytes }) =>
      message.type === 'bodies' || message.type === 'transactions' ? [] : [bytes],
  },
  {
    name: 'wrong-root',
    tell: (telling) =>
      mapOwnProposal(telling, (message) =>
        telling.grip.forge.proposing(message, wrongValue(message.value, headerId(message.value.header))),
      ),
  },
  {
    name: 'wrong-time',
    tell: (telling) =>
      mapOwnProposal(telling, (message) => {
        const byMs = telling.grip.prng.pick([-20_000, -1, 20_000]);
        return telling.grip.forge.proposing(message, laterValue(message.value, byMs));
      }),
  },
  {
    name: 'off-by-one',
    tell: (telling) => {
      const { forge, prng } = telling.grip;
      return mapOwnVotes(telling, (vote) =>
        forge.vote(
          prng.chance(0.5)
            ? { ...vote, round: Math.max(0, vote.round + shift(prng)) }
            : { ...vote, height: Math.max(1, vote.height + shift(prng)) },
        ),
      );
    },
  },
  {
    name: 'wrong-valid-round',
    tell: (telling) => {
      const { forge, prng } = telling.grip;
      return mapOwnVotes(telling, (vote) => forge.vote({ ...vote, validRound: prng.between(NO_ROUND, 3) }));
    },
  },
  {
    name: 'bad-signatures',
    tell: (telling) =>
      mapOwnVotes(telling, (vote) => ({
        ...vote,
        signature: telling.grip.forge.vote({ ...vote, round: 9 }).signature,
      })),
  },
  { name: 'garbage', slip: sendGarbage },
  { name: 'replays', slip: replay },
  { name: 'lying-sync', tell: bendSync },
  { name: 'false-evidence', slip: accuseFalsely },
];
