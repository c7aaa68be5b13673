// Owns: asking custodians for the shares of a permitted access until every record opens or nobody is left to ask. Does
// not own: whether a share is true (shares.ts), the ciphertext (content.ts).
import type { ErrorCode, Hex32, IndexedShare } from '@consilium/core';
import type { Client } from '../client/client.ts';
import { isAboutNode } from '../client/session.ts';
import type { Signer } from '../keys/derive.ts';
import { type CustodianAnswer, requestReleases } from './custody-calls.ts';
import { type PlaceFacts, readFacts, rolesOf } from './open-facts.ts';
import { signedReleaseRequest } from './release-request.ts';
import { type Believed, believe, type Liar, type RecordShares, type ShareScope } from './shares.ts';

export interface AccessPlace {
  readonly place: number;
  readonly record: Hex32;
}

/** Rounds at one node: each place can take one of its own, and shares can move meanwhile, but not for ever. */
const WAITS_MAX = 72;

export interface Collected {
  readonly shares: ReadonlyMap<number, RecordShares>;
  /** Why a place has too few shares, by what most of the custodians said. */
  readonly faults: ReadonlyMap<number, ErrorCode>;
  readonly liars: readonly Liar[];
}

/**
 * At most 64 places. Nodes are asked in order: first for enough shares, then for all that there are, and again for what
 * is lacking as long as that brings more: a custodian hands out what fits into one answer.
 */
export async function collectShares(
  client: Client,
  scope: ShareScope,
  signer: Signer,
  places: readonly AccessPlace[],
): Promise<Collected> {
  const book = createBook(await readFacts(client, places));
  for (const node of client.session.nodes) {
    const waits: ('enough' | 'all')[] = ['enough', 'all'];
    // A list goes on to what is added while it is walked.
    for (const wait of waits) {
      const lacking = book.lacking(places);
      if (lacking.length === 0) return book.result(places);
      const answers = await tryNode(client, scope, signer, lacking, node, wait);
      if (answers === undefined) break;
      const moved = (await takeAnswers(scope, book, answers)) && book.renew(await readFacts(client, places));
      const more = book.lacking(places).length < lacking.length;
      if ((moved || more) && waits.length < WAITS_MAX) waits.push('all');
    }
  }
  return book.result(places);
}

/** undefined: the node does not answer. */
async function tryNode(
  client: Client,
  scope: ShareScope,
  signer: Signer,
  places: readonly AccessPlace[],
  node: string,
  wait: 'enough' | 'all',
): Promise<readonly CustodianAnswer[] | undefined> {
  const request = signedReleaseRequest(
    client,
    scope,
    signer,
    places.map(({ place }) => place),
  );
  try {
    return await requestReleases(client.session, node, request, wait);
  } catch (error) {
    if (isAboutNode(error)) return undefined;
    throw error;
  }
}

/** Whether somebody says that the shares have moved to custodians that are not known here. */
async function takeAnswers(
  scope: ShareScope,
  book: Book,
  answers: readonly CustodianAnswer[],
): Promise<boolean> {
  let moved = false;
  for (const answer of answers) {
    const believed = await believe(scope, book.facts(), answer);
    moved ||= believed.moved;
    book.enter(answer, believed);
  }
  return moved;
}

interface Book {
  readonly facts: () => ReadonlyMap<number, PlaceFacts>;
  /** Whether any shares have moved indeed: those of before are of no use any more. */
  readonly renew: (facts: ReadonlyMap<number, PlaceFacts>) => boolean;
  readonly enter: (answer: CustodianAnswer, believed: Believed) => void;
  /** Places without enough shares. */
  readonly lacking: (places: readonly AccessPlace[]) => readonly AccessPlace[];
  readonly result: (places: readonly AccessPlace[]) => Collected;
}

function createBook(known: ReadonlyMap<number, PlaceFacts>): Book {
  let facts = known;
  const shares = new Map<number, RecordShares & { readonly shares: Map<number, IndexedShare> }>();
  const refusals = new Map<number, ErrorCode[]>();
  const liars = new Map<Hex32, Liar>();
  const hasEnough = (place: number): boolean => {
    const found = shares.get(place);
    return found !== undefined && found.shares.size >= found.points.length;
  };
  return {
    facts: () => facts,
    renew: (newer) => {
      const moved = [...facts].filter(
        ([place, { custodians }]) => newer.get(place)?.custodians.epoch !== custodians.epoch,
      );
      for (const [place] of moved) shares.delete(place);
      facts = newer;
      return moved.length > 0;
    },
    enter: (answer, { records, lie }) => {
      const [role] = rolesOf(facts.values(), answer.custodian);
      if (lie !== null && role !== undefined)
        liars.set(role.id, { institution: role.id, name: role.name, reason: lie });
      for (const { place, released } of records) {
        const { points, chunks, index, share } = released;
        const known = shares.get(place) ?? { points, chunks, shares: new Map<number, IndexedShare>() };
        known.shares.set(index, { index, share });
        shares.set(place, known);
      }
      for (const { place, code } of refusalsOf(answer, lie === null, facts.keys()))
        refusals.set(place, [...(refusals.get(place) ?? []), code]);
    },
    lacking: (places) => places.filter(({ place }) => !hasEnough(place)),
    result: (places) => {
      const lacking = places.filter(({ place }) => !hasEnough(place));
      return {
        shares: new Map([...shares].filter(([place]) => hasEnough(place))),
        faults: new Map(lacking.map(({ place }) => [place, mostSaid(refusals.get(place) ?? [])])),
        liars: [...liars.values()],
      };
    },
  };
}

function refusalsOf(
  { release, code }: CustodianAnswer,
  honest: boolean,
  places: Iterable<number>,
): readonly { readonly place: number; readonly code: ErrorCode }[] {
  if (!honest) return [];
  if (release !== null) return release.refusals;
  return code === null ? [] : [...places].map((place) => ({ place, code }));
}

/** What a person can act on comes from those who refused by a rule; silence is told only when nobody did. */
function mostSaid(codes: readonly ErrorCode[]): ErrorCode {
  const byRule = codes.filter((code) => code.startsWith('ACCESS_'));
  const [most] = [...new Set(byRule)].sort((a, b) => countOf(byRule, b) - countOf(byRule, a));
  return most ?? 'CUSTODY_SHARES_MISSING';
}

function countOf(codes: readonly ErrorCode[], code: ErrorCode): number {
  return codes.filter((each) => each === code).length;
}
