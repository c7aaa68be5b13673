// Owns: a small network with real keys and real signatures for tests: hospitals, genesis, headers, certificates.
import {
  accountIdOf,
  type Certificate,
  type CertificateSignature,
  createGenesis,
  createValidatorSet,
  DEFAULT_PARAMS,
  type Genesis,
  genesisHash,
  type Header,
  type Hex32,
  hashHex,
  headerId,
  type LightStep,
  NO_ROUND,
  PROTOCOL_VERSION_FIRST,
  type SecretKey,
  secretKeyFromSeed,
  sha256,
  signPayload,
  signValidatorCard,
  utf8,
  type Validator,
  type ValidatorCard,
  type ValidatorSet,
  type VoteContent,
  validatorSetHash,
  verifyEd25519,
  votePayload,
  ZERO_HASH,
} from '../../src/index.ts';

export interface Hospital {
  readonly name: string;
  readonly account: SecretKey;
  readonly validator: SecretKey;
  readonly network: SecretKey;
  readonly id: Hex32;
}

export const GENESIS_TIME = 1_760_000_000_000;

/** Keys for a name, the same on every machine. */
export function hospital(name: string): Hospital {
  const secret = (use: string): SecretKey => secretKeyFromSeed(sha256(utf8(`sample ${name} ${use}`)));
  const account = secret('account');
  return {
    name,
    account,
    validator: secret('validator'),
    network: secret('network'),
    id: accountIdOf(account.publicKey),
  };
}

export const HOSPITALS: readonly Hospital[] = ['North General', 'Ægir Klinik', 'St. Roch', 'Lakeside'].map(
  hospital,
);

export function cardOf(member: Hospital): ValidatorCard {
  return signValidatorCard(
    {
      name: member.name,
      accountKey: member.account.publicKey,
      validatorKey: member.validator.publicKey,
      networkKey: member.network.publicKey,
      custodyKey: hashHex(utf8(`sample ${member.name} custody`)),
      addresses: ['/ip4/127.0.0.1/tcp/7001'],
      development: true,
    },
    member.account,
    member.validator,
  );
}

export function sampleGenesis(members: readonly Hospital[] = HOSPITALS): Genesis {
  return createGenesis('dev-sample', GENESIS_TIME, members.map(cardOf), DEFAULT_PARAMS, verifyEd25519);
}

export function setOf(members: readonly Hospital[]): ValidatorSet {
  return createValidatorSet(
    members.map((member): Validator => ({ id: member.id, key: member.validator.publicKey, power: 1 })),
  );
}

export function sampleHeader(genesis: Hex32, changes: Partial<Header>): Header {
  const height = changes.height ?? 1;
  return {
    version: PROTOCOL_VERSION_FIRST,
    genesis,
    height,
    time: GENESIS_TIME + height * 1000,
    parent: genesis,
    author: (HOSPITALS[0] as Hospital).id,
    txRoot: hashHex(utf8(`txs ${height}`)),
    resultRoot: hashHex(utf8(`results ${height}`)),
    stateRoot: hashHex(utf8(`state ${height}`)),
    validatorsHash: validatorSetHash(setOf(HOSPITALS)),
    nextValidatorsHash: validatorSetHash(setOf(HOSPITALS)),
    lastCertificateHash: ZERO_HASH,
    evidenceRoot: hashHex(utf8('none')),
    ...changes,
  };
}

/** The commit certificate of these signers, who are positions in the set of `members`. */
export function certify(
  header: Header,
  members: readonly Hospital[],
  signers: readonly Hospital[] = members,
  changes: Partial<VoteContent> = {},
): Certificate {
  const content: VoteContent = {
    type: 'precommit',
    height: header.height,
    round: 0,
    blockId: headerId(header),
    validRound: NO_ROUND,
    ...changes,
  };
  const signatures = setOf(members).flatMap(({ id }, index): CertificateSignature[] => {
    const signer = signers.find((member) => member.id === id);
    if (signer === undefined) return [];
    return [
      { index, signature: signPayload(signer.validator, 'vote', header.genesis, votePayload(content)) },
    ];
  });
  return { ...content, signatures };
}

/** Decided headers 1 to `sets.length - 1`; `sets[h - 1]` are the members that decide height h. */
export function sampleSteps(genesis: Genesis, sets: readonly (readonly Hospital[])[]): LightStep[] {
  const hash = genesisHash(genesis);
  const steps: LightStep[] = [];
  for (let height = 1; height < sets.length; height += 1) {
    const members = sets[height - 1] as readonly Hospital[];
    const next = setOf(sets[height] as readonly Hospital[]);
    const parent = steps.at(-1);
    const header = sampleHeader(hash, {
      height,
      parent: parent === undefined ? hash : headerId(parent.header),
      validatorsHash: validatorSetHash(setOf(members)),
      nextValidatorsHash: validatorSetHash(next),
    });
    const changed = header.nextValidatorsHash !== header.validatorsHash;
    steps.push({ header, certificate: certify(header, members), nextValidators: changed ? next : null });
  }
  return steps;
}
