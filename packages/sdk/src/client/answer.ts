// Owns: reading a node's answer by declared form. What does not have the form is answered by PROOF_INVALID: an answer
// that cannot be checked counts as a false one.
import { ConsiliumError, type Hex32, isHexOf, type Shape, tryFromHex } from '@consilium/core';

export function unproven(rule: string, height?: number): ConsiliumError {
  return new ConsiliumError('PROOF_INVALID', height === undefined ? { rule } : { rule, height });
}

/** A value that has core's shape as JSON: hex for bytes, numbers for integers, exactly the fields. */
export function readShape<T>(shape: Shape<T>, raw: unknown, rule: string): T {
  try {
    shape.toWire(raw as T, '$');
    return raw as T;
  } catch {
    throw unproven(rule);
  }
}

export function readField(raw: unknown, name: string): unknown {
  if (typeof raw !== 'object' || raw === null || !Object.hasOwn(raw, name)) throw unproven(name);
  return (raw as Readonly<Record<string, unknown>>)[name];
}

export function readList(raw: unknown, rule: string): readonly unknown[] {
  if (!Array.isArray(raw)) throw unproven(rule);
  return raw;
}

export function readBytes(raw: unknown, rule: string): Uint8Array {
  const bytes = typeof raw === 'string' ? tryFromHex(raw) : undefined;
  if (bytes === undefined) throw unproven(rule);
  return bytes;
}

export function readId(raw: unknown, rule: string): Hex32 {
  if (!isHexOf(raw, 32)) throw unproven(rule);
  return raw;
}

export function readInteger(raw: unknown, rule: string): number {
  if (!Number.isSafeInteger(raw) || (raw as number) < 0) throw unproven(rule);
  return raw as number;
}

export function readText(raw: unknown, rule: string): string {
  if (typeof raw !== 'string') throw unproven(rule);
  return raw;
}

/** Runs a check of core's and turns every refusal into PROOF_INVALID, except that the answer is merely old. */
export function proven<T>(rule: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof ConsiliumError)) throw error;
    if (error.code === 'STALE' || error.code === 'PROOF_INVALID') throw error;
    throw new ConsiliumError('PROOF_INVALID', { rule, ...error.data, cause: error.code });
  }
}
