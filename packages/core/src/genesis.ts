// Owns: the genesis document: the founding hospitals and the consensus parameters. Its hash names the network and is in
// every signature. The file is JSON for people; the hash is over the canonical encoding.
import { compareText, fromHex, type Hex32, type Hex64, isHexOf } from './bytes.ts';
import { encode, flag, hex32, hex64, integer, list, type Shape, struct, text } from './codec.ts';
import { isSealableKey } from './custody/encryption-keys.ts';
import { isLedgerKey, type SecretKey, type Verify } from './ed25519.ts';
import { ConsiliumError } from './errors.ts';
import { taggedHash, ZERO_HASH } from './hash.ts';
import {
  ADDRESS_LENGTH_MAX,
  ADDRESSES_MAX,
  CHAIN_ID_LENGTH_MAX,
  NAME_LENGTH_MAX,
  VALIDATORS_MAX,
} from './limits.ts';
import { signPayload, verifyPayload } from './signing.ts';
import { createValidatorSet, type ValidatorSet } from './validators.ts';

/**
 * What a hospital hands out to be admitted: its name, its four public keys and where it listens. Signed by the
 * account key and by the validator key (proof of possession), so that nobody can be admitted under a stranger's key.
 */
export interface ValidatorCard {
  readonly name: string;
  /** Signs transactions. The institution's account id is derived from it. */
  readonly accountKey: Hex32;
  /** Signs proposals and votes. */
  readonly validatorKey: Hex32;
  /** Ed25519 key of the libp2p peer id. */
  readonly networkKey: Hex32;
  /** X25519 key to which shares of records are sealed. */
  readonly custodyKey: Hex32;
  /** Multiaddrs without the peer id. */
  readonly addresses: readonly string[];
  /** Keys derived from a public seed: refused on a chain whose id does not begin with `dev-`. */
  readonly development: boolean;
  readonly accountSignature: Hex64;
  readonly validatorSignature: Hex64;
}

/** Timeouts grow by `stepMs` per round up to `maxMs` (protocol rule 15). Milliseconds. */
export interface TimeoutParams {
  readonly baseMs: number;
  readonly stepMs: number;
  readonly maxMs: number;
}

/**
 * Consensus parameters: those of genesis until the hospitals decide others (ledger/params.ts). Not a setting of
 * a node: shorter timers on one could censor slow proposers.
 */
export interface ConsensusParams {
  readonly propose: TimeoutParams;
  readonly prevote: TimeoutParams;
  readonly precommit: TimeoutParams;
  /** How far two honest clocks may differ. */
  readonly precisionMs: number;
  /** How long a proposal may travel in round 0; grows 10 % a round. */
  readonly delayMs: number;
  /** Transactions and bytes of a fresh value of round 0; halved each round (rule 15). */
  readonly blockTxsMax: number;
  readonly blockTxBytesMax: number;
  /** Evidence older than this many heights is refused. */
  readonly evidenceWindowHeights: number;
  /** Missed proposals in a row after which a proposer is demoted, and for how many heights. */
  readonly demotionMisses: number;
  readonly demotionHeights: number;
}

export interface Genesis {
  readonly version: number;
  readonly chainId: string;
  /** Milliseconds since the epoch: the first block is later. */
  readonly time: number;
  readonly params: ConsensusParams;
  /** Sorted by account key. */
  readonly validators: readonly ValidatorCard[];
}

export const DEVELOPMENT_CHAIN_PREFIX = 'dev-';

export const DEFAULT_PARAMS: ConsensusParams = {
  propose: { baseMs: 1_500, stepMs: 500, maxMs: 15_000 },
  prevote: { baseMs: 500, stepMs: 250, maxMs: 5_000 },
  precommit: { baseMs: 500, stepMs: 250, maxMs: 5_000 },
  precisionMs: 400,
  delayMs: 4_000,
  blockTxsMax: 2_000,
  blockTxBytesMax: 2 * 1024 * 1024,
  evidenceWindowHeights: 10_000,
  demotionMisses: 3,
  demotionHeights: 200,
};

const milliseconds = integer(1, 3_600_000);
const timeoutShape: Shape<TimeoutParams> = struct<TimeoutParams>({
  baseMs: milliseconds,
  stepMs: integer(0, 3_600_000),
  maxMs: milliseconds,
});

export const paramsShape: Shape<ConsensusParams> = struct<ConsensusParams>({
  propose: timeoutShape,
  prevote: timeoutShape,
  precommit: timeoutShape,
  precisionMs: milliseconds,
  delayMs: milliseconds,
  blockTxsMax: integer(1, 4096),
  blockTxBytesMax: integer(65_536, 4 * 1024 * 1024),
  evidenceWindowHeights: integer(1, 1_000_000_000),
  demotionMisses: integer(1, 1_000),
  demotionHeights: integer(1, 1_000_000),
});

const cardFields = {
  name: text(NAME_LENGTH_MAX, 1),
  accountKey: hex32,
  validatorKey: hex32,
  networkKey: hex32,
  custodyKey: hex32,
  addresses: list(text(ADDRESS_LENGTH_MAX, 1), ADDRESSES_MAX),
  development: flag,
} as const;

type CardContent = Omit<ValidatorCard, 'accountSignature' | 'validatorSignature'>;
const cardContentShape: Shape<CardContent> = struct<CardContent>(cardFields);

export const validatorCardShape: Shape<ValidatorCard> = struct<ValidatorCard>({
  ...cardFields,
  accountSignature: hex64,
  validatorSignature: hex64,
});

export const genesisShape: Shape<Genesis> = struct<Genesis>({
  version: integer(1, 1),
  chainId: text(CHAIN_ID_LENGTH_MAX, 1),
  time: integer(0, Number.MAX_SAFE_INTEGER),
  params: paramsShape,
  validators: list(validatorCardShape, VALIDATORS_MAX, 1),
});

/** A card is made before there is a network, so its signatures name no genesis. */
export function signValidatorCard(
  content: CardContent,
  account: SecretKey,
  validator: SecretKey,
): ValidatorCard {
  const payload = encode(cardContentShape, content);
  return {
    ...content,
    accountSignature: signPayload(account, 'validatorCard', ZERO_HASH, payload),
    validatorSignature: signPayload(validator, 'validatorCard', ZERO_HASH, payload),
  };
}

/** Names the whole card, with its signatures. */
export function cardHash(card: ValidatorCard): Hex32 {
  return taggedHash('consilium/card/v1', encode(validatorCardShape, card));
}

export function isValidCard(verify: Verify, card: ValidatorCard): boolean {
  const { accountSignature, validatorSignature, ...content } = card;
  if (![card.accountKey, card.validatorKey, card.networkKey].every((key) => isLedgerKey(key))) return false;
  if (!isSealableKey(card.custodyKey)) return false;
  const payload = encode(cardContentShape, content);
  return (
    verifyPayload(verify, card.accountKey, accountSignature, 'validatorCard', ZERO_HASH, payload) &&
    verifyPayload(verify, card.validatorKey, validatorSignature, 'validatorCard', ZERO_HASH, payload)
  );
}

/** The id of an account: fixed by its first key, kept while keys rotate. */
export function accountIdOf(firstKey: Hex32): Hex32 {
  if (!isHexOf(firstKey, 32)) throw new ConsiliumError('KEY_INVALID');
  return taggedHash('consilium/account/v1', fromHex(firstKey));
}

/** The same bytes on every machine, in whatever order the cards were handed in. Throws `GENESIS_INVALID`. */
export function createGenesis(
  chainId: string,
  time: number,
  cards: readonly ValidatorCard[],
  params: ConsensusParams,
  verify: Verify,
): Genesis {
  const validators = [...cards].sort((a, b) => compareText(a.accountKey, b.accountKey));
  const genesis: Genesis = { version: 1, chainId, time, params, validators };
  checkGenesis(genesis, verify);
  return genesis;
}

/** Throws `GENESIS_INVALID` with the rule that is broken. */
export function checkGenesis(genesis: Genesis, verify: Verify): void {
  const refuse = (rule: string): never => {
    throw new ConsiliumError('GENESIS_INVALID', { rule });
  };
  try {
    encode(genesisShape, genesis);
  } catch {
    refuse('form');
  }
  const { validators, chainId, params } = genesis;
  const keys = validators.flatMap((card) => [
    card.accountKey,
    card.validatorKey,
    card.networkKey,
    card.custodyKey,
  ]);
  if (new Set(keys).size !== keys.length) refuse('a key stands twice');
  if (new Set(validators.map((card) => card.name)).size !== validators.length) refuse('a name stands twice');
  const sorted = validators.every(
    (card, i) => i === 0 || (validators[i - 1]?.accountKey ?? '') < card.accountKey,
  );
  if (!sorted) refuse('validators are not sorted');
  if (!validators.every((card) => isValidCard(verify, card))) refuse('a signature of a validator card');
  const development = validators.some((card) => card.development);
  if (development && !chainId.startsWith(DEVELOPMENT_CHAIN_PREFIX))
    refuse('development keys on a chain that is not dev-');
  const broken = paramsRefusal(params);
  if (broken !== undefined) refuse(broken);
}

/** Why these parameters, each within its bounds, do not go together; undefined when they do. */
export function paramsRefusal({ propose, precisionMs, delayMs }: ConsensusParams): string | undefined {
  if (propose.baseMs <= 2 * precisionMs) return 'propose.baseMs must exceed twice precisionMs';
  if (propose.maxMs <= 2 * precisionMs + delayMs)
    return 'propose.maxMs must exceed twice precisionMs plus delayMs';
  return undefined;
}

export function genesisHash(genesis: Genesis): Hex32 {
  return taggedHash('consilium/genesis/v1', encode(genesisShape, genesis));
}

export function genesisValidators(genesis: Genesis): ValidatorSet {
  return createValidatorSet(
    genesis.validators.map((card) => ({
      id: accountIdOf(card.accountKey),
      key: card.validatorKey,
      power: 1,
    })),
  );
}

/** The first half of a hash in groups of four, for the telephone. 128 bits: nobody makes a second document with the same, and it takes a minute to read out. */
export function fingerprintOf(hash: Hex32): string {
  return (hash.slice(0, 32).match(/.{4}/g) ?? []).join(' ');
}
