import { describe, expect, it } from 'vitest';
import {
  advanceAll,
  advanceLight,
  type Certificate,
  ConsiliumError,
  createMemoryTree,
  decodeLightSteps,
  type ErrorCode,
  encodeLightSteps,
  fromHex,
  genesisHash,
  type Header,
  hashBlocks64,
  hashHex,
  headerId,
  type LightState,
  type LightStep,
  lightGenesis,
  merkleProof,
  merkleRoot,
  proveState,
  stateKeyHash,
  stateValueHash,
  updateTree,
  utf8,
  validatorSetHash,
  verifyEd25519,
  verifyResultInclusion,
  verifyStateValue,
  verifyTxInclusion,
  verifyTxResult,
  ZERO_HASH,
} from '../../src/index.ts';
import {
  certify,
  HOSPITALS,
  type Hospital,
  hospital,
  sampleGenesis,
  sampleHeader,
  sampleSteps,
  setOf,
} from '../kit/sample-chain.ts';

const GENESIS = sampleGenesis();
const HASH = genesisHash(GENESIS);
const START = lightGenesis(GENESIS);
const FIFTH = hospital('Harbour');
const FIVE = [...HOSPITALS, FIFTH];
const WITHOUT_FIRST = FIVE.slice(1);
/** Four decide heights 1 to 3, five decide 4 to 6, another four decide 7 to 9. */
const SETS = [...times(3, HOSPITALS), ...times(3, FIVE), ...times(3, WITHOUT_FIRST)];
const STEPS = sampleSteps(GENESIS, SETS);

describe('a light client', () => {
  it('starts at genesis, whose set decides heights 1 and 2, and trusts no state root yet', () => {
    expect(START).toEqual({
      genesis: HASH,
      height: 0,
      blockId: HASH,
      time: GENESIS.time,
      validators: setOf(HOSPITALS),
      nextValidators: setOf(HOSPITALS),
      stateRoot: null,
    });
  });

  it('follows every height across an admission and a removal', () => {
    const end = advanceAll(START, STEPS, verifyEd25519);
    const last = at(8).header;
    expect(end).toEqual({
      genesis: HASH,
      height: 8,
      blockId: headerId(last),
      time: last.time,
      validators: setOf(WITHOUT_FIRST),
      nextValidators: setOf(WITHOUT_FIRST),
      stateRoot: last.stateRoot,
    });
  });

  it('skips heights as long as the set is the same, with every change as a step on the way', () => {
    const skipped = [at(3), at(6), at(8)];
    expect(advanceAll(START, skipped, verifyEd25519)).toEqual(advanceAll(START, STEPS, verifyEd25519));
  });

  it('refuses a header that lies behind a change of the set that it has not seen', () => {
    refused(START, at(4), 'CERTIFICATE_INVALID', 'set');
    refused(follow(3), at(8), 'CERTIFICATE_INVALID', 'set');
  });

  it('refuses a certificate of the old set at the new height', () => {
    const state = follow(6);
    const header = at(7).header;
    const byOldSet = certify(header, FIVE, [FIVE[0] as Hospital, ...FIVE.slice(2)]);
    refused(state, { header, certificate: byOldSet, nextValidators: null }, 'CERTIFICATE_INVALID', 'quorum');
    const claimed = { ...header, validatorsHash: validatorSetHash(setOf(FIVE)) };
    const forged = { header: claimed, certificate: certify(claimed, FIVE), nextValidators: null };
    refused(state, forged, 'CERTIFICATE_INVALID', 'set');
    const later = { ...claimed, height: 9, time: claimed.time + 9000 };
    const skipping = { header: later, certificate: certify(later, FIVE), nextValidators: null };
    refused(state, skipping, 'CERTIFICATE_INVALID', 'set');
  });

  it('refuses what is not above the height that it knows as stale', () => {
    const state = follow(3);
    for (const height of [3, 2, 1]) refused(state, at(height), 'STALE');
  });

  it('refuses a certificate that is not of this header', () => {
    const { header } = at(1);
    const with_ = (certificate: Certificate): LightStep => ({ header, certificate, nextValidators: null });
    const other = sampleHeader(HASH, { stateRoot: ZERO_HASH });
    refused(START, with_(certify(other, HOSPITALS)), 'CERTIFICATE_INVALID', 'header');
    for (const change of [
      { type: 'prevote' },
      { height: 2 },
      { blockId: null },
      { blockId: headerId(other) },
    ] as const) {
      refused(START, with_(certify(header, HOSPITALS, HOSPITALS, change)), 'CERTIFICATE_INVALID', 'header');
    }
  });

  it('refuses less than a quorum, a strange signature, and a signer that counts twice', () => {
    const { header } = at(1);
    const whole = certify(header, HOSPITALS);
    const [first, second, third] = whole.signatures;
    if (first === undefined || second === undefined || third === undefined) throw new Error('three signers');
    const with_ = (signatures: Certificate['signatures']): LightStep => ({
      header,
      certificate: { ...whole, signatures },
      nextValidators: null,
    });
    expect(advanceLight(START, with_([first, second, third]), verifyEd25519).height).toBe(1);
    for (const signatures of [
      [first, second],
      [first, second, second],
      [first, third, second],
      [first, second, { ...third, index: 7 }],
      [first, second, { ...third, signature: first.signature }],
    ]) {
      refused(START, with_(signatures), 'CERTIFICATE_INVALID', 'quorum');
    }
  });

  it('refuses a header of another network, of another parent, or not later than what it knows', () => {
    const state = follow(1);
    const signed = (changes: Partial<Header>): LightStep => {
      const header = { ...at(2).header, ...changes };
      return { header, certificate: certify(header, HOSPITALS), nextValidators: null };
    };
    expect(advanceLight(state, signed({}), verifyEd25519).height).toBe(2);
    refused(state, signed({ genesis: ZERO_HASH }), 'PROOF_INVALID', 'genesis');
    refused(state, signed({ parent: ZERO_HASH }), 'PROOF_INVALID', 'parent');
    refused(state, signed({ time: state.time }), 'PROOF_INVALID', 'time');
    refused(START, { ...signed({ height: 1, parent: ZERO_HASH }) }, 'PROOF_INVALID', 'parent');
  });

  it('refuses a change of the set without its preimage, or with another', () => {
    const state = follow(2);
    const step = at(3);
    refused(state, { ...step, nextValidators: null }, 'PROOF_INVALID', 'nextValidators');
    refused(state, { ...step, nextValidators: setOf(HOSPITALS) }, 'PROOF_INVALID', 'nextValidators');
    const unsorted = setOf(FIVE).toReversed();
    const header = { ...step.header, nextValidatorsHash: validatorSetHash(unsorted) };
    const signed = { header, certificate: certify(header, HOSPITALS), nextValidators: unsorted };
    refused(state, signed, 'PROOF_INVALID', 'nextValidators');
  });

  it('reads and writes its steps in canonical bytes', () => {
    const bytes = encodeLightSteps(STEPS);
    expect(decodeLightSteps(bytes)).toEqual(STEPS);
    expect(advanceAll(START, decodeLightSteps(bytes), verifyEd25519).height).toBe(8);
  });
});

describe('a certified header', () => {
  const txIds = ['a', 'b', 'c'].map((name) => hashHex(utf8(name)));
  const results = ['ok', 'denied', 'ok'].map(utf8);
  const tree = createMemoryTree();
  const { root, nodes } = updateTree(
    tree,
    ['x', 'y'].map((key) => ({
      keyHash: stateKeyHash(3, utf8(key)),
      valueHash: stateValueHash(utf8(`value of ${key}`)),
    })),
    hashBlocks64,
  );
  tree.write(nodes);
  const header = sampleHeader(HASH, {
    txRoot: merkleRoot(txIds.map(fromHex)),
    resultRoot: merkleRoot(results),
    stateRoot: root,
  });

  it('shows that the state holds a value, or none', () => {
    const x = proveState(tree, stateKeyHash(3, utf8('x')));
    const z = proveState(tree, stateKeyHash(3, utf8('z')));
    expect(verifyStateValue(header, 3, utf8('x'), utf8('value of x'), x)).toBe(true);
    expect(verifyStateValue(header, 3, utf8('z'), null, z)).toBe(true);
    expect(verifyStateValue(header, 3, utf8('x'), utf8('value of y'), x)).toBe(false);
    expect(verifyStateValue(header, 3, utf8('x'), null, x)).toBe(false);
    expect(verifyStateValue(header, 4, utf8('x'), utf8('value of x'), x)).toBe(false);
    expect(verifyStateValue(header, 3, utf8('z'), utf8('value of x'), z)).toBe(false);
    expect(verifyStateValue({ ...header, stateRoot: ZERO_HASH }, 3, utf8('z'), null, z)).toBe(false);
  });

  it('shows that the block holds a transaction, and which result is its own', () => {
    const tx = merkleProof(txIds.map(fromHex), 1);
    const result = merkleProof(results, 1);
    const id = txIds[1] as string;
    expect(verifyTxInclusion(header, id, tx)).toBe(true);
    expect(verifyTxInclusion(header, txIds[0] as string, tx)).toBe(false);
    expect(verifyTxInclusion(header, 'not an id', tx)).toBe(false);
    expect(verifyResultInclusion(header, utf8('denied'), result)).toBe(true);
    expect(verifyResultInclusion(header, utf8('ok'), result)).toBe(false);
    expect(verifyTxResult(header, id, utf8('denied'), { tx, result })).toBe(true);
  });

  it("does not take another transaction's result for this one's", () => {
    const tx = merkleProof(txIds.map(fromHex), 1);
    const ok = merkleProof(results, 0);
    const id = txIds[1] as string;
    expect(verifyResultInclusion(header, utf8('ok'), ok)).toBe(true);
    expect(verifyTxResult(header, id, utf8('ok'), { tx, result: ok })).toBe(false);
    expect(verifyTxResult(header, id, utf8('ok'), { tx, result: { ...ok, index: 1 } })).toBe(false);
  });
});

function times(count: number, members: readonly Hospital[]): (readonly Hospital[])[] {
  return Array.from({ length: count }, () => members);
}

function at(height: number): LightStep {
  return STEPS[height - 1] as LightStep;
}

function follow(height: number): LightState {
  return advanceAll(START, STEPS.slice(0, height), verifyEd25519);
}

function refused(state: LightState, step: LightStep, code: ErrorCode, rule?: string): void {
  let error: unknown;
  try {
    advanceLight(state, step, verifyEd25519);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(ConsiliumError);
  expect(error).toMatchObject({ code, ...(rule === undefined ? {} : { data: { rule } }) });
}
