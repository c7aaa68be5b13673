// A ledger of real hospitals in memory: real keys, signatures, trees and certificates; only the network is missing.
import {
  type Action,
  accountIdOf,
  type Block,
  type BuiltBlock,
  buildBlock,
  type Certificate,
  type ConsensusParams,
  certificateOf,
  checkBlock,
  createGenesis,
  createMemoryTree,
  createVerifySender,
  DEFAULT_PARAMS,
  type Evidence,
  type Execution,
  type Genesis,
  genesisHash,
  genesisState,
  genesisTip,
  type Hex32,
  hashHex,
  headerId,
  isLedgerKey,
  type LedgerDeps,
  type LedgerTip,
  type LedgerView,
  type MemoryTree,
  NO_ROUND,
  proposerOrder,
  type SecretKey,
  type StateChange,
  secretKeyFromSeed,
  sha256,
  signPayload,
  signTx,
  signValidatorCard,
  type Tx,
  toHex,
  utf8,
  type ValidatorCard,
  type ValidatorSet,
  type Verify,
  type Vote,
  type VoteContent,
  validatorsAt,
  verifyEd25519,
  votePayload,
} from '../../src/index.ts';

const keys = new Map<string, SecretKey>();

export function keyOf(name: string): SecretKey {
  const key = keys.get(name) ?? secretKeyFromSeed(sha256(utf8(`seed of ${name}`)));
  keys.set(name, key);
  return key;
}

/** Each signature is checked by the real rule, once. */
function createRememberingVerify(): Verify {
  const known = new Map<string, boolean>();
  return (key, signature, message) => {
    const name = `${key}/${signature}/${toHex(sha256(message))}`;
    const verdict = known.get(name) ?? verifyEd25519(key, signature, message);
    known.set(name, verdict);
    return verdict;
  };
}

const verify = createRememberingVerify();
const ledgerKeys = new Map<Hex32, boolean>();

export interface Hospital {
  readonly name: string;
  readonly account: SecretKey;
  readonly validator: SecretKey;
  readonly network: SecretKey;
  readonly card: ValidatorCard;
  readonly id: Hex32;
}

const hospitals = new Map<string, Hospital>();
const custodyKeys = new Map<string, Hex32>();

/** A custody key whose secret the test holds. To be given before the hospital is first asked for. */
export function giveCustodyKey(name: string, key: Hex32): void {
  custodyKeys.set(name, key);
}

/** The public custody key of a hospital; a kit that opens envelopes gives keys whose secrets it knows. */
export type CustodyKeyOf = (name: string) => Hex32;

const opaqueCustodyKey: CustodyKeyOf = (name) =>
  custodyKeys.get(name) ?? hashHex(utf8(`custody key of ${name}`));

export function hospital(
  name: string,
  development = true,
  custodyKeyOf: CustodyKeyOf = opaqueCustodyKey,
): Hospital {
  const custodyKey = custodyKeyOf(name);
  const known = hospitals.get(`${name}/${development}/${custodyKey}`);
  if (known !== undefined) return known;
  const account = keyOf(`${name} account`);
  const validator = keyOf(`${name} validator`);
  const network = keyOf(`${name} network`);
  const content = {
    name,
    accountKey: account.publicKey,
    validatorKey: validator.publicKey,
    networkKey: network.publicKey,
    custodyKey,
    addresses: ['/ip4/127.0.0.1/tcp/4001'],
    development,
  };
  const card = signValidatorCard(content, account, validator);
  const made = { name, account, validator, network, card, id: accountIdOf(account.publicKey) };
  hospitals.set(`${name}/${development}/${custodyKey}`, made);
  return made;
}

export const FOUNDERS = ['Aare', 'Birs', 'Limmat', 'Reuss', 'Rhone', 'Saane', 'Thur'] as const;
export const GENESIS_TIME = 1_800_000_000_000;

export interface Chain {
  readonly genesis: Genesis;
  readonly deps: LedgerDeps;
  readonly hospitals: readonly Hospital[];
  readonly view: () => LedgerView;
  readonly certificate: () => Certificate | null;
  /** Signs a transaction valid for two minutes from the tip. */
  readonly tx: (sender: Hex32, key: SecretKey, actions: readonly Action[], options?: TxOptions) => Tx;
  readonly build: (candidates: readonly Tx[], options?: BuildOptions) => BuiltBlock;
  /** Builds, checks and commits a block. */
  readonly commit: (candidates: readonly Tx[], options?: BuildOptions) => BuiltBlock;
  /** Every row of the state. */
  readonly rows: () => readonly StateChange[];
  readonly apply: (block: Block, execution: Execution, options?: { readonly round?: number }) => void;
}

export interface TxOptions {
  readonly validUntil?: number;
  readonly genesis?: Hex32;
  readonly nonce?: string;
}

export interface BuildOptions {
  readonly evidence?: readonly Evidence[];
  readonly time?: number;
  readonly author?: Hex32;
  readonly txsMax?: number;
  readonly txBytesMax?: number;
  readonly deps?: LedgerDeps;
  readonly view?: LedgerView;
  /** Round in which this block is decided. */
  readonly round?: number;
}

export function createTestGenesis(
  names: readonly string[],
  params: Partial<ConsensusParams> = {},
  chainId = 'dev-test',
  custodyKeyOf: CustodyKeyOf = opaqueCustodyKey,
): Genesis {
  const development = chainId.startsWith('dev-');
  const cards = names.map((name) => hospital(name, development, custodyKeyOf).card);
  return createGenesis(chainId, GENESIS_TIME, cards, { ...DEFAULT_PARAMS, ...params }, verify);
}

export function createTestDeps(genesis: Genesis): LedgerDeps {
  return {
    genesis,
    genesisHash: genesisHash(genesis),
    verify,
    verifySender: createVerifySender(verify),
    isLedgerKey: (key) => {
      const verdict = ledgerKeys.get(key) ?? isLedgerKey(key);
      ledgerKeys.set(key, verdict);
      return verdict;
    },
  };
}

/** A quorum's precommits for the tip, by whoever of the set comes first; or what else they are made to sign. */
export function certify(
  genesis: Genesis,
  set: ValidatorSet,
  tip: LedgerTip,
  instead: Partial<VoteContent> = {},
): Certificate {
  const content: VoteContent = {
    type: 'precommit',
    height: tip.height,
    round: 0,
    blockId: tip.id,
    validRound: NO_ROUND,
    ...instead,
  };
  const quorum = set.slice(0, Math.floor((2 * set.length) / 3) + 1);
  const votes = quorum.map((validator) => signVote(genesis, validator.key, validator.id, content));
  return certificateOf(content, votes, set);
}

export function signVote(genesis: Genesis, key: Hex32, validator: Hex32, content: VoteContent): Vote {
  const secret = secretOf(key);
  const signature = signPayload(secret, 'vote', genesisHash(genesis), votePayload(content));
  return { ...content, validator, signature };
}

export function secretOf(validatorKey: Hex32): SecretKey {
  for (const known of keys.values()) if (known.publicKey === validatorKey) return known;
  throw new Error('no such key in this test');
}

export function createChain(
  names: readonly string[] = FOUNDERS.slice(0, 4),
  params: Partial<ConsensusParams> = {},
  chainId = 'dev-test',
  custodyKeyOf: CustodyKeyOf = opaqueCustodyKey,
): Chain {
  const genesis = createTestGenesis(names, params, chainId, custodyKeyOf);
  const deps = createTestDeps(genesis);
  const rows = new Map<string, StateChange & { readonly value: Uint8Array }>();
  const tree: MemoryTree = createMemoryTree();
  const replay = new Set<Hex32>();
  let tip = genesisTip(genesis);
  let certificate: Certificate | null = null;
  let nonce = 0;
  const write = (changes: readonly StateChange[]): void => {
    for (const change of changes) {
      const { table, key, value } = change;
      if (value === null) rows.delete(`${table}:${toHex(key)}`);
      else rows.set(`${table}:${toHex(key)}`, { ...change, value });
    }
  };
  const founded = genesisState(genesis);
  write(founded.changes);
  tree.write(founded.treeNodes);

  const view = (): LedgerView => ({
    state: { get: (table, key) => rows.get(`${table}:${toHex(key)}`)?.value },
    tree,
    tip,
    isReplayed: (hash) => replay.has(hash),
  });
  const build: Chain['build'] = (candidates, options = {}) =>
    buildBlock(options.deps ?? deps, options.view ?? view(), {
      time: options.time ?? tip.time + 1_000,
      author: options.author ?? (proposerOrder(view().state, tip.height + 1)[0] as Hex32),
      lastCertificate: certificate,
      evidence: options.evidence ?? [],
      candidates,
      txsMax: options.txsMax ?? genesis.params.blockTxsMax,
      txBytesMax: options.txBytesMax ?? genesis.params.blockTxBytesMax,
    });
  const apply: Chain['apply'] = (block, execution, options = {}) => {
    write(execution.changes);
    tree.write(execution.treeNodes);
    for (const tx of execution.txs) replay.add(tx.payloadHash);
    tip = { height: block.header.height, id: headerId(block.header), time: block.header.time };
    const set = validatorsAt(view().state, tip.height) as ValidatorSet;
    certificate = certify(genesis, set, tip, { round: options.round ?? 0 });
  };
  return {
    genesis,
    deps,
    hospitals: names.map((name) => hospital(name, chainId.startsWith('dev-'), custodyKeyOf)),
    view,
    certificate: () => certificate,
    tx: (sender, key, actions, options = {}) => {
      nonce += 1;
      return signTx(key, {
        genesis: options.genesis ?? deps.genesisHash,
        sender,
        validUntil: options.validUntil ?? tip.time + 120_000,
        nonce: options.nonce ?? toHex(sha256(utf8(`nonce ${nonce}`)).subarray(0, 16)),
        actions,
      });
    },
    build,
    commit: (candidates, options = {}) => {
      const built = build(candidates, options);
      apply(built.block, checkBlock(deps, view(), built.block), options);
      return built;
    },
    rows: () => [...rows.values()],
    apply,
  };
}
