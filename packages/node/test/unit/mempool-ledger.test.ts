// The pool on the real ledger with real signatures.
import {
  type Action,
  actionOf,
  type Hex32,
  type SecretKey,
  signPossession,
  type Tx,
  verifyEd25519,
} from '@consilium/core';
import { describe, expect, test } from 'vitest';
import { type Chain, createChain, GENESIS_TIME, type Hospital, keyOf } from '../../../core/test/kit/chain.ts';
import { createMempool, type Mempool } from '../../src/mempool/mempool.ts';
import type { SubmitOutcome } from '../../src/mempool/outcomes.ts';
import { createPoolLedger } from '../../src/mempool/pool-ledger.ts';
import { createSignatureMemory, type SignatureMemory } from '../../src/mempool/signature-memory.ts';
import { verifyAhead } from '../../src/mempool/verify-ahead.ts';
import { createManualClock, type ManualClock } from '../support/fakes.ts';

interface Setting {
  readonly chain: Chain;
  readonly pool: Mempool;
  readonly clock: ManualClock;
  readonly signatures: SignatureMemory;
  readonly verified: () => number;
  readonly submit: (tx: Tx) => SubmitOutcome | undefined;
}

function setting(): Setting {
  const chain = createChain();
  const clock = createManualClock(GENESIS_TIME + 1_000);
  let verifications = 0;
  const signatures = createSignatureMemory((key, signature, message) => {
    verifications += 1;
    return verifyEd25519(key, signature, message);
  }, 1_000);
  const ledger = createPoolLedger({
    genesisHash: chain.deps.genesisHash,
    signatures,
    reader: () => chain.view().state,
    height: () => chain.view().tip.height,
    isReplayed: (hash) => chain.view().isReplayed(hash),
  });
  const nothing = (): void => {};
  const pool = createMempool({
    clock,
    report: nothing,
    ledger,
    signatures,
    onBatch: nothing,
    onAdmitted: nothing,
    onPeerRefusal: nothing,
  });
  const submit = (tx: Tx): SubmitOutcome | undefined => {
    let outcome: SubmitOutcome | undefined;
    pool.submit(tx.bytes, (answer) => {
      outcome = answer;
    });
    clock.advance(0);
    return outcome;
  };
  return { chain, pool, clock, signatures, verified: () => verifications, submit };
}

function hospitalOf(chain: Chain): Hospital {
  return chain.hospitals[0] as Hospital;
}

function enrol(chain: Chain, patient: SecretKey): Action {
  const holder = hospitalOf(chain).id;
  const possession = signPossession(patient, chain.deps.genesisHash, holder);
  return actionOf('identity.enrolPatient', { key: patient.publicKey, possession });
}

function rotate(chain: Chain, account: Hex32, key: SecretKey): Action {
  const possession = signPossession(key, chain.deps.genesisHash, account);
  return actionOf('identity.rotateKey', { key: key.publicKey, possession });
}

describe('the pool on the real ledger', () => {
  test('takes what the ledger takes, and what it selects goes into a block', () => {
    const { chain, pool, submit, verified } = setting();
    const hospital = hospitalOf(chain);
    const tx = chain.tx(hospital.id, hospital.account, [enrol(chain, keyOf('a patient'))]);
    expect(submit(tx)).toEqual({ state: 'received' });
    const candidates = pool.select(10, 1e6);
    expect(candidates.map(({ id }) => id)).toEqual([tx.id]);
    chain.commit(candidates);
    pool.committed({ txIds: [tx.id], changedAccounts: [] });
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
    const { chain, pool, submit } = setting();
    const hospital = hospitalOf(chain);
    const next = keyOf('the next key');
    const rotation = chain.tx(hospital.id, hospital.account, [rotate(chain, hospital.id, next)]);
    const late = chain.tx(hospital.id, hospital.account, [enrol(chain, keyOf('a patient'))]);
    submit(rotation);
    submit(late);
    chain.commit([rotation]);
    pool.committed({ txIds: [rotation.id], changedAccounts: [hospital.id] });
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
