// Owns: the published vectors of light-client steps from one genesis across an admission and a removal.
import {
  type ErrorCode,
  encodeLightSteps,
  type Genesis,
  genesisHash,
  type Header,
  headerId,
  type LightStep,
  toHex,
  type ValidatorSet,
  validatorSetHash,
  ZERO_HASH,
} from '../../../src/index.ts';
import {
  certify,
  HOSPITALS,
  type Hospital,
  hospital,
  sampleGenesis,
  sampleSteps,
  setOf,
} from '../sample-chain.ts';

export interface LightClientVectors {
  readonly description: string;
  readonly genesis: Genesis;
  readonly genesisHash: string;
  readonly cases: readonly LightClientVector[];
}

export interface LightClientVector {
  readonly name: string;
  /** The encoded list of steps, all of which start at genesis. */
  readonly steps: string;
  /** Where a client is after them; null when the last step is refused. */
  readonly end: {
    readonly height: number;
    readonly blockId: string;
    readonly stateRoot: string;
    readonly nextValidators: ValidatorSet;
  } | null;
  readonly code: ErrorCode | null;
  /** What is wrong with the last step. */
  readonly rule: string | null;
}

const GENESIS = sampleGenesis();
const FIVE = [...HOSPITALS, hospital('Harbour')];
const WITHOUT_FIRST = FIVE.slice(1);
const SETS = [HOSPITALS, HOSPITALS, HOSPITALS, FIVE, FIVE, WITHOUT_FIRST, WITHOUT_FIRST];
const STEPS = sampleSteps(GENESIS, SETS);

export function lightClientVectors(): LightClientVectors {
  return {
    description:
      'Light-client steps (docs/proofs.md, section Following the chain). Four validators decide heights 1 to 3, five 4 and 5, ' +
      'another four from 6. steps is the canonical encoding of a list of steps, hex. code and rule say why the last is refused.',
    genesis: GENESIS,
    genesisHash: genesisHash(GENESIS),
    cases: [...accepted(), ...refusedCertificates(), ...refusedHeaders()],
  };
}

function at(height: number): LightStep {
  return STEPS[height - 1] as LightStep;
}

function accepted(): LightClientVector[] {
  const ends = (name: string, steps: readonly LightStep[]): LightClientVector => {
    const { header } = steps.at(-1) as LightStep;
    const end = {
      height: header.height,
      blockId: headerId(header),
      stateRoot: header.stateRoot,
      nextValidators: setOf(SETS[header.height] as readonly Hospital[]),
    };
    return { name, steps: toHex(encodeLightSteps(steps)), end, code: null, rule: null };
  };
  const { header } = at(1);
  return [
    ends('every height', STEPS),
    ends('the heights at which the set changes', [at(3), at(5)]),
    ends('the first height alone', [at(1)]),
    ends('a later height under the set of genesis', [at(2)]),
    ends('three of four signatures', [
      { ...at(1), certificate: certify(header, HOSPITALS, HOSPITALS.slice(1)) },
    ]),
    ends('a known set given again', [{ ...at(1), nextValidators: setOf(HOSPITALS) }]),
  ];
}

function refusal(
  name: string,
  steps: readonly LightStep[],
  code: ErrorCode,
  rule: string | null,
): LightClientVector {
  return { name, steps: toHex(encodeLightSteps(steps)), end: null, code, rule };
}

function refusedCertificates(): LightClientVector[] {
  const code = 'CERTIFICATE_INVALID';
  const upTo5 = [at(3), at(5)];
  const { header } = at(6);
  const oldQuorum = certify(header, FIVE, [FIVE[0] as Hospital, ...FIVE.slice(2)]);
  const oldSet = { ...header, validatorsHash: validatorSetHash(setOf(FIVE)) };
  const with_ = (certificate: LightStep['certificate']): LightStep => ({ ...at(1), certificate });
  const first = at(1).header;
  const { signatures } = at(1).certificate;
  return [
    refusal('behind a change that was left out', [at(4)], code, 'set'),
    refusal('behind a second change that was left out', [at(3), at(6)], code, 'set'),
    refusal(
      'the old set at the new height',
      [...upTo5, { ...at(6), certificate: oldQuorum }],
      code,
      'quorum',
    ),
    refusal(
      'the old set at the new height, named by the header',
      [...upTo5, { header: oldSet, certificate: certify(oldSet, FIVE), nextValidators: null }],
      code,
      'set',
    ),
    refusal('two of four signatures', [with_(certify(first, HOSPITALS, HOSPITALS.slice(2)))], code, 'quorum'),
    refusal(
      'a signature that counts twice',
      [
        with_({
          ...at(1).certificate,
          signatures: [0, 1, 1].map((index) => signatures[index] as (typeof signatures)[0]),
        }),
      ],
      code,
      'quorum',
    ),
    refusal('prevotes', [with_(certify(first, HOSPITALS, HOSPITALS, { type: 'prevote' }))], code, 'header'),
    refusal(
      'precommits of nil',
      [with_(certify(first, HOSPITALS, HOSPITALS, { blockId: null }))],
      code,
      'header',
    ),
    refusal('the certificate of another block', [with_(at(2).certificate)], code, 'header'),
  ];
}

function refusedHeaders(): LightClientVector[] {
  const code = 'PROOF_INVALID';
  const signed = (changes: Partial<Header>): LightStep => {
    const header = { ...at(2).header, ...changes };
    return { header, certificate: certify(header, HOSPITALS), nextValidators: null };
  };
  return [
    refusal('the same height again', [at(2), at(2)], 'STALE', null),
    refusal('a lower height', [at(3), at(2)], 'STALE', null),
    refusal('another genesis', [signed({ genesis: ZERO_HASH })], code, 'genesis'),
    refusal('a parent that is not the block below', [at(1), signed({ parent: ZERO_HASH })], code, 'parent'),
    refusal('a time that is not later', [at(1), signed({ time: at(1).header.time })], code, 'time'),
    refusal(
      'a changed set without its members',
      [{ ...at(3), nextValidators: null }],
      code,
      'nextValidators',
    ),
    refusal(
      'a changed set with others',
      [{ ...at(3), nextValidators: setOf(WITHOUT_FIRST) }],
      code,
      'nextValidators',
    ),
  ];
}
