// Owns: the validator set and its counting. A validator's id is the account id of its institution; power is 1 each.
import { compareText, type Hex32 } from './bytes.ts';
import { encode, hex32, integer, list, type Shape, struct } from './codec.ts';
import { taggedHash } from './hash.ts';
import { VALIDATORS_MAX } from './limits.ts';

export interface Validator {
  /** Account id of the institution. It stays while keys rotate. */
  readonly id: Hex32;
  /** Key that signs proposals and votes. */
  readonly key: Hex32;
  readonly power: number;
}

/** Sorted by id, each once. Certificates name a validator by its position in this order. */
export type ValidatorSet = readonly Validator[];

export const validatorShape: Shape<Validator> = struct<Validator>({
  id: hex32,
  key: hex32,
  power: integer(1, 1),
});

export const validatorSetShape: Shape<ValidatorSet> = list(validatorShape, VALIDATORS_MAX, 1);

export function createValidatorSet(validators: readonly Validator[]): ValidatorSet {
  return [...validators].sort((a, b) => compareText(a.id, b.id));
}

export function validatorSetHash(set: ValidatorSet): Hex32 {
  return taggedHash('consilium/validators/v1', encode(validatorSetShape, set));
}

export function isSortedSet(set: ValidatorSet): boolean {
  return set.every((validator, index) => index === 0 || (set[index - 1] as Validator).id < validator.id);
}

export function findValidator(set: ValidatorSet, id: Hex32): Validator | undefined {
  return set.find((validator) => validator.id === id);
}

export function totalPower(set: ValidatorSet): number {
  return set.reduce((sum, validator) => sum + validator.power, 0);
}

/** Q of the protocol: strictly more than two thirds of the power. Never a rounded formula. */
export function isQuorum(power: number, total: number): boolean {
  return 3 * power > 2 * total;
}

/** S of the protocol: strictly more than one third of the power, so that one honest validator is among them. */
export function isSupport(power: number, total: number): boolean {
  return 3 * power > total;
}

/** f: how many faulty validators a set of `count` (powers 1) bears. */
export function faultyMax(count: number): number {
  return Math.floor((count - 1) / 3);
}
