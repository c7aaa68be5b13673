// Owns: the form in which damage is named, and that a home with much of it fills no memory. Does not own: looking for it.
import { createHash } from 'node:crypto';
import { type ErrorCode, isConsiliumError, toHex } from '@consilium/core';
import { DAMAGES_NAMED_MAX } from '../limits.ts';

/** What a home is made of, as far as damage is concerned. */
export type Part =
  | 'backup'
  | 'blob'
  | 'block'
  | 'card'
  | 'certificate'
  | 'config'
  | 'genesis'
  | 'index'
  | 'keys'
  | 'log'
  | 'package'
  | 'results'
  | 'row'
  | 'signing-record'
  | 'snapshot'
  | 'state'
  | 'store-file';

export interface Damage {
  readonly part: Part;
  /** What is wrong with it, as one word. */
  readonly problem: string;
  /** From the folder of the home. */
  readonly file?: string;
  readonly table?: string;
  readonly height?: number;
  /** Digest of the key of the row, or of the id of the blob: either may be a patient's. */
  readonly key?: string;
  readonly code?: ErrorCode;
}

export interface Findings {
  readonly add: (damage: Damage) => void;
  /** Whether any was found. */
  readonly any: () => boolean;
  /** The first ones. */
  readonly named: () => readonly Damage[];
  readonly count: () => number;
}

export function createFindings(): Findings {
  const named: Damage[] = [];
  let count = 0;
  return {
    add: (damage) => {
      count += 1;
      if (named.length < DAMAGES_NAMED_MAX) named.push(damage);
    },
    any: () => count > 0,
    named: () => named,
    count: () => count,
  };
}

const KEY_DIGEST_BYTES = 8;

/** The same digest by which a running node names the key of a row. */
export function keyDigest(key: Uint8Array): string {
  return toHex(new Uint8Array(createHash('sha256').update(key).digest()).subarray(0, KEY_DIGEST_BYTES));
}

/** What `look` gives; where it refuses with a code, that is damage of this part. */
export async function examined<T>(
  findings: Findings,
  damage: Omit<Damage, 'problem' | 'code'>,
  look: () => T | Promise<T>,
): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (!isConsiliumError(error)) throw error;
    const rule = error.data['rule'];
    findings.add({ ...damage, problem: typeof rule === 'string' ? rule : 'unusable', code: error.code });
    return undefined;
  }
}
