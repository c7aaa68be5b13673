// Owns: how failures of the cryptography below become errors of Consilium.
import { ConsiliumError } from '@consilium/core';
import { NotSupportedError } from 'hpke';

/** One code for every way of not opening: which check failed is nothing that a sender should learn. */
export function sealInvalid(): ConsiliumError {
  return new ConsiliumError('SEAL_INVALID');
}

/** The outcome of `open`, with any failure in it as SEAL_INVALID; a runtime without the algorithms is SEAL_UNSUPPORTED. */
export async function opening<T>(open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    throw isUnsupported(error) ? new ConsiliumError('SEAL_UNSUPPORTED') : sealInvalid();
  }
}

function isUnsupported(error: unknown): boolean {
  return error instanceof NotSupportedError || (error instanceof Error && error.name === 'NotSupportedError');
}
