// Owns: the coded error of a call that must fail, so that tests can look at its code and data.
import { ConsiliumError, type ErrorCode, type ErrorData } from '@consilium/core';

export interface Refused {
  readonly code: ErrorCode;
  readonly data: ErrorData;
  readonly message: string;
}

export async function refusalOf(call: () => unknown): Promise<Refused> {
  try {
    await call();
  } catch (error) {
    if (error instanceof ConsiliumError) return error;
    throw error;
  }
  throw new Error('expected a refusal, and it was accepted');
}
