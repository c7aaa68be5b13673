// Owns: the file by which a second clinician says, on an own machine, that a reader needs more than the emergency dataset:
// asked for by the reader, signed by the other, used once. Holds no secret: the key that reads is derived again from the
// reader's own. Does not own: whether the ledger takes it (core's emergency.ts).
import {
  ConsiliumError,
  domainTag,
  EMERGENCY_OPINION_MS_MAX,
  EMERGENCY_REASONS,
  type EmergencyReason,
  fromHex,
  type Hex32,
  isHexOf,
  type SecondSignature,
  signSecondOpinion,
  toHex,
} from '@consilium/core';
import { encryptionKeyFromSeed } from '@consilium/sealing';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { Signer } from '../keys/derive.ts';
import { parseObject } from '../keys/key-file.ts';
import { type RandomBytes, systemRandom } from '../random.ts';

export const SECOND_OPINION_KIND = 'consilium-second-opinion';

export interface OpinionFile {
  readonly kind: typeof SECOND_OPINION_KIND;
  readonly version: 1;
  /** Hash of the genesis: the network. */
  readonly genesis: Hex32;
  readonly patient: Hex32;
  /** The account that breaks the glass. */
  readonly reader: Hex32;
  /** 16 bytes as hex, fresh for each access: with the reader's own key it gives the key that reads. */
  readonly nonce: string;
  readonly readerKey: Hex32;
  readonly reason: EmergencyReason;
  /** Null until the second clinician has signed. */
  readonly second: SecondSignature | null;
}

const READER_KEY_DOMAIN = 'consilium/key/reader/v1';
const NONCE_BYTES = 16;
/** How long a word holds: the time to carry a file back, with room for clocks that differ. */
const OPINION_MS: number = EMERGENCY_OPINION_MS_MAX / 2;

export interface OpinionQuestion {
  readonly genesis: Hex32;
  readonly patient: Hex32;
  readonly reason: EmergencyReason;
  /** Who breaks the glass. */
  readonly signer: Signer;
}

/** What the reader hands to the second clinician. */
export function askSecondOpinion(
  { genesis, patient, reason, signer }: OpinionQuestion,
  random: RandomBytes = systemRandom,
): OpinionFile {
  const nonce = toHex(random(NONCE_BYTES));
  const readerKey = publicKeyOf(readerSeedOf(signer, nonce));
  const reader = signer.account;
  const head = { kind: SECOND_OPINION_KIND, version: 1, genesis, patient } as const;
  return { ...head, reader, nonce, readerKey, reason, second: null };
}

/** By the second clinician. `now`: milliseconds since the epoch. Throws `EMERGENCY_SECOND_INVALID` for one's own access. */
export function giveSecondOpinion(asked: OpinionFile, signer: Signer, now: number): OpinionFile {
  const { genesis, patient, reader, readerKey, reason } = asked;
  if (signer.account === reader)
    throw new ConsiliumError('EMERGENCY_SECOND_INVALID', { rule: 'another clinician' });
  const until = now + OPINION_MS;
  const opinion = { patient, reader, readerKey, reason, until };
  const signature = signSecondOpinion(signer.key, genesis, opinion);
  return { ...asked, second: { account: signer.account, until, signature } };
}

export interface UsableOpinion {
  readonly second: SecondSignature;
  readonly readerSeed: Hex32;
}

/** Throws `EMERGENCY_SECOND_INVALID` when it is unsigned, or of another network, reader, patient or reason. */
export function useSecondOpinion(
  { genesis, patient, reader, nonce, readerKey, reason, second }: OpinionFile,
  wanted: OpinionQuestion,
): UsableOpinion {
  const refuse = (rule: string): never => {
    throw new ConsiliumError('EMERGENCY_SECOND_INVALID', { rule });
  };
  if (genesis !== wanted.genesis) return refuse('another network');
  if (reader !== wanted.signer.account) return refuse('another reader');
  if (patient !== wanted.patient) return refuse('another patient');
  if (reason !== wanted.reason) return refuse('another reason');
  if (second === null) return refuse('not signed');
  const readerSeed = readerSeedOf(wanted.signer, nonce);
  // The reader's key was rotated since it asked.
  return publicKeyOf(readerSeed) === readerKey ? { second, readerSeed } : refuse('another reader key');
}

export function formatOpinion(opinion: OpinionFile): string {
  return `${JSON.stringify(opinion, null, 2)}\n`;
}

/** Throws `FILE_INVALID`; never says what stands in the file. */
export function parseOpinion(text: string): OpinionFile {
  const raw = parseObject(text, SECOND_OPINION_KIND);
  const { version, genesis, patient, reader, nonce, readerKey, second } = raw;
  const reason = EMERGENCY_REASONS.find((known) => known === raw['reason']);
  const whole =
    version === 1 &&
    [genesis, patient, reader, readerKey].every((id) => isHexOf(id, 32)) &&
    isHexOf(nonce, NONCE_BYTES) &&
    reason !== undefined &&
    (second === null || isSignature(second));
  if (!whole) throw new ConsiliumError('FILE_INVALID', { kind: SECOND_OPINION_KIND, rule: 'form' });
  const ids = { genesis, patient, reader, nonce, readerKey } as Pick<
    OpinionFile,
    'genesis' | 'patient' | 'reader' | 'nonce' | 'readerKey'
  >;
  return {
    kind: SECOND_OPINION_KIND,
    version: 1,
    ...ids,
    reason,
    second:
      second === null ? null : { account: second.account, until: second.until, signature: second.signature },
  };
}

function isSignature(raw: unknown): raw is SecondSignature {
  if (typeof raw !== 'object' || raw === null) return false;
  const { account, until, signature } = raw as Record<string, unknown>;
  return (
    isHexOf(account, 32) && isHexOf(signature, 64) && Number.isSafeInteger(until) && (until as number) >= 0
  );
}

/** HKDF-SHA256 of the reader's signing key under the nonce. */
function readerSeedOf({ key }: Signer, nonce: string): Hex32 {
  return toHex(hkdf(sha256, key.seed, domainTag(READER_KEY_DOMAIN), fromHex(nonce), 32));
}

function publicKeyOf(readerSeed: Hex32): Hex32 {
  return encryptionKeyFromSeed(fromHex(readerSeed)).publicKey;
}
