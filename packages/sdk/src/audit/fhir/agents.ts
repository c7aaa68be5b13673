// Owns: who took part in an access, as agents of an AuditEvent: the person on whose behalf it happened is always the one
// requestor, and a machine stands beside it, labelled. Does not own: which event has which agents (events.ts).
import type { Hex32 } from '@consilium/core';
import { type AccessLogEntry, actorOf } from '../log-entries.ts';
import { type CodeName, codingOf, conceptOf, identifierOf, type Json, ledgerCoding } from './codes.ts';

export function whoOf(account: Hex32, type?: string, display?: string): Json {
  return {
    ...(type !== undefined && { type }),
    identifier: identifierOf('account', account),
    ...(display !== undefined && { display }),
  };
}

export function organizationOf(account: Hex32, names: ReadonlyMap<Hex32, string>): Json {
  return whoOf(account, 'Organization', names.get(account));
}

export function ledgerOf(genesis: Hex32): Json {
  return {
    type: 'Device',
    identifier: identifierOf('network', genesis),
    display: 'the ledger that the hospitals run together',
  };
}

/** The ledger sees no network addresses: where a profile wants one, the identifier stands as a URI (network-type 5). */
export function networkOf(kind: 'account' | 'network', id: Hex32): Json {
  return { address: `urn:consilium:${kind}:${id}`, type: '5' };
}

export function agentOf(type: CodeName, who: Json, more: Json = {}): Json {
  return { type: conceptOf(type), who, requestor: false, ...more };
}

/** A clinician and a patient who was refused are not told apart by an entry. */
const TYPES: Readonly<Record<ReturnType<typeof actorOf>, string | undefined>> = {
  patient: 'Patient',
  delegate: 'RelatedPerson',
  staff: undefined,
};

/** The person who asked, or the institution where its systems asked for nobody else. */
export function requestorOf(entry: AccessLogEntry): Json {
  const { requester, institution, institutionName, purpose } = entry;
  const who =
    requester === institution
      ? whoOf(requester, 'Organization', institutionName)
      : whoOf(requester, TYPES[actorOf(entry)]);
  return agentOf('recipient', who, {
    requestor: true,
    purposeOfUse: [{ coding: [ledgerCoding('purpose', purpose)] }],
  });
}

/** What sent the request: the systems of an institution, or the software of the person who asked. */
export function senderOf(type: CodeName, { reader, machine, institutionName }: AccessLogEntry): Json {
  const display = machine ? `the systems of ${institutionName}` : 'the software of the requestor';
  const who = whoOf(reader, 'Device', display);
  // BALP has no roles for an application: what a machine is, its type of reference and display say there.
  const role = machine && type !== 'application' ? { role: [{ coding: [codingOf('machine')] }] } : {};
  return agentOf(type, who, { ...role, network: networkOf('account', reader) });
}

/** Who signed that more than the emergency dataset is needed. */
export function secondOf({ emergency }: AccessLogEntry): readonly Json[] {
  const second = emergency?.second ?? null;
  if (second === null) return [];
  return [agentOf('verifier', whoOf(second), { role: [{ coding: [codingOf('second')] }] })];
}
