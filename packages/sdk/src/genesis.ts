// Owns: reading a genesis file. It is the one thing a client trusts, so that nothing in it is taken unchecked.
import { type Genesis, genesisFromJson, type Verify, verifyEd25519 } from '@consilium/core';

/** Throws `GENESIS_INVALID` with the rule that is broken. */
export function parseGenesis(text: string, verify: Verify = verifyEd25519): Genesis {
  return genesisFromJson(text, verify);
}
