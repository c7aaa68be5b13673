// Owns: whom a provision speaks of: accounts, groups and roles, from the codes and references of its actors. Does not own:
// which account a reference means.
import { CLINICIAN_ROLES, type ClinicianRole } from '@consilium/core';
import { at } from '../json.ts';
import type { PlainActor } from './plain.ts';
import { type CodingRead, codingsOf, type Placed, type Reading, repetitions, widen } from './reading.ts';
import { mustReferenceIn, type ReferenceRead, referenceIn } from './references.ts';
import { refuse } from './refusals.ts';
import { isOf, type SystemName } from './systems.ts';

export interface Actors {
  readonly actors: readonly PlainActor[];
  /** R4 names the author of the data as an actor too; PCF does it under `data`. */
  readonly authors: readonly string[];
}

/** Who receives: PCF fixes IRCP, R4's examples use PRCP; GRANTEE is R4's word for who is given rights. */
const RECIPIENTS: readonly (readonly [SystemName, codes: readonly string[]])[] = [
  ['participation', ['IRCP', 'PRCP']],
  ['roleCode', ['GRANTEE']],
];

const KINDS: Readonly<Record<string, PlainActor['type']>> = {
  CareTeam: 'group',
  Device: 'account',
  Group: 'group',
  Organization: 'account',
  Practitioner: 'account',
  PractitionerRole: 'account',
};

/** What an actor's role says of it. */
type Part =
  | { readonly type: 'recipient' | 'author' }
  | { readonly type: 'role'; readonly role: ClinicianRole };

export function actorsIn(reading: Reading): Actors {
  const actors: PlainActor[] = [];
  const authors: string[] = [];
  for (const placed of repetitions(reading, 'actor')) {
    const part = partOf(placed);
    if (part.type === 'author') authors.push(mustReferenceIn(...referenceAt(placed)).text);
    else actors.push(part.type === 'role' ? inRole(reading, placed, part.role) : recipient(placed));
  }
  // Repetitions of one element are alternatives; a recipient and an author are none.
  if (actors.length > 0 && authors.length > 0) refuse(`${reading.path}.actor`, 'actor-role');
  return { actors: distinct(actors), authors };
}

const referenceAt = ({ value, path }: Placed): [value: unknown, path: string] => [
  at(value, 'reference'),
  `${path}.reference`,
];

function partOf({ value, path }: Placed): Part {
  const codings = codingsOf(at(value, 'role'));
  const role = codings.map(roleOf).find((each) => each !== undefined);
  if (role !== undefined) return { type: 'role', role };
  const has = (name: SystemName, codes: readonly string[]): boolean =>
    codings.some(({ system, code = '' }) => isOf(name, system) && codes.includes(code));
  if (RECIPIENTS.some(([name, codes]) => has(name, codes))) return { type: 'recipient' };
  return has('participation', ['AUT']) ? { type: 'author' } : refuse(`${path}.role`, 'actor-role');
}

export function roleOf({ system, code = '' }: CodingRead): ClinicianRole | undefined {
  if (isOf('roleClass', system)) return code === 'PAYOR' ? 'payer' : undefined;
  if (!isOf('practitionerRole', system) && !isOf('staffRole', system)) return undefined;
  return CLINICIAN_ROLES.find((role) => role === code);
}

/** Everybody in the role. One in the role of one institution cannot be said: a denial is then of that institution. */
function inRole(reading: Reading, placed: Placed, role: ClinicianRole): PlainActor {
  const reference = referenceIn(...referenceAt(placed));
  if (reference === undefined) return { type: 'role', role };
  widen(reading, placed.path, 'actor-role');
  return actorOf(reference, placed.path);
}

function recipient(placed: Placed): PlainActor {
  return actorOf(mustReferenceIn(...referenceAt(placed)), placed.path);
}

/** A reference that does not say what it names is taken for an account's. */
function actorOf({ text, type = 'Organization', versioned }: ReferenceRead, path: string): PlainActor {
  if (versioned) refuse(`${path}.reference`, 'reference');
  const kind = Object.hasOwn(KINDS, type) ? KINDS[type] : undefined;
  if (kind === undefined || kind === 'role') return refuse(`${path}.reference`, 'actor-kind');
  return { type: kind, reference: text };
}

const keyOf = (actor: PlainActor): string =>
  actor.type === 'role' ? `role ${actor.role}` : `${actor.type} ${actor.reference}`;

function distinct(actors: readonly PlainActor[]): readonly PlainActor[] {
  return [...new Map(actors.map((actor) => [keyOf(actor), actor])).values()];
}
