// Owns: what an access was about, as entities of an AuditEvent: the patient's pseudonym, the commitments of records, the
// deciding consent. Does not own: which event has which (events.ts), what records hold, which no event says.
import type { Hex32 } from '@consilium/core';
import { monthStamp } from '../../records/words.ts';
import type { AccessLogEntry, LoggedItem } from '../log-entries.ts';
import type { LoggedRecord } from '../verify-log.ts';
import { codingOf, identifierOf, type Json, ledgerCoding, placeOf } from './codes.ts';

export function patientEntity(patient: Hex32): Json {
  return {
    what: { type: 'Patient', identifier: identifierOf('account', patient) },
    type: codingOf('person'),
    role: codingOf('patientRole'),
  };
}

/** `record`: undefined for an id that the ledger does not know as this patient's. */
export function recordEntity(id: Hex32, record: LoggedRecord | undefined): Json {
  const marks = record === undefined ? [] : marksOf(record);
  return {
    what: { identifier: identifierOf('record', id) },
    type: codingOf('systemObject'),
    role: codingOf('domainResource'),
    ...(record !== undefined && { securityLabel: [ledgerCoding('confidentiality', record.confidentiality)] }),
    ...(marks.length > 0 && { detail: marks }),
  };
}

function marksOf({ month, version, effects, author }: LoggedRecord): readonly Json[] {
  return [
    detailOf('author', author),
    detailOf('version', String(version)),
    ...(month === null ? [] : [detailOf('month', monthStamp(month))]),
    ...effects.map((effect) => detailOf('effect', effect)),
  ];
}

function detailOf(type: string, valueString: string): Json {
  return { type, valueString };
}

/** The consent that decided, and by which of its provisions. */
export function consentEntities(patient: Hex32, { consent, provision }: LoggedItem): readonly Json[] {
  if (consent === null) return [];
  return [
    {
      what: { type: 'Consent', identifier: identifierOf('consent', placeOf(patient, consent)) },
      type: codingOf('consent'),
      ...(provision !== null && { detail: [detailOf('provision', String(provision))] }),
    },
  ];
}

/** Where it stands on the ledger, so that each event leads to its line of the log; and under which agreement. */
export function entryEntities({
  patient,
  index,
  height,
  project,
  emergency,
}: AccessLogEntry): readonly Json[] {
  const worklist = emergency?.worklist ?? null;
  const entry = {
    what: { identifier: identifierOf('access', placeOf(patient, index)) },
    type: codingOf('ledgerEntry'),
    detail: [
      detailOf('height', String(height)),
      ...(worklist === null ? [] : [detailOf('emergency worklist', String(worklist))]),
    ],
  };
  if (project === null) return [entry];
  return [entry, { what: { identifier: identifierOf('project', project) }, type: codingOf('agreement') }];
}

export function logEntity(patient: Hex32): Json {
  return {
    what: { identifier: identifierOf('accessLog', patient) },
    type: codingOf('systemObject'),
    role: codingOf('securityResource'),
  };
}
