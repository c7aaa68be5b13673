// Owns: not checking a signature twice in one run of blocks: the certificate by which a block is taken stands in the next
// block as its parent's. Does not own: what is signed.
import { equalBytes, type Verify } from '@consilium/core';

/** Remembers what verified, as exactly this signature of exactly these bytes by this key. For as long as one run. */
export function verifiedOnce(verify: Verify): Verify {
  const verified = new Map<string, Uint8Array>();
  return (key, signature, message) => {
    const name = `${key}/${signature}`;
    const known = verified.get(name);
    if (known !== undefined && equalBytes(known, message)) return true;
    const isValid = verify(key, signature, message);
    if (isValid) verified.set(name, message);
    return isValid;
  };
}
