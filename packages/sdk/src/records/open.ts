// Owns: opening records of somebody: the access entered first, then shares, then content. Each step can be called alone,
// so that a client that dies in between can go on. Does not own: the steps.
import {
  type AccessDecision,
  type ErrorCode,
  fromHex,
  type Group,
  type Hex32,
  nobleGroup,
  RECORDS_PER_BATCH_MAX,
  rememberingElements,
} from '@consilium/core';
import { encryptionKeyFromSeed } from '@consilium/sealing';
import type { Client } from '../client/client.ts';
import { type AccessView, type RecordView, readRecord } from '../client/record-queries.ts';
import type { Signer } from '../keys/derive.ts';
import { type AccessTicket, type AccessWish, readAccess, requestAccess } from './access.ts';
import { type AccessPlace, type Collected, collectShares } from './collect.ts';
import { contentOf, type RecordContent } from './content.ts';
import { type LegalNotice, noticesOf } from './notices.ts';
import { type Liar, type ShareScope, secretOf } from './shares.ts';

/** One record of an access, with the decision on it. */
export interface AccessedRecord extends AccessDecision {
  readonly record: Hex32;
  /** As it stands on the ledger; null for an id that is not there. */
  readonly row: RecordView | null;
  /** Null when it is denied, or too few shares came. */
  readonly content: RecordContent | null;
  /** Why a permitted record has no content. */
  readonly fault: ErrorCode | null;
  /** What a law wants told to whom it is disclosed. */
  readonly notices: readonly LegalNotice[];
}

export interface OpenedAccess {
  readonly access: AccessView;
  readonly records: readonly AccessedRecord[];
  /** Custodians that answered with something false; what they sent was not used. */
  readonly liars: readonly Liar[];
}

/** Asks the ledger, then the custodians. Throws as `requestAccess`; that the ledger denies is no error. */
export async function openRecords(
  client: Client,
  wish: AccessWish & { readonly group?: Group },
): Promise<OpenedAccess> {
  const ticket = await requestAccess(client, wish);
  return collectRecords(client, ticket, wish.signer, wish.group);
}

/** The second step alone: opens what an access that is committed permits. `signer`: who requested it. */
export async function collectRecords(
  client: Client,
  ticket: AccessTicket,
  signer: Signer,
  group: Group = nobleGroup,
): Promise<OpenedAccess> {
  const access = await readAccess(client, ticket);
  const scope: ShareScope = {
    genesis: client.genesisHash,
    verify: client.session.verify,
    group: rememberingElements(group),
    patient: ticket.patient,
    access: ticket.access,
    readerKey: encryptionKeyFromSeed(fromHex(ticket.readerSeed)),
  };
  const records: AccessedRecord[] = [];
  const liars = new Map<Hex32, Liar>();
  for (let from = 0; from < access.items.length; from += RECORDS_PER_BATCH_MAX) {
    const places = access.items
      .slice(from, from + RECORDS_PER_BATCH_MAX)
      .map((item, index) => ({ ...item, place: from + index }));
    const permitted = places.filter(({ decision }) => decision === 'permit');
    const rows = await readRows(client, places);
    const collected =
      permitted.length === 0 ? NOTHING : await collectShares(client, scope, signer, permitted);
    for (const liar of collected.liars) liars.set(liar.institution, liar);
    records.push(
      ...places.map(({ place, ...item }, index) => ({
        ...item,
        row: rows[index] ?? null,
        notices: noticesOf(item, rows[index]?.effects ?? []),
        ...openedPlace(client, group, collected, place),
      })),
    );
  }
  return { access, records, liars: [...liars.values()] };
}

const NOTHING: Collected = { shares: new Map(), faults: new Map(), liars: [] };

async function readRows(
  client: Client,
  places: readonly AccessPlace[],
): Promise<readonly (RecordView | null)[]> {
  const { value } = await client.read((state) => places.map(({ record }) => readRecord(state, record)));
  return value;
}

function openedPlace(
  { session }: Client,
  group: Group,
  { shares, faults }: Collected,
  place: number,
): Pick<AccessedRecord, 'content' | 'fault'> {
  const found = shares.get(place);
  const secret = found === undefined ? undefined : secretOf(group, found);
  if (found === undefined || secret === undefined) return { content: null, fault: faults.get(place) ?? null };
  return { content: contentOf(session, secret, found.chunks), fault: null };
}
