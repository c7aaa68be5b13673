// Owns: the four roles of the API, which of them includes which, and whether a caller may use a route. Does not own: who
// has which role (tokens.ts), which role a route needs (the routes).
import { ApiRefusal } from './problems.ts';

/**
 * `reader` reads what validators can read, and asks custodians; `submitter` also hands in transactions and sealed records;
 * `auditor` also reads what this node keeps about its own operation; `operator` may do all.
 */
export const ROLES = ['reader', 'submitter', 'auditor', 'operator'] as const;

export type Role = (typeof ROLES)[number];

/** A lattice: reader below submitter and auditor, both below operator. Submitter and auditor do not include each other. */
const INCLUDES: Readonly<Record<Role, readonly Role[]>> = {
  reader: ['reader'],
  submitter: ['reader', 'submitter'],
  auditor: ['reader', 'auditor'],
  operator: ROLES,
};

export function includesRole(role: Role, needed: Role): boolean {
  return INCLUDES[role].includes(needed);
}

/** Who asks, for limits and for the log of the operator's actions. */
export interface Caller {
  /** Of the token; `anonymous` without one. */
  readonly name: string;
  readonly role: Role;
}

/** Gives the caller that a token stands for; undefined when it stands for none. */
export type FindCaller = (token: string) => Caller | undefined;

export interface Gate {
  readonly findCaller: FindCaller;
  /** What needs no token; undefined: everything does. */
  readonly anonymous: Role | undefined;
}

const BEARER = /^Bearer ([A-Za-z0-9._~+/=-]{1,512})$/;

/**
 * Throws `API_TOKEN_REQUIRED`, `API_TOKEN_INVALID` or `API_ROLE_MISSING` {role, needed}. A wrong token is refused also where
 * none is needed: its owner believes to be somebody.
 */
export function admit(gate: Gate, authorization: string | undefined, needed: Role): Caller {
  const caller = callerOf(gate, authorization);
  if (caller === undefined) throw new ApiRefusal('API_TOKEN_REQUIRED', { needed });
  if (includesRole(caller.role, needed)) return caller;
  if (authorization === undefined) throw new ApiRefusal('API_TOKEN_REQUIRED', { needed });
  throw new ApiRefusal('API_ROLE_MISSING', { role: caller.role, needed });
}

function callerOf({ findCaller, anonymous }: Gate, authorization: string | undefined): Caller | undefined {
  if (authorization === undefined)
    return anonymous === undefined ? undefined : { name: 'anonymous', role: anonymous };
  const token = BEARER.exec(authorization)?.[1];
  const caller = token === undefined ? undefined : findCaller(token);
  if (caller === undefined) throw new ApiRefusal('API_TOKEN_INVALID');
  return caller;
}
