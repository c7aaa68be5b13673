// Owns: what each custodian says to a request for one record's share, for who wants to know that and not the record: who
// watches whether a revocation holds. Does not own: opening (open.ts).
import type { ErrorCode, Hex32 } from '@consilium/core';
import type { Client } from '../client/client.ts';
import { nameOf } from '../client/record-queries.ts';
import { isAboutNode } from '../client/session.ts';
import type { Signer } from '../keys/derive.ts';
import type { AccessTicket } from './access.ts';
import { type CustodianAnswer, requestReleases } from './custody-calls.ts';
import { signedReleaseRequest } from './release-request.ts';

export interface CustodianRefusal {
  readonly institution: Hex32;
  readonly name: string;
  /** Why it releases nothing; null when it released a share. */
  readonly code: ErrorCode | null;
}

/**
 * Asks every custodian, through the first node that answers, for the share of the record at this place of an access.
 * `signer`: who requested the access. The codes are what the node says that each said.
 */
export async function custodianRefusals(
  client: Client,
  ticket: Pick<AccessTicket, 'patient' | 'access'>,
  signer: Signer,
  place: number,
): Promise<readonly CustodianRefusal[]> {
  const answers = await askAll(client, ticket, signer, place);
  const { value: names } = await client.read((state) =>
    answers.map(({ custodian }) => nameOf(state, custodian)),
  );
  return answers.map(({ custodian, release, code }, index) => ({
    institution: custodian,
    name: names[index] ?? custodian,
    code: code ?? release?.refusals[0]?.code ?? null,
  }));
}

async function askAll(
  client: Client,
  ticket: Pick<AccessTicket, 'patient' | 'access'>,
  signer: Signer,
  place: number,
): Promise<readonly CustodianAnswer[]> {
  let last: unknown;
  for (const node of client.session.nodes) {
    const request = signedReleaseRequest(client, ticket, signer, [place]);
    try {
      return await requestReleases(client.session, node, request, 'all');
    } catch (error) {
      if (!isAboutNode(error)) throw error;
      last = error;
    }
  }
  throw last;
}
