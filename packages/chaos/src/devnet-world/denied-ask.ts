// Owns: asking every custodian for the shares of an access, whatever the ledger decided on it, as no client of ours does. Does
// not own: what it means that one releases them.
import {
  decodeRelease,
  encodeReleaseRequest,
  fromHex,
  type Hex32,
  isConsiliumError,
  type Release,
  signRequest,
  toHex,
} from '@consilium/core';
import type { AccessTicket, Client, Signer } from '@consilium/sdk';

const NONCE_BYTES = 16;

/** Institutions in whose answers something is released. `client`: of the one node that asks the others. */
export async function releasingCustodians(
  client: Client,
  { patient, access }: AccessTicket,
  signer: Signer,
): Promise<readonly Hex32[]> {
  const { session, genesisHash, nodes } = client;
  const [node] = nodes;
  if (node === undefined) throw new Error('invariant: a client has a node');
  const request = signRequest(signer.key, genesisHash, {
    ...{ type: 'release', patient, access, reader: signer.account, places: [0] },
    nonce: toHex(session.random(NONCE_BYTES)),
  });
  const path = '/v1/custody/releases?wait=all';
  const told = await session.ask(node, { path, body: encodeReleaseRequest(request) });
  return releasesIn(told)
    .filter(({ envelope }) => envelope !== null)
    .map(({ custodian }) => custodian);
}

function releasesIn(told: unknown): readonly Release[] {
  const { answers } = told as { readonly answers: readonly { readonly release?: string }[] };
  return answers.flatMap(({ release }) => (release === undefined ? [] : tryDecode(fromHex(release))));
}

function tryDecode(bytes: Uint8Array): readonly Release[] {
  try {
    return [decodeRelease(bytes)];
  } catch (error) {
    if (isConsiliumError(error)) return [];
    throw error;
  }
}
