// A pool over a ledger of named accounts whose signatures cost nothing: for tests of shares, turns and bounds.
import {
  BLOCK_TX_BYTES_MAX,
  ConsiliumError,
  concat,
  decodeTx,
  type ErrorCode,
  encode,
  type Hex32,
  hashHex,
  sha256,
  type Tx,
  toHex,
  txPayloadShape,
  utf8,
} from '@consilium/core';
import {
  createMempool,
  DEFAULT_MEMPOOL_LIMITS,
  type Mempool,
  type MempoolLimits,
  type PoolAccount,
} from '../../src/mempool/mempool.ts';
import type { SubmitOutcome } from '../../src/mempool/outcomes.ts';
import type { RelayedTx } from '../../src/mempool/relay.ts';
import { createSignatureMemory, type SignatureMemory } from '../../src/mempool/signature-memory.ts';
import type { BlockRoom } from '../../src/mempool/skips.ts';
import { createManualClock, type ManualClock } from './fakes.ts';

export const GENESIS: Hex32 = hashHex(utf8('a network'));
/** Of a full block: it skips nothing. */
export const NO_ROOM: BlockRoom = {
  author: '00'.repeat(32),
  time: 0,
  txsLeft: 0,
  bytesLeft: 0,
  workLeft: 0,
  bySender: new Map(),
  skipAfterMs: 0,
};
/** A transaction with this signature is badly signed; any other is good. */
const BAD_SIGNATURE = new Uint8Array(64).fill(0xff);

export function idOf(name: string): Hex32 {
  return hashHex(utf8(`account ${name}`));
}

export interface TestPool {
  readonly pool: Mempool;
  readonly clock: ManualClock;
  readonly signatures: SignatureMemory;
  readonly accounts: Map<Hex32, PoolAccount>;
  readonly relayed: RelayedTx[][];
  readonly peerRefusals: { peer: Hex32; verdict: string; code: ErrorCode }[];
  /** Signatures computed so far. */
  readonly verified: () => number;
  /** Makes a transaction; each call gives another one. */
  readonly tx: (sender: string, options?: TxOptions) => Tx;
  /** Hands it in, lets the turns pass, returns the answer. */
  readonly submit: (bytes: Uint8Array) => SubmitOutcome;
  /** The next block of at most `txsMax`, committed. */
  readonly commit: (txsMax: number) => Tx[];
  readonly commitThese: (txs: readonly Tx[], changedAccounts?: readonly Hex32[]) => void;
  setHeight(height: number): void;
}

export interface TxOptions {
  readonly validForMs?: number;
  readonly badSignature?: boolean;
  readonly genesis?: Hex32;
  /** Makes the transaction about this many bytes larger. */
  readonly padding?: number;
}

export function createTestPool(
  institutions: readonly string[],
  limits: Partial<MempoolLimits> = {},
  onCommittedAge: (ageMs: number) => void = () => undefined,
): TestPool {
  const clock = createManualClock();
  const accounts = new Map<Hex32, PoolAccount>();
  for (const name of institutions)
    accounts.set(idOf(name), {
      key: hashHex(utf8(`key of ${name}`)),
      institution: idOf(name),
      isPerson: false,
    });
  let verifications = 0;
  const signatures = createSignatureMemory((_key, signature) => {
    verifications += 1;
    return signature !== toHex(BAD_SIGNATURE);
  }, 32_768);
  let height = 1;
  const replayed = new Set<Hex32>();
  const checkTx = (tx: Tx, nowMs: number): void => {
    if (tx.genesis !== GENESIS) throw new ConsiliumError('TX_NETWORK_MISMATCH');
    if (nowMs > tx.validUntil) throw new ConsiliumError('TX_EXPIRED');
    const account = accounts.get(tx.sender);
    if (account === undefined) throw new ConsiliumError('TX_ACCOUNT_UNKNOWN');
    if (!signatures.verifySender(tx, account.key)) throw new ConsiliumError('TX_SIGNATURE_INVALID');
  };
  const relayed: RelayedTx[][] = [];
  const peerRefusals: TestPool['peerRefusals'] = [];
  const pool = createMempool(
    {
      clock,
      report: () => {},
      signatures,
      ledger: {
        height: () => height,
        account: (id) => accounts.get(id),
        isReplayed: (hash) => replayed.has(hash),
        checkTx,
      },
      onBatch: (txs) => relayed.push([...txs]),
      onAdmitted: () => {},
      onCommittedAge,
      onPeerRefusal: (peer, refusal) => peerRefusals.push({ peer, ...refusal }),
    },
    { ...DEFAULT_MEMPOOL_LIMITS, ...limits },
  );
  let made = 0;
  const tx: TestPool['tx'] = (sender, options = {}) => {
    made += 1;
    const { validForMs = 120_000, badSignature = false, genesis = GENESIS, padding = 0 } = options;
    const payload = encode(txPayloadShape, {
      genesis,
      sender: idOf(sender),
      validUntil: clock.wallMs() + validForMs,
      nonce: toHex(sha256(utf8(`nonce ${made}`)).subarray(0, 16)),
      actions: [{ type: 'test.nothing', version: 1, body: new Uint8Array(padding) }],
    });
    const signature = badSignature ? BAD_SIGNATURE : new Uint8Array(64);
    return decodeTx(concat(payload, signature));
  };
  const submit: TestPool['submit'] = (bytes) => {
    let outcome: SubmitOutcome | undefined;
    pool.submit(bytes, (answer) => {
      outcome = answer;
    });
    clock.advance(0);
    if (outcome === undefined) throw new Error('no answer after a turn');
    return outcome;
  };
  const commitThese: TestPool['commitThese'] = (txs, changedAccounts = []) => {
    height += 1;
    for (const tx of txs) replayed.add(tx.payloadHash);
    pool.committed({ txIds: txs.map((tx) => tx.id), changedAccounts, room: NO_ROOM });
  };
  const commit: TestPool['commit'] = (txsMax) => {
    const txs = pool.select(txsMax, BLOCK_TX_BYTES_MAX);
    commitThese(txs);
    return txs;
  };
  const setHeight = (next: number): void => {
    height = next;
  };
  const verified = (): number => verifications;
  return {
    pool,
    clock,
    signatures,
    accounts,
    relayed,
    peerRefusals,
    verified,
    tx,
    submit,
    commit,
    commitThese,
    setHeight,
  };
}
