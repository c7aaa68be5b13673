// Owns: which bytes a signature covers: domain tag (32 bytes), genesis hash (32 bytes), canonical payload. The genesis
// hash keeps a network made anew under an old name from accepting old votes. Never over JSON.
import { concat, fromHex, type Hex32, type Hex64 } from './bytes.ts';
import { type SecretKey, signEd25519, type Verify } from './ed25519.ts';
import { domainTag } from './hash.ts';

/** Every kind of signed message, each under its own tag. */
export const DOMAINS = {
  transaction: 'consilium/tx/v1',
  vote: 'consilium/vote/v1',
  proposal: 'consilium/proposal/v1',
  keyPossession: 'consilium/possession/v1',
  validatorCard: 'consilium/validator-card/v1',
  status: 'consilium/status/v1',
  custodyReceipt: 'consilium/custody-receipt/v1',
  custodyDealing: 'consilium/custody-dealing/v1',
  custodyRequest: 'consilium/custody-request/v1',
  custodyRelease: 'consilium/custody-release/v1',
  emergencySecond: 'consilium/emergency-second/v1',
} as const;

export type Domain = keyof typeof DOMAINS;

export function signedBytes(domain: Domain, genesis: Hex32, payload: Uint8Array): Uint8Array {
  return concat(domainTag(DOMAINS[domain]), fromHex(genesis), payload);
}

export function signPayload(secret: SecretKey, domain: Domain, genesis: Hex32, payload: Uint8Array): Hex64 {
  return signEd25519(secret, signedBytes(domain, genesis, payload));
}

export function verifyPayload(
  verify: Verify,
  key: Hex32,
  signature: Hex64,
  domain: Domain,
  genesis: Hex32,
  payload: Uint8Array,
): boolean {
  return verify(key, signature, signedBytes(domain, genesis, payload));
}
