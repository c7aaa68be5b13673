// Owns: following the ledger from genesis by certificates alone, and what a certified header proves. Pure: fetching and
// remembering are the caller's. Does not own: how proofs are made (merkle.ts, state-proof.ts).
import { type Header, headerId, headerShape } from './block.ts';
import { fromHex, type Hex32, isHexOf } from './bytes.ts';
import { decode, encode, list, nullable, type Shape, struct } from './codec.ts';
import type { Verify } from './ed25519.ts';
import { ConsiliumError } from './errors.ts';
import { type Genesis, genesisHash, genesisValidators } from './genesis.ts';
import { LIGHT_STEPS_MAX, OBJECT_BYTES_MAX } from './limits.ts';
import { type MerkleProof, verifyMerkle } from './merkle.ts';
import { type StateProof, verifyStateProof } from './state-proof.ts';
import { stateKeyHash, stateValueHash } from './state-tree.ts';
import { isSortedSet, type ValidatorSet, validatorSetHash, validatorSetShape } from './validators.ts';
import { type Certificate, certificateShape, isValidCertificate } from './vote.ts';

/** What a light client knows and remembers. */
export interface LightState {
  /** Hash of the genesis document: the network. */
  readonly genesis: Hex32;
  /** 0 before the first header. */
  readonly height: number;
  readonly blockId: Hex32;
  readonly time: number;
  /** The set that decided `height`. */
  readonly validators: ValidatorSet;
  /** The set that decides `height + 1`. */
  readonly nextValidators: ValidatorSet;
  /** State after `height`; null at height 0, where no certificate speaks for any root. */
  readonly stateRoot: Hex32 | null;
}

export interface SignedHeader {
  readonly header: Header;
  /** The commit certificate (precommits) of this header. */
  readonly certificate: Certificate;
}

export interface LightStep extends SignedHeader {
  /** The set of the next height, whenever its hash is not the one that the client knows; else null. */
  readonly nextValidators: ValidatorSet | null;
}

export const signedHeaderShape: Shape<SignedHeader> = struct<SignedHeader>({
  header: headerShape,
  certificate: certificateShape,
});

export const lightStepShape: Shape<LightStep> = struct<LightStep>({
  header: headerShape,
  certificate: certificateShape,
  nextValidators: nullable(validatorSetShape),
});

export const lightStepsShape: Shape<readonly LightStep[]> = list(lightStepShape, LIGHT_STEPS_MAX);

export function encodeLightSteps(steps: readonly LightStep[]): Uint8Array {
  return encode(lightStepsShape, steps);
}

/** Throws `ENCODING_TOO_LARGE` or `ENCODING_INVALID`. */
export function decodeLightSteps(bytes: Uint8Array): readonly LightStep[] {
  return decode(lightStepsShape, bytes, OBJECT_BYTES_MAX);
}

/** The genesis set decides heights 1 and 2: a change committed at H takes effect at H + 2. */
export function lightGenesis(genesis: Genesis): LightState {
  const hash = genesisHash(genesis);
  const validators = genesisValidators(genesis);
  return {
    genesis: hash,
    height: 0,
    blockId: hash,
    time: genesis.time,
    validators,
    nextValidators: validators,
    stateRoot: null,
  };
}

/**
 * The state after a later header. Throws `STALE` when the header is not above the state, `CERTIFICATE_INVALID` when it
 * is not decided by the set that the client knows, `PROOF_INVALID` when the header contradicts what is certified.
 *
 * Heights may be skipped as long as the set stays the same, and that gives away nothing. The step is taken only if
 * more than two thirds of `nextValidators`, the set S certified by the header that the client holds, signed this
 * header, and the header itself names S as the set of its height. At most a third of S is faulty, so an honest member
 * of S signed, and an honest validator precommits a header only if its own ledger gives that very set at that height.
 * Going through every height asks for the same trust: who could forge a skipped header holds a quorum of S's keys and
 * could forge height + 1 too. A header whose next set differs from its own cannot be skipped: what follows it names
 * a set that the client does not know.
 */
export function advanceLight(state: LightState, step: LightStep, verify: Verify): LightState {
  const { header } = step;
  if (header.height <= state.height)
    throw new ConsiliumError('STALE', { height: header.height, known: state.height });
  if (header.genesis !== state.genesis) throw contradiction('genesis', header);
  checkDecided(state, step, verify);
  if (header.time <= state.time) throw contradiction('time', header);
  if (header.height === state.height + 1 && header.parent !== state.blockId)
    throw contradiction('parent', header);
  return {
    genesis: state.genesis,
    height: header.height,
    blockId: headerId(header),
    time: header.time,
    validators: state.nextValidators,
    nextValidators: nextSet(state, step),
    stateRoot: header.stateRoot,
  };
}

/** All steps in order. Throws as `advanceLight`. */
export function advanceAll(state: LightState, steps: readonly LightStep[], verify: Verify): LightState {
  return steps.reduce((known, step) => advanceLight(known, step, verify), state);
}

/** The certificate must be of the one set that may decide here: an old set's is refused at a new height. */
function checkDecided(state: LightState, step: LightStep, verify: Verify): void {
  const { header, certificate } = step;
  const refuse = (rule: string): never => {
    throw new ConsiliumError('CERTIFICATE_INVALID', { rule, height: header.height });
  };
  if (header.validatorsHash !== validatorSetHash(state.nextValidators)) refuse('set');
  if (!certifies(certificate, header)) refuse('header');
  if (!isValidCertificate(verify, state.genesis, state.nextValidators, certificate)) refuse('quorum');
}

function certifies(certificate: Certificate, header: Header): boolean {
  return (
    certificate.type === 'precommit' &&
    certificate.height === header.height &&
    certificate.blockId === headerId(header)
  );
}

function nextSet(state: LightState, step: LightStep): ValidatorSet {
  const { header, nextValidators } = step;
  const set = nextValidators ?? state.nextValidators;
  if (!isSortedSet(set) || validatorSetHash(set) !== header.nextValidatorsHash)
    throw contradiction('nextValidators', header);
  return set;
}

function contradiction(rule: string, header: Header): ConsiliumError {
  return new ConsiliumError('PROOF_INVALID', { rule, height: header.height });
}

/** Whether the state after this (certified) header holds the value under the key, or null: holds nothing there. */
export function verifyStateValue(
  header: Header,
  table: number,
  key: Uint8Array,
  value: Uint8Array | null,
  proof: StateProof,
): boolean {
  const valueHash = value === null ? null : stateValueHash(value);
  return verifyStateProof(header.stateRoot, stateKeyHash(table, key), valueHash, proof);
}

/** Whether the (certified) block holds the transaction, at `proof.index` of `proof.size`. */
export function verifyTxInclusion(header: Header, txId: Hex32, proof: MerkleProof): boolean {
  return isHexOf(txId, 32) && verifyMerkle(header.txRoot, fromHex(txId), proof);
}

/**
 * Whether the (certified) block holds this encoded result at `proof.index`. It is the result of the transaction that
 * stands at the same index of the same block: `verifyTxResult` checks both together.
 */
export function verifyResultInclusion(header: Header, result: Uint8Array, proof: MerkleProof): boolean {
  return verifyMerkle(header.resultRoot, result, proof);
}

export interface TxResultProof {
  readonly tx: MerkleProof;
  readonly result: MerkleProof;
}

/** Whether the (certified) block holds the transaction, and this encoded result is its own. */
export function verifyTxResult(
  header: Header,
  txId: Hex32,
  result: Uint8Array,
  proof: TxResultProof,
): boolean {
  return (
    proof.tx.index === proof.result.index &&
    proof.tx.size === proof.result.size &&
    verifyTxInclusion(header, txId, proof.tx) &&
    verifyResultInclusion(header, result, proof.result)
  );
}
