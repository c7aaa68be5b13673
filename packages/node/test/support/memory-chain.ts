// A chain in memory with the formats of the store: real blocks, certificates, trees and proofs; the ledger's rules are
// not asked. Snapshots see the height at which they were taken, as LevelDB's do.
import {
  accountIdOf,
  type Block,
  type Certificate,
  certificateHash,
  certificateOf,
  compareBytes,
  createGenesis,
  createMemoryTree,
  createValidatorSet,
  DEFAULT_PARAMS,
  type ErrorCode,
  type Execution,
  encodeTxResult,
  evidenceRoot,
  fromHex,
  type Genesis,
  genesisHash,
  type Header,
  type Hex32,
  hashBlocks64,
  hashHex,
  headerId,
  merkleRoot,
  NO_ROUND,
  type SecretKey,
  secretKeyFromSeed,
  signPayload,
  signTx,
  signValidatorCard,
  stateKeyHash,
  stateValueHash,
  type TreeChange,
  type TreeReader,
  type Tx,
  type TxResult,
  toHex,
  updateTree,
  type Validator,
  type ValidatorSet,
  type Vote,
  validatorSetHash,
  verifyEd25519,
  votePayload,
} from '@consilium/core';
import type { Commit } from '../../src/api/deps.ts';
import type { KvWrite } from '../../src/ports.ts';
import { type ChainSnapshot, once, openChain } from '../../src/queries/index.ts';
import { commitWrites } from '../../src/replica/chain.ts';

export interface StateWrite {
  readonly table: number;
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

export interface CommitInput {
  readonly txs?: readonly Uint8Array[];
  readonly codes?: readonly ('OK' | ErrorCode)[];
  readonly writes?: readonly StateWrite[];
  /** The set that decides from the next height on. */
  readonly nextSet?: ValidatorSet;
}

export interface MemoryChain {
  readonly genesis: Genesis;
  readonly genesisHash: Hex32;
  readonly set: () => ValidatorSet;
  readonly height: () => number;
  readonly header: () => Header | undefined;
  readonly commit: (input?: CommitInput) => Commit;
  readonly snapshot: () => ChainSnapshot;
  /** What each commit wrote, for a store on disk. */
  readonly batches: readonly (readonly KvWrite[])[];
  readonly openSnapshots: () => number;
  readonly onCommit: (listener: (commit: Commit) => void) => () => void;
  /** Overwrites a row behind the chain's back. */
  readonly damage: (table: number, key: Uint8Array, value: Uint8Array) => void;
  readonly nextTx: () => Tx;
}

const FOUNDERS = ['Linden', 'Nordhafen', 'Rosengarten', 'Seeblick'];

function keyOf(label: string): SecretKey {
  return secretKeyFromSeed(fromHex(hashHex(new TextEncoder().encode(label))));
}

function founder(name: string): { readonly account: SecretKey; readonly validator: SecretKey } {
  return { account: keyOf(`${name} account`), validator: keyOf(`${name} validator`) };
}

export function validatorNamed(name: string): Validator {
  const { account, validator } = founder(name);
  return { id: accountIdOf(account.publicKey), key: validator.publicKey, power: 1 };
}

/** The same for every chain: its signatures cost most of what starting a test costs. */
const testGenesis = once(createTestGenesis);

function createTestGenesis(): Genesis {
  const cards = FOUNDERS.map((name) => {
    const { account, validator } = founder(name);
    const content = {
      name,
      accountKey: account.publicKey,
      validatorKey: validator.publicKey,
      networkKey: keyOf(`${name} network`).publicKey,
      custodyKey: keyOf(`${name} custody`).publicKey,
      addresses: [],
      development: true,
    };
    return signValidatorCard(content, account, validator);
  });
  return createGenesis('dev-test', 1_700_000_000_000, cards, DEFAULT_PARAMS, verifyEd25519);
}

/** Values of each row by the height from which they stand. */
type Rows = Map<string, { readonly since: number; readonly value: Uint8Array | null }[]>;

/** `sign`: real signatures in the certificates, which cost milliseconds each; else zeros. */
export function createMemoryChain(options: { readonly sign: boolean }): MemoryChain {
  const genesis = testGenesis();
  const hash = genesisHash(genesis);
  const sender = keyOf('Linden account');
  const signers = options.sign ? SIGNERS : [];
  const secrets = new Map(signers.map((name) => [validatorNamed(name).id, founder(name).validator]));
  const rows: Rows = new Map();
  const keysByTable = new Map<number, Uint8Array[]>();
  const batches: (readonly KvWrite[])[] = [];
  const listeners = new Set<(commit: Commit) => void>();
  const tree = createMemoryTree();
  let set = createValidatorSet(FOUNDERS.map(validatorNamed));
  let tip: { readonly header: Header; readonly certificate: Certificate } | undefined;
  let open = 0;
  let nonce = 0;

  const write = (at: number, batch: readonly KvWrite[]): void => {
    batches.push(batch);
    for (const { table, key, value } of batch) put(at, table, key, value);
  };
  const put = (since: number, table: number, key: Uint8Array, value: Uint8Array | null): void => {
    const name = `${table}:${toHex(key)}`;
    const versions = rows.get(name);
    if (versions === undefined) keysByTable.set(table, [...(keysByTable.get(table) ?? []), key]);
    rows.set(name, [...(versions ?? []), { since, value }]);
  };
  const get = (height: number, table: number, key: Uint8Array): Uint8Array | undefined =>
    rows.get(`${table}:${toHex(key)}`)?.findLast(({ since }) => since <= height)?.value ?? undefined;

  const height = (): number => tip?.header.height ?? 0;

  const commit = (input: CommitInput = {}): Commit => {
    const { txs = [], writes = [], nextSet = set } = input;
    const at = height() + 1;
    const ids = txs.map((tx) => hashHex(tx));
    const codes = ids.map((_, index) => input.codes?.[index] ?? 'OK');
    const results = ids.map(
      (txId, index): TxResult => ({ txId, code: codes[index] ?? 'OK', failedAction: null, outcomes: [] }),
    );
    const resultBytes = results.map(encodeTxResult);
    const { root: stateRoot, nodes: treeNodes } = treeChange(tree, writes);
    tree.write(treeNodes);
    const header: Header = {
      version: 1,
      genesis: hash,
      height: at,
      time: (tip?.header.time ?? genesis.time) + 1_000,
      parent: tip === undefined ? hash : headerId(tip.header),
      author: set[0]?.id ?? hash,
      txRoot: merkleRoot(ids.map(fromHex)),
      resultRoot: merkleRoot(resultBytes),
      stateRoot,
      validatorsHash: validatorSetHash(set),
      nextValidatorsHash: validatorSetHash(nextSet),
      lastCertificateHash: certificateHash(tip?.certificate ?? null),
      evidenceRoot: evidenceRoot([]),
    };
    const block: Block = { header, lastCertificate: tip?.certificate ?? null, evidence: [], txs };
    const certificate = certify(header, hash, set, secrets);
    const execution: Execution = {
      ...header,
      results,
      resultBytes,
      // Of a transaction the rows need its id only, so these tests may commit any bytes.
      txs: ids.map((id) => ({ id }) as Tx),
      changes: writes.map((write) => ({ ...write, before: null })),
      treeNodes,
      validators: nextSet,
      validatorsAfterNext: nextSet,
    };
    write(at, commitWrites({ block, certificate, execution, polkas: [] }));
    set = nextSet;
    tip = { header, certificate };
    const committed: Commit = {
      height: at,
      id: headerId(header),
      time: header.time,
      txs: ids.map((id, index) => ({ id, code: codes[index] ?? 'OK' })),
    };
    for (const listener of listeners) listener(committed);
    return committed;
  };

  const snapshot = (): ChainSnapshot => {
    const at = height();
    open += 1;
    return openChain({
      get: (table, key) => get(at, table, key),
      entries: async (table, { after, limit }) =>
        (keysByTable.get(table) ?? [])
          .filter((key) => compareBytes(key, after) > 0)
          .sort(compareBytes)
          .flatMap((key) => {
            const value = get(at, table, key);
            return value === undefined ? [] : [{ key, value }];
          })
          .slice(0, limit),
      close: () => {
        open -= 1;
      },
    });
  };

  return {
    genesis,
    genesisHash: hash,
    set: () => set,
    height,
    header: () => tip?.header,
    commit,
    snapshot,
    batches,
    openSnapshots: () => open,
    onCommit: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    damage: (table, key, value) => put(0, table, key, value),
    nextTx: () => {
      nonce += 1;
      return signTx(sender, {
        genesis: hash,
        sender: accountIdOf(sender.publicKey),
        validUntil: genesis.time + 60_000,
        nonce: nonce.toString(16).padStart(32, '0'),
        actions: [{ type: 'chain.noop', version: 1, body: {} }],
      });
    },
  };
}

function treeChange(tree: TreeReader, writes: readonly StateWrite[]): TreeChange {
  const updates = writes.map(({ table, key, value }) => ({
    keyHash: stateKeyHash(table, key),
    valueHash: value === null ? null : stateValueHash(value),
  }));
  return updateTree(tree, updates, hashBlocks64);
}

/** Zeros where a secret is not given. */
function certify(
  header: Header,
  genesis: Hex32,
  set: ValidatorSet,
  secrets: ReadonlyMap<Hex32, SecretKey>,
): Certificate {
  const content = {
    type: 'precommit',
    height: header.height,
    round: 0,
    blockId: headerId(header),
    validRound: NO_ROUND,
  } as const;
  const votes = set.map((validator): Vote => {
    const secret = secrets.get(validator.id);
    const signature =
      secret === undefined ? '00'.repeat(64) : signPayload(secret, 'vote', genesis, votePayload(content));
    return { ...content, validator: validator.id, signature };
  });
  return certificateOf(content, votes, set);
}

/** Every hospital whose keys these tests hold. */
const SIGNERS = [...FOUNDERS, 'Talblick'];
