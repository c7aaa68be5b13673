// Owns: what this client knows of the chain by certificates alone: the newest certified header and the validator sets
// since genesis. Does not own: fetching (sync.ts) or what a header proves (state.ts, transactions.ts, blocks.ts).
import {
  advanceLight,
  ConsiliumError,
  type Genesis,
  HEIGHT_MAX,
  type Hex32,
  headerId,
  hex32,
  integer,
  isValidCertificate,
  type LightState,
  type LightStep,
  lightGenesis,
  list,
  nullable,
  type Shape,
  type SignedHeader,
  struct,
  type ValidatorSet,
  type Verify,
  validatorSetHash,
  validatorSetShape,
} from '@consilium/core';
import { proven, unproven } from './answer.ts';

/** A set and the first height that it decides. */
export interface SetFrom {
  readonly from: number;
  readonly validators: ValidatorSet;
}

/** All that a client remembers, as JSON: keep it, and an older answer is noticed after a restart too. */
export interface ChainMemory {
  readonly version: 1;
  readonly light: LightState;
  /** Ascending; the first is the genesis set from height 1. */
  readonly sets: readonly SetFrom[];
}

/** What `memory()` was written as. Throws `FILE_INVALID`. */
export function parseChainMemory(text: string): ChainMemory {
  const refuse = (): never => {
    throw new ConsiliumError('FILE_INVALID', { kind: 'chain memory' });
  };
  try {
    const memory = JSON.parse(text) as ChainMemory;
    if (memory.version !== 1) refuse();
    lightStateShape.toWire(memory.light, '$');
    setsShape.toWire(memory.sets, '$');
    return memory;
  } catch {
    return refuse();
  }
}

const height = integer(0, HEIGHT_MAX);
const lightStateShape: Shape<LightState> = struct<LightState>({
  genesis: hex32,
  height,
  blockId: hex32,
  time: integer(0, Number.MAX_SAFE_INTEGER),
  validators: validatorSetShape,
  nextValidators: validatorSetShape,
  stateRoot: nullable(hex32),
});
/** Set changes of a network's life: a few a year. */
const SETS_MAX = 65_536;
const setsShape: Shape<readonly SetFrom[]> = list(
  struct<SetFrom>({ from: height, validators: validatorSetShape }),
  SETS_MAX,
  1,
);

export interface Chain {
  readonly genesis: Genesis;
  readonly genesisHash: Hex32;
  readonly memory: () => ChainMemory;
  /** What is known after the newest certified header. */
  readonly tip: () => LightState;
  /**
   * Checks a header and its certificate, and moves the tip when it is newer. False when it lies beyond a change of
   * the set that this client has not been shown: light steps are needed first. Throws `PROOF_INVALID`.
   */
  readonly accept: (signed: SignedHeader) => boolean;
  /** Takes steps in order; those not above the tip must agree with what is known. Throws `PROOF_INVALID`. */
  readonly advance: (steps: readonly LightStep[]) => void;
}

/** Throws `VALUE_INVALID` when the memory is of another network. */
export function createChain(genesis: Genesis, verify: Verify, memory?: ChainMemory): Chain {
  const start = lightGenesis(genesis);
  if (memory !== undefined && memory.light.genesis !== start.genesis)
    throw new ConsiliumError('VALUE_INVALID', { field: 'memory', rule: 'of another genesis' });
  let light = memory?.light ?? start;
  let sets: readonly SetFrom[] = memory?.sets ?? [{ from: 1, validators: start.nextValidators }];

  const setAt = (height: number): ValidatorSet =>
    sets.findLast(({ from }) => from <= height)?.validators ?? start.nextValidators;

  const advanceOne = (step: LightStep): void => {
    const next = proven('certificate', () => advanceLight(light, step, verify));
    if (validatorSetHash(next.nextValidators) !== validatorSetHash(light.nextValidators))
      sets = [...sets, { from: next.height + 1, validators: next.nextValidators }];
    light = next;
  };

  const checkKnown = (signed: SignedHeader): void => {
    const { height } = signed.header;
    const id = checkDecidedBy(signed, start.genesis, setAt(height), verify);
    if (height === light.height && id !== light.blockId) throw unproven('two blocks of one height', height);
  };

  const accept = (signed: SignedHeader): boolean => {
    const { header, certificate } = signed;
    if (header.height <= light.height) {
      checkKnown(signed);
      return true;
    }
    const known = validatorSetHash(light.nextValidators);
    if (header.validatorsHash !== known || header.nextValidatorsHash !== known) return false;
    advanceOne({ header, certificate, nextValidators: null });
    return true;
  };

  return {
    genesis,
    genesisHash: start.genesis,
    memory: () => ({ version: 1, light, sets }),
    tip: () => light,
    accept,
    advance: (steps) => {
      for (const step of steps) {
        if (step.header.height <= light.height) checkKnown(step);
        else advanceOne(step);
      }
    },
  };
}

/** The id of the header, once the set of its height is shown to have decided it. */
function checkDecidedBy(signed: SignedHeader, genesis: Hex32, set: ValidatorSet, verify: Verify): Hex32 {
  const { header, certificate } = signed;
  const { height } = header;
  const id = headerId(header);
  if (header.genesis !== genesis) throw unproven('genesis', height);
  if (header.validatorsHash !== validatorSetHash(set)) throw unproven('set', height);
  if (certificate.type !== 'precommit' || certificate.height !== height || certificate.blockId !== id)
    throw unproven('certificate', height);
  if (!isValidCertificate(verify, genesis, set, certificate)) throw unproven('certificate', height);
  return id;
}
