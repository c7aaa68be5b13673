// Owns: decoding a message once for all who get the very same bytes: in one process a broadcast is one array, and what is
// decoded from it is read by all and changed by nobody. Whatever a fault changes on its way is an array of its own.
import { decodeMessage, type WireMessage } from '@consilium/node/replica';

/** As `decodeMessage`; a refusal is made anew each time. */
export function createSharedDecoding(): (bytes: Uint8Array) => WireMessage {
  const decoded = new WeakMap<Uint8Array, WireMessage>();
  return (bytes) => {
    const known = decoded.get(bytes);
    if (known !== undefined) return known;
    const message = decodeMessage(bytes);
    decoded.set(bytes, message);
    return message;
  };
}
