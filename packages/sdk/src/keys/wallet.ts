// Owns: a patient's keys: one seed phrase, from it one key per institution, and what was made at each enrolment. Two
// institutions' accounts of one person share no public value. Does not own: the ledger's side (core's ledger/identity.ts).
import {
  accountIdOf,
  ConsiliumError,
  type Hex32,
  isHexOf,
  type SecretKey,
  signPossession,
  toHex,
} from '@consilium/core';
import type { EncryptionKey } from '@consilium/sealing';
import { entropyToMnemonic, mnemonicToSeedSync, validateMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { PHRASE_ENTROPY_BYTES } from '../limits.ts';
import type { RandomBytes } from '../random.ts';
import { derivePatientEncryptionKey, derivePatientKey, type Signer } from './derive.ts';
import { parseObject } from './key-file.ts';

export const WALLET_KIND = 'consilium-wallet';

/** What the patient holds of one enrolment. Secret as a whole. */
export interface Enrolment {
  /** Hash of the genesis: the network. */
  readonly genesis: Hex32;
  readonly institution: Hex32;
  /** The patient's pseudonym there. */
  readonly account: Hex32;
  /** Number of the key in use: 0 until it is rotated. */
  readonly rotation: number;
  /** 32 random bytes; outlives key rotations. The phrase does not bring it back: keep the wallet. */
  readonly tagSecret: Hex32;
  /** Which tag secret: consents and records name the generation they were written under. */
  readonly tagGeneration: number;
}

export interface PatientWallet {
  readonly kind: typeof WALLET_KIND;
  readonly version: 1;
  /** BIP39, English words. */
  readonly phrase: string;
  readonly enrolments: readonly Enrolment[];
}

/** What an institution needs to enrol the patient: nothing in it is secret, nothing links to another institution. */
export interface EnrolmentRequest {
  readonly key: Hex32;
  readonly possession: string;
  /** X25519. */
  readonly encryptionKey: Hex32;
}

export function createWallet(random: RandomBytes): PatientWallet {
  return walletOfPhrase(entropyToMnemonic(random(PHRASE_ENTROPY_BYTES), wordlist));
}

/** A wallet with the phrase's keys and no enrolment. Throws `KEY_INVALID` when the words or their checksum are wrong. */
export function walletOfPhrase(phrase: string): PatientWallet {
  const words = phrase.trim().toLowerCase().split(/\s+/).join(' ');
  if (!validateMnemonic(words, wordlist)) throw new ConsiliumError('KEY_INVALID', { rule: 'seed phrase' });
  return { kind: WALLET_KIND, version: 1, phrase: words, enrolments: [] };
}

export function findEnrolment(
  wallet: PatientWallet,
  genesis: Hex32,
  institution: Hex32,
): Enrolment | undefined {
  return wallet.enrolments.find((own) => own.genesis === genesis && own.institution === institution);
}

/** The patient's current key at the institution. */
export function patientKey(wallet: PatientWallet, enrolment: Enrolment): SecretKey {
  return derivePatientKey(mnemonicToSeedSync(wallet.phrase), enrolment.institution, enrolment.rotation);
}

/** What opens the records that were sealed to the patient while this rotation was in use; default the current one. */
export function patientEncryptionKey(
  wallet: PatientWallet,
  { institution, rotation: current }: Enrolment,
  rotation: number = current,
): EncryptionKey {
  return derivePatientEncryptionKey(mnemonicToSeedSync(wallet.phrase), institution, rotation);
}

export function patientSigner(wallet: PatientWallet, enrolment: Enrolment): Signer {
  return { account: enrolment.account, key: patientKey(wallet, enrolment) };
}

/** The wallet with an enrolment at this institution: the one it holds, or a new one with its own tag secret. */
export function addEnrolment(
  wallet: PatientWallet,
  genesis: Hex32,
  institution: Hex32,
  random: RandomBytes,
): { readonly wallet: PatientWallet; readonly enrolment: Enrolment } {
  const known = findEnrolment(wallet, genesis, institution);
  if (known !== undefined) return { wallet, enrolment: known };
  const first = derivePatientKey(mnemonicToSeedSync(wallet.phrase), institution, 0);
  const enrolment: Enrolment = {
    genesis,
    institution,
    account: accountIdOf(first.publicKey),
    rotation: 0,
    tagSecret: toHex(random(32)),
    tagGeneration: 1,
  };
  return { wallet: { ...wallet, enrolments: [...wallet.enrolments, enrolment] }, enrolment };
}

export function enrolmentRequest(wallet: PatientWallet, enrolment: Enrolment): EnrolmentRequest {
  const key = patientKey(wallet, enrolment);
  return {
    key: key.publicKey,
    possession: signPossession(key, enrolment.genesis, enrolment.institution),
    encryptionKey: patientEncryptionKey(wallet, enrolment).publicKey,
  };
}

export function formatWallet(wallet: PatientWallet): string {
  return `${JSON.stringify(wallet, null, 2)}\n`;
}

/** Throws `FILE_INVALID`, or `KEY_INVALID` for the phrase; never says what stands in the file. */
export function parseWallet(text: string): PatientWallet {
  const { version, phrase, enrolments } = parseObject(text, WALLET_KIND);
  if (
    version !== 1 ||
    typeof phrase !== 'string' ||
    !Array.isArray(enrolments) ||
    !enrolments.every(isEnrolment)
  )
    throw new ConsiliumError('FILE_INVALID', { kind: WALLET_KIND, rule: 'form' });
  return { ...walletOfPhrase(phrase), enrolments };
}

function isEnrolment(raw: unknown): raw is Enrolment {
  if (typeof raw !== 'object' || raw === null) return false;
  const { genesis, institution, account, tagSecret, rotation, tagGeneration } = raw as Record<
    string,
    unknown
  >;
  return (
    [genesis, institution, account, tagSecret].every((value) => isHexOf(value, 32)) &&
    [rotation, tagGeneration].every((value) => Number.isSafeInteger(value) && (value as number) >= 0)
  );
}
