// Owns: reading a genesis file. It is the one thing a client trusts, so that nothing in it is taken unchecked.
import { ConsiliumError, checkGenesis, type Genesis, type Verify, verifyEd25519 } from '@consilium/core';

/** Throws `GENESIS_INVALID` with the rule that is broken. */
export function parseGenesis(text: string, verify: Verify = verifyEd25519): Genesis {
  const genesis = parseJson(text);
  checkGenesis(genesis, verify);
  return genesis;
}

function parseJson(text: string): Genesis {
  try {
    return JSON.parse(text) as Genesis;
  } catch {
    throw new ConsiliumError('GENESIS_INVALID', { rule: 'not JSON' });
  }
}
