// Owns: what bytes on the wire say, when they may be garbage: hostile validators send it, and a faulty link makes it.
import { isConsiliumError } from '@consilium/core';
import { type CustodyMessage, decodeCustodyMessage } from '@consilium/node/custody';
import { decodeMessage, type WireMessage } from '@consilium/node/replica';

export function tryDecode(bytes: Uint8Array): WireMessage | undefined {
  return unlessRefused(() => decodeMessage(bytes));
}

export function tryDecodeCustody(bytes: Uint8Array): CustodyMessage | undefined {
  return unlessRefused(() => decodeCustodyMessage(bytes));
}

/** undefined when the attempt ends in a coded refusal. */
export function unlessRefused<T>(attempt: () => T): T | undefined {
  try {
    return attempt();
  } catch (error) {
    if (!isConsiliumError(error)) throw error;
    return undefined;
  }
}
