// Owns: the signed request for shares of an access, fresh each time.
import { type ReleaseRequest, type Signed, signRequest, toHex } from '@consilium/core';
import type { Client } from '../client/client.ts';
import type { Signer } from '../keys/derive.ts';
import type { AccessTicket } from './access.ts';

const NONCE_BYTES = 16;

/** `places`: among the items of the access, ascending. */
export function signedReleaseRequest(
  { session, genesisHash }: Client,
  { patient, access }: Pick<AccessTicket, 'patient' | 'access'>,
  signer: Signer,
  places: readonly number[],
): Signed<ReleaseRequest> {
  return signRequest(signer.key, genesisHash, {
    type: 'release',
    patient,
    access,
    reader: signer.account,
    places,
    nonce: toHex(session.random(NONCE_BYTES)),
  });
}
