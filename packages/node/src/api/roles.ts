// Owns: the four roles of the API, which of them includes which, and whether a caller may use a route. Does not own: who
// has which role (access/), which role a route needs (the routes).
import type { Hex32 } from '@consilium/core';
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
  /** Of the token or certificate; `anonymous` without one. */
  readonly name: string;
  readonly role: Role;
}

export const ANONYMOUS = 'anonymous';

/** What a request shows. */
export interface Credentials {
  /** The header of this name. */
  readonly authorization: string | undefined;
  /** SHA-256 of the client certificate that TLS has verified. */
  readonly certificate: Hex32 | undefined;
  /** Where the connection comes from. */
  readonly address: string;
}

/** Each gives undefined for what stands for nobody. */
export interface Gate {
  readonly findToken: (token: string, address: string) => Caller | undefined;
  readonly findCertificate: (sha256: Hex32) => Caller | undefined;
  /** What needs nothing to be shown; undefined: everything does. */
  readonly anonymous: Role | undefined;
}

const BEARER = /^Bearer ([A-Za-z0-9._~+/=-]{1,512})$/;

/**
 * Throws `API_TOKEN_REQUIRED`, `API_TOKEN_INVALID`, `API_CERTIFICATE_UNKNOWN` or `API_ROLE_MISSING` {role, needed}. What
 * stands for nobody is refused also where nothing is needed: its owner believes to be somebody.
 */
export function admit(gate: Gate, credentials: Credentials, needed: Role): Caller {
  const caller = callerOf(gate, credentials);
  if (caller === undefined) throw new ApiRefusal('API_TOKEN_REQUIRED', { needed });
  if (includesRole(caller.role, needed)) return caller;
  if (caller.name === ANONYMOUS) throw new ApiRefusal('API_TOKEN_REQUIRED', { needed });
  throw new ApiRefusal('API_ROLE_MISSING', { role: caller.role, needed });
}

function callerOf(gate: Gate, { authorization, certificate, address }: Credentials): Caller | undefined {
  if (authorization !== undefined) {
    const token = BEARER.exec(authorization)?.[1];
    const caller = token === undefined ? undefined : gate.findToken(token, address);
    if (caller === undefined) throw new ApiRefusal('API_TOKEN_INVALID');
    return caller;
  }
  if (certificate !== undefined) {
    const caller = gate.findCertificate(certificate);
    if (caller === undefined) throw new ApiRefusal('API_CERTIFICATE_UNKNOWN');
    return caller;
  }
  return gate.anonymous === undefined ? undefined : { name: ANONYMOUS, role: gate.anonymous };
}
