// Owns: the strategies of those who propose what is not valid, and vote for it: the forged value goes to everybody in
// place of its own, and is handed out when it is asked for.
import {
  certificateHash,
  evidenceRoot,
  fromHex,
  type Header,
  type Hex32,
  hashHex,
  merkleRoot,
  NO_ROUND,
  type Vote,
} from '@consilium/core';
import { encodeMessage, type Value } from '@consilium/node/replica';
import {
  type Grip,
  type Hearing,
  mapOwnProposal,
  mapOwnVotes,
  type Strategy,
  type Telling,
} from './strategy.ts';

type Bend = (grip: Grip, value: Value) => Value;

export const wrongRoots: Strategy = proposing((grip, value) => {
  const root = grip.prng.pick(ROOTS);
  return { ...value, header: { ...value.header, [root]: hashHex(fromHex(value.header[root])) } };
});

/** From far before and after the present, and from before the parent. */
export const wrongTime: Strategy = proposing(({ prng }, value) =>
  withHeader(value, {
    time: Math.max(0, value.header.time + prng.pick([-600_000, -20_000, 20_000, 600_000])),
  }),
);

export const invalidBlock: Strategy = proposing((grip, value) => grip.prng.pick(BREAKS)(grip, value));

const ROOTS = ['stateRoot', 'resultRoot', 'nextValidatorsHash', 'validatorsHash'] as const;

/** Each breaks one rule of the ledger, or of how a value names its parts. */
const BREAKS: readonly Bend[] = [
  /** A transaction whose signature is not its sender's. */
  ({ memory }, value) => {
    const good = [...memory.bodies.values()].at(-1);
    if (good === undefined) return withHeader(value, { txRoot: hashHex(fromHex(value.header.txRoot)) });
    const bent = good.slice();
    bent[bent.length - 1] = (bent.at(-1) ?? 0) ^ 1;
    return withTxs(value, [...value.txIds, memory.addBody(bent)]);
  },
  /** A transaction that is old, and mostly committed. */
  ({ memory }, value) => {
    const [oldest] = memory.bodies.keys();
    return oldest === undefined || value.txIds.includes(oldest)
      ? withTxs(value, [...value.txIds, ...value.txIds])
      : withTxs(value, [...value.txIds, oldest]);
  },
  /** One transaction twice; an empty block gets one that nobody has. */
  (_grip, value) => {
    const [first = hashHex(fromHex(value.header.parent))] = value.txIds;
    return withTxs(value, [...value.txIds, first]);
  },
  (_grip, value) => withHeader(value, { txRoot: hashHex(fromHex(value.header.txRoot)) }),
  (_grip, value) => withHeader(value, { parent: hashHex(fromHex(value.header.parent)) }),
  (_grip, value) => withHeader(value, { height: value.header.height + 1 }),
  ({ prng, peers }, value) => withHeader(value, { author: prng.pick(peers()) }),
  /** Evidence that proves nothing. */
  ({ forge }, value) => {
    const { height } = value.header;
    const vote = forge.vote({ type: 'prevote', height, round: 0, blockId: null, validRound: NO_ROUND });
    const evidence = [{ type: 'double-vote', first: vote, second: vote } as const];
    return { ...withHeader(value, { evidenceRoot: evidenceRoot(evidence) }), evidence };
  },
  /** The parent's certificate with too few signatures; none but the hash of one where there is no parent. */
  (_grip, value) => {
    const whole = value.lastCertificate;
    if (whole === null)
      return withHeader(value, { lastCertificateHash: hashHex(fromHex(value.header.parent)) });
    const lastCertificate = { ...whole, signatures: whole.signatures.slice(0, 1) };
    return {
      ...withHeader(value, { lastCertificateHash: certificateHash(lastCertificate) }),
      lastCertificate,
    };
  },
];

function withHeader(value: Value, fields: Partial<Header>): Value {
  return { ...value, header: { ...value.header, ...fields } };
}

function withTxs(value: Value, txIds: readonly Hex32[]): Value {
  const txRoot = merkleRoot(txIds.map((id) => fromHex(id)));
  return { ...withHeader(value, { txRoot }), txIds };
}

function proposing(bend: Bend): Strategy {
  return {
    tell: (telling) =>
      telling.message?.type === 'votes' ? voteForForged(telling) : tellForged(telling, bend),
    hear: answerForForged,
  };
}

function tellForged(telling: Telling, bend: Bend): Uint8Array[] {
  const { memory, forge } = telling.grip;
  return mapOwnProposal(telling, (message) => {
    const { blockId, round } = message.proposal;
    // A value that others proposed before is not its own to bend.
    if (message.value.header.author !== telling.grip.self) return message;
    return memory.made(`instead of ${blockId} r${round}`, () => {
      const forged = forge.proposing(message, bend(telling.grip, message.value));
      memory.replace(blockId, forged);
      return forged;
    });
  });
}

function voteForForged(telling: Telling): Uint8Array[] {
  const { memory, forge } = telling.grip;
  return mapOwnVotes(telling, (vote: Vote) => {
    const standIn = memory.standIn(vote.blockId);
    return standIn === undefined ? vote : forge.vote({ ...vote, blockId: standIn.proposal.blockId });
  });
}

function answerForForged({ grip, from, message, bytes }: Hearing): readonly Uint8Array[] {
  const { memory } = grip;
  if (message?.type === 'value-request') {
    const value = memory.forged(message.blockId);
    if (value === undefined) return [bytes];
    grip.send(from, 'agreement', encodeMessage({ type: 'value', value }));
    return [];
  }
  if (message?.type !== 'bodies-request' || memory.forged(message.blockId) === undefined) return [bytes];
  const { height, blockId, txIds } = message;
  const txs = txIds.flatMap((id) => memory.bodies.get(id) ?? []);
  if (txs.length > 0) grip.send(from, 'agreement', encodeMessage({ type: 'bodies', height, blockId, txs }));
  return [bytes];
}
