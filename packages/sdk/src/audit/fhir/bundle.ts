// Owns: the audit events of a verified access log as one FHIR Bundle, the same bytes whoever makes it, one line for each
// event. Does not own: the events (events.ts), holding a bundle against a log (verify-bundle.ts).
import type { Hex32 } from '@consilium/core';
import type { VerifiedAccessLog } from '../verify-log.ts';
import { identifierOf, type Json, uuidUrl } from './codes.ts';
import { eventsOf } from './events.ts';

/** An event with the entry of the log that it is made from. */
export interface AuditEventOf {
  readonly id: string;
  readonly patient: Hex32;
  /** Index of the access in the patient's list. */
  readonly index: number;
  readonly resource: Json;
}

/** Every event of every entry, in the order of the log. */
export function auditEvents(log: VerifiedAccessLog): readonly AuditEventOf[] {
  return log.entries.flatMap((entry) =>
    eventsOf(entry, log).map((resource) => ({
      id: String(resource['id']),
      patient: entry.patient,
      index: entry.index,
      resource,
    })),
  );
}

/** What stands in the bundle beside its entries. */
export function bundleHead({ genesis, completeAsOf: { height, time } }: VerifiedAccessLog): Json {
  return {
    resourceType: 'Bundle',
    identifier: identifierOf('accessLog', `${genesis}/${height}`),
    type: 'collection',
    timestamp: new Date(time).toISOString(),
  };
}

export function auditBundle(log: VerifiedAccessLog): string {
  const head = JSON.stringify(bundleHead(log));
  const lines = auditEvents(log).map(({ id, resource }) =>
    JSON.stringify({ fullUrl: uuidUrl(`${log.genesis}/${id}`), resource }),
  );
  // FHIR knows no empty list.
  if (lines.length === 0) return `${head}\n`;
  return `${head.slice(0, -1)},"entry":[\n${lines.join(',\n')}\n]}\n`;
}
