// Owns: what one action is given and gives back, and the form in which a module declares its actions. Does not own: any
// rule of a module, or the order in which actions run (actions.ts).
import { fromHex, type Hex32, toHex } from '../bytes.ts';
import { hex32, nullable, type Shape, struct } from '../codec.ts';
import type { Verify } from '../ed25519.ts';
import type { Genesis } from '../genesis.ts';
import { sha256 } from '../hash.ts';
import { type Account, type AccountKind, indexShape } from './rows.ts';
import type { Overlay, StateReader } from './state.ts';

/** What the state machine is given from outside, the same for every block. */
export interface LedgerRules {
  readonly genesis: Genesis;
  readonly genesisHash: Hex32;
  readonly verify: Verify;
  /** Engine of core's `isLedgerKey`; must agree with it. */
  readonly isLedgerKey: (key: Hex32) => boolean;
}

/** What can be known of an action before it runs: from the committed state in a pool, from the overlay in a block. */
export interface CheckContext extends LedgerRules {
  readonly state: StateReader;
  /** Height of the block in which the action would stand. */
  readonly height: number;
  readonly sender: Hex32;
  readonly account: Account;
}

export interface ActionContext extends CheckContext {
  readonly state: Overlay;
  /** Height and time of the block in which the action stands. */
  readonly height: number;
  readonly time: number;
  readonly sender: Hex32;
  /** The sender's account as the action before left it. */
  readonly account: Account;
  /** 16 bytes for the personal values that this action writes. */
  readonly salt: string;
}

/** What an action made, for its receipt: an account or proposal id, and its index in a gapless list. Never content. */
export interface Outcome {
  readonly id: Hex32 | null;
  readonly index: number | null;
}

export const outcomeShape: Shape<Outcome> = struct<Outcome>({
  id: nullable(hex32),
  index: nullable(indexShape),
});

/** How much of a bound the sender has used, of how much. */
export interface Quota {
  readonly used: number;
  readonly max: number;
}

export interface ActionDefinition<Body> {
  readonly version: number;
  /** Kinds of accounts that may send it; an institution must be active. `any`: whoever has an account. */
  readonly senders: readonly AccountKind[] | 'any';
  /** Whether an institution that only observes may send it. */
  readonly observers?: true;
  readonly shape: Shape<Body>;
  /** What must hold of the body alone and the shape cannot say. */
  readonly isWellFormed?: (body: Body) => boolean;
  /** Rows that it may have to look at, by its body alone; 1 when not given. */
  readonly work?: (body: Body) => number;
  /** A bound that every such action of the sender counts against: `TX_QUOTA_EXCEEDED`. */
  readonly quota?: (reader: StateReader, sender: Hex32, height: number) => Quota;
  /** What the state must hold for it, of any cost: asked before the pool keeps it and again in the block. */
  readonly check?: (context: CheckContext, body: Body) => void;
  /** Changes state, or throws a ConsiliumError; then the whole transaction leaves none of its writes. */
  readonly apply: (context: ActionContext, body: Body) => Outcome;
}

/** SHA-256(nonce || action index), first 16 bytes: each action salts its values apart. */
export function actionSalt(nonce: string, actionIndex: number): string {
  const preimage = new Uint8Array(17);
  preimage.set(fromHex(nonce));
  preimage[16] = actionIndex;
  return toHex(sha256(preimage).subarray(0, 16));
}
