// Owns: who may ask this daemon for what: the operator's token of its home, its list of tokens and certificates, and what
// the setting `api.auth` makes of them. Does not own: the decision (api/roles.ts), the list (api/access).
import { isIPv4 } from 'node:net';
import { toHex } from '@consilium/core';
import { type AccessChange, watchAccess } from '../api/access/watched-access.ts';
import type { Caller, Gate } from '../api/roles.ts';
import type { AdminAct } from '../audit/admin-line.ts';
import type { Config } from '../config/settings.ts';
import type { HomePaths } from '../files/home-paths.ts';
import { makeOperatorToken, readTokenFile } from '../keys/operator-token.ts';
import { isSameHash, tokenHash } from '../keys/token.ts';
import { ACCESS_NAMES_LENGTH_MAX } from '../limits.ts';
import type { Clock, Random, Report } from '../ports.ts';

export interface GateDeps {
  readonly paths: HomePaths;
  readonly auth: Config['api']['auth'];
  readonly random: Random;
  readonly clock: Clock;
  readonly report: Report;
  /** Notes what happened to the list. */
  readonly note: (act: AdminAct) => void;
}

export interface OpenGate extends Gate {
  readonly stop: () => void;
}

const OPERATOR: Caller = { name: 'operator', role: 'operator' };

/** Makes the operator's token where there is none. Throws what reading or writing it throws. */
export async function openGate({ paths, auth, random, clock, report, note }: GateDeps): Promise<OpenGate> {
  await makeOperatorToken(paths.operatorToken, random);
  const operator = tokenHash(await readTokenFile(paths.operatorToken));
  const access = await watchAccess(paths.access, {
    clock,
    report,
    onChange: (change) => note(noted(change)),
  });
  return {
    findToken: (token, address) => {
      const hash = tokenHash(token);
      if (isSameHash(hash, operator)) return isAllowedOperator(auth, address) ? OPERATOR : undefined;
      return auth === 'mtls' ? undefined : access.find('token', toHex(hash));
    },
    findCertificate: (sha256) => access.find('certificate', sha256),
    anonymous: auth === 'open' ? 'submitter' : undefined,
    stop: () => access.stop(),
  };
}

/** Where certificates are asked for, the operator's token counts on this machine only. */
function isAllowedOperator(auth: Config['api']['auth'], address: string): boolean {
  return auth !== 'mtls' || isLoopback(address);
}

export function isLoopback(address: string): boolean {
  if (address === 'localhost' || address === '::1') return true;
  const plain = address.replace(/^::ffff:/, '');
  return isIPv4(plain) && plain.startsWith('127.');
}

/** Names only; a long list is cut, its count tells. */
function noted({ added, removed, count }: AccessChange): AdminAct {
  const listed = (names: readonly string[]): string => names.join(',').slice(0, ACCESS_NAMES_LENGTH_MAX);
  const facts = { added: listed(added), removed: listed(removed), count };
  return { by: 'node', role: 'node', action: 'tokens.changed', outcome: 'done', facts };
}
