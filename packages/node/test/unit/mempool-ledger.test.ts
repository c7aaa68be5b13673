// The pool on the real ledger with real signatures.
import {
  ACCOUNTS,
  type Action,
  actionOf,
  type Certificate,
  genesisState,
  genesisTip,
  type Hex32,
  type SecretKey,
  signPossession,
  type Tx,
  toHex,
  verifyEd25519,
} from '@consilium/core';
import { describe, expect, test } from 'vitest';
import { type Chain, createChain, GENESIS_TIME, type Hospital, keyOf } from '../../../core/test/kit/chain.ts';
import type { Mempool } from '../../src/mempool/mempool.ts';
import type { SubmitOutcome } from '../../src/mempool/outcomes.ts';
import type { SignatureMemory } from '../../src/mempool/signature-memory.ts';
import { verifyAhead } from '../../src/mempool/verify-ahead.ts';
import type { Kv } from '../../src/ports.ts';
import { commitWrites, genesisWrites, readTip, type Tip, tipOf } from '../../src/replica/chain.ts';
import { LedgerDesk } from '../../src/replica/ledger-desk.ts';
import { createLedgerPool, createSignatures } from '../../src/replica/ledger-pool.ts';
import { ReplayWindow } from '../../src/replica/replay-window.ts';
import { createManualClock, type ManualClock } from '../support/fakes.ts';
import { NO_ROOM } from '../support/pool.ts';

interface Setting {
  readonly chain: Chain;
  readonly pool: Mempool;
  readonly clock: ManualClock;
  readonly signatures: SignatureMemory;
  readonly verified: () => number;
  readonly submit: (tx: Tx) => SubmitOutcome | undefined;
  /** Makes, applies and stores the block of these, and tells the pool. */
  readonly commit: (candidates: readonly Tx[]) => void;
}

function memoryKv(): Kv {
  const rows = new Map<string, Uint8Array>();
  return {
    get: (table, key) => rows.get(`${table}:${toHex(key)}`),
    write: (batch, done) => {
      for (const { table, key, value } of batch) {
        if (value === null) rows.delete(`${table}:${toHex(key)}`);
        else rows.set(`${table}:${toHex(key)}`, value);
      }
      done();
    },
  };
}

function deskOf(chain: Chain, kv: Kv, signatures: SignatureMemory): LedgerDesk {
  const { genesis } = chain;
  kv.write(genesisWrites(genesisState(genesis), genesisTip(genesis)), () => {});
  const tip = readTip(kv) as Tip;
  const ledger = { ...chain.deps, verifySender: signatures.verifySender };
  return new LedgerDesk({ ledger, kv, report: () => {} }, tip, ReplayWindow.load(kv, tip));
}

function setting(): Setting {
  const chain = createChain();
  const clock = createManualClock(GENESIS_TIME + 1_000);
  let verifications = 0;
  const signatures = createSignatures((key, signature, message) => {
    verifications += 1;
    return verifyEd25519(key, signature, message);
  });
  const kv = memoryKv();
  const desk = deskOf(chain, kv, signatures);
  const net = { connected: () => [], send: () => false, pause: () => undefined, penalize: () => {} };
  const pool = createLedgerPool({ clock, report: () => {}, net, signatures, onAdmitted: () => {} }, desk);
  const submit = (tx: Tx): SubmitOutcome | undefined => {
    let outcome: SubmitOutcome | undefined;
    pool.submit(tx.bytes, (answer) => {
      outcome = answer;
    });
    clock.advance(0);
    return outcome;
  };
  const commit = (candidates: readonly Tx[]): void => {
    const { block, execution } = chain.commit(candidates);
    const certificate = chain.certificate() as Certificate;
    kv.write(commitWrites({ block, certificate, execution, polkas: [] }), () => {});
    desk.committed(tipOf(block.header), execution.txs);
    const changedAccounts = execution.changes.flatMap(({ table, key }) =>
      table === ACCOUNTS.number ? [toHex(key)] : [],
    );
    pool.committed({ txIds: execution.txs.map((tx) => tx.id), changedAccounts, room: NO_ROOM });
  };
  return { chain, pool, clock, signatures, verified: () => verifications, submit, commit };
}

function hospitalOf(chain: Chain): Hospital {
  return chain.hospitals[0] as Hospital;
}

function enrol(chain: Chain, patient: SecretKey): Action {
  const holder = hospitalOf(chain).id;
  const possession = signPossession(patient, chain.deps.genesisHash, holder);
  const encryptionKey = '5e'.repeat(32);
  return actionOf('identity.enrolPatient', { key: patient.publicKey, possession, encryptionKey });
}

function rotate(chain: Chain, account: Hex32, key: SecretKey): Action {
  const possession = signPossession(key, chain.deps.genesisHash, account);
  return actionOf('identity.rotateKey', { key: key.publicKey, possession, encryptionKey: null });
}

describe('the pool on the real ledger', () => {
  test('takes what the ledger takes, and what it selects goes into a block', () => {
    const { chain, pool, submit, verified, commit } = setting();
    const hospital = hospitalOf(chain);
    const tx = chain.tx(hospital.id, hospital.account, [enrol(chain, keyOf('a patient'))]);
    expect(submit(tx)).toEqual({ state: 'received' });
    const candidates = pool.select(10, 1e6);
    expect(candidates.map(({ id }) => id)).toEqual([tx.id]);
    commit(candidates);
    expect(pool.count).toBe(0);
    expect(verified()).toBe(1);
    expect(submit(tx)).toMatchObject({ code: 'TX_DUPLICATE' });
  });

  test('refuses a forged, an unknown, an expired and a replayed one with the code of the ledger', () => {
    const { chain, submit } = setting();
    const hospital = hospitalOf(chain);
    const actions = [enrol(chain, keyOf('a patient'))];
    const stranger = keyOf('a stranger');
    expect(submit(chain.tx(hospital.id, stranger, actions))).toMatchObject({ code: 'TX_SIGNATURE_INVALID' });
    expect(submit(chain.tx(stranger.publicKey, stranger, actions))).toMatchObject({
      code: 'TX_ACCOUNT_UNKNOWN',
    });
    const old = chain.tx(hospital.id, hospital.account, actions, { validUntil: GENESIS_TIME });
    expect(submit(old)).toMatchObject({ code: 'TX_EXPIRED' });
    const unknown = chain.tx(hospital.id, hospital.account, [
      { type: 'weather.forecast', version: 1, body: {} },
    ]);
    expect(submit(unknown)).toMatchObject({ code: 'TX_ACTION_UNKNOWN' });
  });

  test('a rotation in a block drops what waits under the old key; under the new key it is taken', () => {
    const { chain, pool, submit, commit } = setting();
    const hospital = hospitalOf(chain);
    const next = keyOf('the next key');
    const rotation = chain.tx(hospital.id, hospital.account, [rotate(chain, hospital.id, next)]);
    const late = chain.tx(hospital.id, hospital.account, [enrol(chain, keyOf('a patient'))]);
    submit(rotation);
    submit(late);
    commit([rotation]);
    expect(pool.statusOf(late.id)).toEqual({ state: 'refused', code: 'TX_KEY_ROTATED' });
    expect(submit(late)).toMatchObject({ code: 'TX_KEY_ROTATED' });
    expect(submit(chain.tx(hospital.id, next, [enrol(chain, keyOf('a patient'))]))).toEqual({
      state: 'received',
    });
  });

  test('signatures of a proposed value are verified ahead, in turns, each once', () => {
    const { chain, clock, signatures, verified } = setting();
    const hospital = hospitalOf(chain);
    const txs = Array.from({ length: 30 }, () =>
      chain.tx(hospital.id, hospital.account, [enrol(chain, keyOf('p'))]),
    );
    const keyOfSender = (): Hex32 => hospital.account.publicKey;
    const deps = { clock, signatures, keyOf: keyOfSender };
    let done = 0;
    const count = (): void => {
      done += 1;
    };
    verifyAhead(deps, txs, count);
    expect([verified(), done]).toEqual([24, 0]);
    clock.advance(0);
    expect([verified(), done]).toEqual([30, 1]);
    verifyAhead(deps, txs, count);
    expect([verified(), done]).toEqual([30, 2]);
  });
});
