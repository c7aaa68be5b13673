// Owns: who takes part in a simulated network: hospitals with keys of their own, and the genesis that names them. Made
// once and used by many runs, since the keys do not matter to a run.
import {
  accountIdOf,
  type ConsensusParams,
  createGenesis,
  DEFAULT_PARAMS,
  type Genesis,
  genesisHash,
  type Hex32,
  type SecretKey,
  secretKeyFromSeed,
  sha256,
  signValidatorCard,
  utf8,
  type ValidatorCard,
  verifyEd25519,
} from '@consilium/core';
import { type SimEncryptionKey, simEncryptionKey } from '../world/sim-sealer.ts';

export interface Hospital {
  readonly name: string;
  readonly id: Hex32;
  readonly account: SecretKey;
  readonly validator: SecretKey;
  /** Shares are sealed to it. */
  readonly custody: SimEncryptionKey;
  readonly card: ValidatorCard;
}

export interface Founders {
  readonly hospitals: readonly Hospital[];
  readonly genesis: Genesis;
  readonly genesisHash: Hex32;
}

/** Shorter than the defaults where a fault would else cost a run much simulated time; the relations hold. */
export const SIM_PARAMS: ConsensusParams = {
  ...DEFAULT_PARAMS,
  propose: { baseMs: 1_200, stepMs: 300, maxMs: 6_000 },
  prevote: { baseMs: 300, stepMs: 150, maxMs: 2_000 },
  precommit: { baseMs: 300, stepMs: 150, maxMs: 2_000 },
  delayMs: 2_000,
  demotionHeights: 12,
  evidenceWindowHeights: 1_000,
};

export function createHospital(name: string): Hospital {
  const [account, validator, network] = ['account', 'validator', 'network'].map((role) =>
    secretKeyFromSeed(sha256(utf8(`consilium simulated hospital ${name} ${role}`))),
  ) as [SecretKey, SecretKey, SecretKey];
  const custody = simEncryptionKey(sha256(utf8(`consilium simulated hospital ${name} custody`)));
  const card = signValidatorCard(
    {
      name,
      accountKey: account.publicKey,
      validatorKey: validator.publicKey,
      networkKey: network.publicKey,
      custodyKey: custody.publicKey,
      addresses: [],
      development: true,
    },
    account,
    validator,
  );
  return { name, id: accountIdOf(account.publicKey), account, validator, custody, card };
}

export function createFounders(count: number, params: ConsensusParams = SIM_PARAMS): Founders {
  const hospitals = Array.from({ length: count }, (_, index) => createHospital(`n${index + 1}`));
  const cards = hospitals.map((hospital) => hospital.card);
  const genesis = createGenesis('dev-sim', 0, cards, params, verifyEd25519);
  return { hospitals, genesis, genesisHash: genesisHash(genesis) };
}
