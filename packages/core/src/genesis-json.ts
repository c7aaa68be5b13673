// Owns: the genesis document and the validator card as JSON for people: sorted keys, 2 spaces, a newline at the end.
// Does not own: files, and what makes a genesis valid (genesis.ts).
import { compareText } from './bytes.ts';
import { encode, type Shape } from './codec.ts';
import type { Verify } from './ed25519.ts';
import { ConsiliumError, type ErrorCode, isConsiliumError } from './errors.ts';
import {
  checkGenesis,
  type Genesis,
  genesisShape,
  isValidCard,
  type ValidatorCard,
  validatorCardShape,
} from './genesis.ts';
import { CARD_JSON_LENGTH_MAX, GENESIS_JSON_LENGTH_MAX } from './limits.ts';

export function genesisToJson(genesis: Genesis): string {
  return sortedJson(genesis);
}

/**
 * Throws `GENESIS_INVALID` with the rule that is broken, and the path where there is one. White space may differ from
 * what `genesisToJson` writes (mail and editors change it); nothing else may, so that no field can stand twice, once
 * for the reader and once for the machine.
 */
export function genesisFromJson(text: string, verify: Verify): Genesis {
  const genesis = parseAs(genesisShape, text, GENESIS_JSON_LENGTH_MAX, 'GENESIS_INVALID');
  checkGenesis(genesis, verify);
  return genesis;
}

export function cardToJson(card: ValidatorCard): string {
  return sortedJson(card);
}

/** Throws `CARD_INVALID` with the rule that is broken; the two signatures of the card are checked. */
export function cardFromJson(text: string, verify: Verify): ValidatorCard {
  const card = parseAs(validatorCardShape, text, CARD_JSON_LENGTH_MAX, 'CARD_INVALID');
  if (!isValidCard(verify, card)) throw new ConsiliumError('CARD_INVALID', { rule: 'keys or signatures' });
  return card;
}

function parseAs<T>(shape: Shape<T>, text: string, lengthMax: number, code: ErrorCode): T {
  if (text.length > lengthMax) throw new ConsiliumError(code, { rule: 'too long', lengthMax });
  const value = parse(text, code) as T;
  checkForm(shape, value, code);
  if (withoutSpace(text) !== withoutSpace(sortedJson(value))) {
    throw new ConsiliumError(code, {
      rule: 'a field stands twice or out of order, or a value is not written plainly',
    });
  }
  return value;
}

function parse(text: string, code: ErrorCode): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ConsiliumError(code, { rule: 'not JSON' });
  }
}

function checkForm<T>(shape: Shape<T>, value: T, code: ErrorCode): void {
  try {
    encode(shape, value);
  } catch (error) {
    if (!isConsiliumError(error)) throw error;
    throw new ConsiliumError(code, { rule: 'form', ...error.data });
  }
}

function withoutSpace(json: string): string {
  return json.replace(/("[^"\\]*(?:\\.[^"\\]*)*")|\s+/g, '$1');
}

/** JSON of plain values with the keys of every object in the order of their code units. */
function sortedJson(value: unknown): string {
  return `${JSON.stringify(value, sortKeys, 2)}\n`;
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(entries.sort(([a], [b]) => compareText(a, b)));
}
