// Owns: who made a fork: two chains with the certificates that were kept beside their blocks go in, the guilty with proof
// come out (rule 17 of docs/protocol.md). Pure. Certificates that do not verify prove nothing, whoever kept them.
import { isLockViolation } from '@consilium/consensus';
import {
  type Certificate,
  type Evidence,
  type Hex32,
  isSupport,
  isValidCertificate,
  totalPower,
  type ValidatorSet,
  type Verify,
  type Vote,
  votesOf,
} from '@consilium/core';
import { type History, violate } from '../history/history.ts';
import type { Checker, StoreSeen } from './checker.ts';

/** One node's chain, and at each height the polkas and the commit that it acted on. */
export interface KeptChain {
  readonly node: Hex32;
  readonly tip: number;
  blockIdAt(height: number): Hex32 | undefined;
  certificatesAt(height: number): readonly Certificate[];
}

export interface ForkRules {
  readonly genesisHash: Hex32;
  readonly verify: Verify;
  /** Of a height up to which the chains are one. */
  validatorsAt(height: number): ValidatorSet | undefined;
}

export interface Fork {
  /** The first at which the chains differ. */
  readonly height: number;
  /** Block -> nodes that hold it there. */
  readonly sides: ReadonlyMap<Hex32, readonly Hex32[]>;
  /** Validator -> what proves it. */
  readonly guilty: ReadonlyMap<Hex32, Evidence>;
  /** Whether the guilty have more than a third of the power: fewer cannot fork. */
  readonly isExplained: boolean;
}

export function findFork(rules: ForkRules, chains: readonly KeptChain[]): Fork | undefined {
  const height = firstDifference(chains);
  return height === undefined ? undefined : forkAt(rules, chains, height, sidesAt(chains, height));
}

/** The first height at which these differ. */
export function forkHeight(stores: readonly StoreSeen[]): number | undefined {
  return firstDifference(stores.map(chainOf));
}

function firstDifference(chains: readonly KeptChain[]): number | undefined {
  const top = Math.max(0, ...chains.map(({ tip }) => tip));
  for (let height = 1; height <= top; height += 1) if (sidesAt(chains, height).size > 1) return height;
  return undefined;
}

function sidesAt(chains: readonly KeptChain[], height: number): Map<Hex32, Hex32[]> {
  const sides = new Map<Hex32, Hex32[]>();
  for (const chain of chains) {
    const id = chain.blockIdAt(height);
    if (id !== undefined) sides.set(id, [...(sides.get(id) ?? []), chain.node]);
  }
  return sides;
}

function forkAt(
  rules: ForkRules,
  chains: readonly KeptChain[],
  height: number,
  sides: ReadonlyMap<Hex32, readonly Hex32[]>,
): Fork {
  const set = rules.validatorsAt(height) ?? [];
  const certificates = chains.flatMap((chain) => chain.certificatesAt(height));
  const guilty = guiltyOf(rules, set, height, certificates);
  const power = set.filter(({ id }) => guilty.has(id)).reduce((sum, each) => sum + each.power, 0);
  return { height, sides, guilty, isExplained: set.length > 0 && isSupport(power, totalPower(set)) };
}

function guiltyOf(
  { genesisHash, verify }: ForkRules,
  set: ValidatorSet,
  height: number,
  certificates: readonly Certificate[],
): Map<Hex32, Evidence> {
  const votes = certificates
    .filter((each) => each.height === height && isValidCertificate(verify, genesisHash, set, each))
    .flatMap((each) => votesOf(each, set));
  const guilty = new Map<Hex32, Evidence>();
  for (const { id } of set) {
    const proof = offenceIn(votes.filter(({ validator }) => validator === id));
    if (proof !== undefined) guilty.set(id, proof);
  }
  return guilty;
}

/** Of votes of one validator at one height. */
function offenceIn(votes: readonly Vote[]): Evidence | undefined {
  for (const first of votes) {
    for (const second of votes) {
      if (isDouble(first, second)) return { type: 'double-vote', first, second };
      const isLock = first.type === 'precommit' && second.type === 'prevote';
      if (isLock && isLockViolation(first, second))
        return { type: 'lock-violation', precommit: first, prevote: second };
    }
  }
  return undefined;
}

function isDouble(a: Vote, b: Vote): boolean {
  const samePlace = a.type === b.type && a.round === b.round;
  return samePlace && (a.blockId !== b.blockId || a.validRound !== b.validRound);
}

/** Names a fork when the run has ended: told of the sets as they are committed, and of the stores at the end. */
export function createForkChecker(
  history: History,
  rules: Omit<ForkRules, 'validatorsAt'> & { readonly validators: ValidatorSet },
): Checker {
  const sets = new Map<number, ValidatorSet>([[1, rules.validators]]);
  return {
    committed: (node, { block, nextValidators }) => {
      const { height } = block.header;
      if (!history.hostile.has(node) && !sets.has(height + 1)) sets.set(height + 1, nextValidators);
    },
    ended: (stores) => {
      const chains = stores.map(chainOf);
      const honest = chains.filter(({ node }) => !history.hostile.has(node));
      const fork = findFork({ ...rules, validatorsAt: (height) => sets.get(height) }, honest);
      if (fork !== undefined) convict(history, fork);
    },
  };
}

function chainOf({ node, tip, blockIdAt, certificatesAt }: StoreSeen): KeptChain {
  return { node, tip: tip?.height ?? 0, blockIdAt, certificatesAt };
}

function convict(history: History, { height, sides, guilty, isExplained }: Fork): void {
  const blocks = [...sides.keys()].join(' beside ');
  const proofs = [...guilty].map(([id, { type }]) => `${id} by ${type}`).join(', ');
  const what = `fork at height ${height}: ${blocks}; guilty: ${proofs === '' ? 'nobody' : proofs}`;
  violate(history, 'agreement', what, { height, nodes: [...guilty.keys()] });
  const innocent = [...guilty.keys()].filter((id) => !history.hostile.has(id));
  if (innocent.length > 0)
    violate(history, 'accountability', `the fork names the innocent ${innocent.join(', ')}`, {
      height,
      nodes: innocent,
    });
  if (!isExplained)
    violate(history, 'accountability', `the fork at height ${height} names too few`, { height });
}
