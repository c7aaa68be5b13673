// Owns: a hostile hand alone: what it sends, a clock that a test drives, messages to give it.
import {
  genesisValidators,
  type Hex32,
  hashHex,
  headerId,
  NO_ROUND,
  utf8,
  type VoteContent,
  ZERO_HASH,
} from '@consilium/core';
import type { Channel, ProposalMessage, Value } from '@consilium/node/replica';
import {
  createFounders,
  createKeyRegistry,
  createPrng,
  createScheduler,
  type Founders,
} from '@consilium/sim';
import type { Forge } from '../../src/byzantine/forge.ts';
import { createHand, type Hand } from '../../src/byzantine/hand.ts';
import { forgeOf } from '../../src/sim-world/hands.ts';

export interface Sent {
  readonly to: Hex32;
  readonly channel: Channel;
  readonly bytes: Uint8Array;
}

export interface LoneHand {
  readonly hand: Hand;
  readonly self: Hex32;
  readonly peers: readonly Hex32[];
  readonly forges: readonly Forge[];
  readonly founders: Founders;
  readonly sent: readonly Sent[];
  readonly notes: readonly string[];
  pass(ms: number): void;
}

let founders: Founders | undefined;

/** Of the last of four hospitals. */
export function loneHand(seed = 1): LoneHand {
  founders ??= createFounders(4);
  const keys = createKeyRegistry('fast');
  const scheduler = createScheduler();
  const four = founders;
  const forges = four.hospitals.map((hospital) => forgeOf({ keys, founders: four }, hospital));
  const [own, ...others] = four.hospitals.toReversed();
  const self = own?.id ?? '';
  const peers = others.map(({ id }) => id);
  const sent: Sent[] = [];
  const notes: string[] = [];
  const hand = createHand({
    self,
    forge: forges.at(-1) as Forge,
    prng: createPrng(seed),
    peers: () => peers,
    height: () => 5,
    send: (to, channel, bytes) => sent.push({ to, channel, bytes }),
    after: (delayMs, fire) => scheduler.after(delayMs * 1000, fire),
    note: (state) => notes.push(state),
  });
  const pass = (ms: number): void => {
    scheduler.run(() => false, scheduler.nowUs() + ms * 1000);
  };
  return { hand, self, peers, forges, founders: four, sent, notes, pass };
}

export function idOf(name: string): Hex32 {
  return hashHex(utf8(name));
}

export function prevoteFor(blockId: Hex32 | null, round = 0): VoteContent {
  return { type: 'prevote', height: 5, round, blockId, validRound: NO_ROUND };
}

export function valueBy({ founders: { genesis, genesisHash } }: LoneHand, author: Hex32): Value {
  const hash = hashHex(utf8(`set of ${genesisValidators(genesis).length}`));
  const header = {
    ...{
      version: 1,
      genesis: genesisHash,
      height: 5,
      time: 1_800_000_000_000,
      parent: idOf('parent'),
      author,
    },
    ...{ txRoot: idOf('txs'), resultRoot: idOf('results'), stateRoot: idOf('state') },
    ...{ validatorsHash: hash, nextValidatorsHash: hash, lastCertificateHash: ZERO_HASH },
    evidenceRoot: idOf('evidence'),
  };
  return { header, lastCertificate: null, evidence: [], txIds: [idOf('tx')] };
}

export function proposalOf(forge: Forge, value: Value, round = 0): ProposalMessage {
  const blockId = headerId(value.header);
  const { height } = value.header;
  const proposal = forge.proposal({ height, round, blockId, validRound: NO_ROUND });
  return { type: 'proposal', proposal, value, polka: null };
}
