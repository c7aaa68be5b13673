// Owns: what is handed to whoever acts for a patient, off the chain: whose tags these are and the secret that makes them, so
// that the delegate can grant in words. Does not own: the delegation (core's ledger). As secret as the wallet's own.
import { ConsiliumError, type Hex32, isHexOf } from '@consilium/core';
import type { TagKey } from '../actions.ts';
import { parseObject } from '../keys/key-file.ts';
import { isGeneration } from '../records/grant.ts';

export const DELEGATE_KIND = 'consilium-delegate';

export interface DelegateFile extends TagKey {
  readonly kind: typeof DELEGATE_KIND;
  readonly version: 1;
  /** Hash of the genesis: the network. */
  readonly genesis: Hex32;
  /** Where the patient is enrolled. */
  readonly institution: Hex32;
  /** The patient's pseudonym there. */
  readonly patient: Hex32;
}

export function formatDelegateFile(file: DelegateFile): string {
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** Throws `FILE_INVALID`; never says what stands in the file. */
export function parseDelegateFile(text: string): DelegateFile {
  const { version, genesis, institution, patient, tagSecret, tagGeneration } = parseObject(
    text,
    DELEGATE_KIND,
  );
  const whole =
    version === 1 &&
    isHexOf(genesis, 32) &&
    isHexOf(institution, 32) &&
    isHexOf(patient, 32) &&
    isHexOf(tagSecret, 32) &&
    isGeneration(tagGeneration);
  if (!whole) throw new ConsiliumError('FILE_INVALID', { kind: DELEGATE_KIND, rule: 'form' });
  return { kind: DELEGATE_KIND, version: 1, genesis, institution, patient, tagSecret, tagGeneration };
}
