// Owns: what an access leaves on the ledger, as data with its shape: who asked for what and how each record was decided.
// Does not own: the decision (decision.ts).
import type { Hex32 } from '../bytes.ts';
import { flag, hex16, hex32, integer, list, nullable, oneOf, type Shape, struct } from '../codec.ts';
import { CONSENT_EXCEPTIONS_MAX, EMERGENCIES_OPEN_MAX, RECORDS_PER_ACCESS_MAX } from '../limits.ts';
import {
  codeShape,
  type EmergencyReason,
  emergencyReasonShape,
  type Purpose,
  purposeShape,
} from './codes.ts';
import { heightFrom0, indexShape, timeMs } from './rows.ts';

/** By which rule an access to one record was decided (docs/protocol.md, R8). Sorted. */
export const ACCESS_RULES = [
  'author',
  'consent',
  'credential-ended',
  'delegate',
  'emergency',
  'emergency-dataset',
  'emergency-privilege',
  'emergency-suspended',
  'excluded',
  'law-closed-to-patient',
  'law-psychotherapy-notes',
  'law-psychotherapy-payment',
  'law-self-paid',
  'no-consent',
  'own',
  'policy',
  'record-erased',
  'record-retracted',
  'record-unknown',
] as const;
export type AccessRule = (typeof ACCESS_RULES)[number];

/** Why a law refuses: a code of its own for each reason, HL7's code of the law (ActUSPrivacyLaw), and the paragraph. */
export interface LegalReason {
  readonly code: string;
  readonly law: 'HIPAAPsyNotes' | 'HIPAASelfPay';
  readonly citation: string;
}

export const LEGAL_REASONS: Readonly<Partial<Record<AccessRule, LegalReason>>> = {
  'law-closed-to-patient': {
    code: 'closed-to-patient',
    law: 'HIPAAPsyNotes',
    citation: '45 CFR 164.524(a)(1)(i)',
  },
  'law-psychotherapy-notes': {
    code: 'psychotherapy-notes',
    law: 'HIPAAPsyNotes',
    citation: '45 CFR 164.508(a)(2)',
  },
  'law-psychotherapy-payment': {
    code: 'psychotherapy-notes-payment',
    law: 'HIPAAPsyNotes',
    citation: '45 CFR 164.506(c)(3), 164.508(a)(2)',
  },
  'law-self-paid': { code: 'self-paid', law: 'HIPAASelfPay', citation: '45 CFR 164.522(a)(1)(vi)' },
};

export interface AccessDecision {
  readonly decision: 'permit' | 'deny';
  readonly rule: AccessRule;
  /** Index of the deciding consent; null when none decided. */
  readonly consent: number | null;
  /** The deciding provision of it: 0 the root, from 1 an exception; null when no consent decided. */
  readonly provision: number | null;
  /** The deciding tag; null when no single one decided. */
  readonly tag: string | null;
}

export interface AccessItem extends AccessDecision {
  readonly record: Hex32;
}

const accessDecisionFields = {
  decision: oneOf('permit', 'deny'),
  rule: oneOf(...ACCESS_RULES),
  consent: nullable(indexShape),
  provision: nullable(integer(0, CONSENT_EXCEPTIONS_MAX)),
  tag: nullable(hex16),
} as const;

/** How the glass was broken. */
export interface EmergencyUse {
  readonly reason: EmergencyReason;
  /** The clinician who signed that more than the emergency dataset is needed; null: only that. */
  readonly second: Hex32 | null;
  /** Index in the worklist of the reader's institution; null: nothing was permitted. */
  readonly worklist: number | null;
}

/** One access, permitted or not, as it stays on the ledger. Nothing in it ever changes. */
export interface AccessRow {
  /** `log`: not of records, but of this very list. */
  readonly kind: 'open' | 'log';
  readonly reader: Hex32;
  /** The reader's institution. */
  readonly institution: Hex32;
  /** The clinician for whom a machine of the institution asked; null: the reader asked for itself. */
  readonly onBehalfOf: Hex32 | null;
  readonly purpose: Purpose;
  /** Project or claim under a data-use agreement; null: none. */
  readonly project: string | null;
  readonly emergency: EmergencyUse | null;
  /** X25519: custodians seal shares to it and to nothing else. Zeros for a look at the log. */
  readonly readerKey: Hex32;
  readonly items: readonly AccessItem[];
  /** No share is released from this time on. Milliseconds since the epoch. */
  readonly expires: number;
  readonly height: number;
  readonly time: number;
  readonly salt: string;
}

export const accessRowShape: Shape<AccessRow> = struct<AccessRow>({
  kind: oneOf('open', 'log'),
  reader: hex32,
  institution: hex32,
  onBehalfOf: nullable(hex32),
  purpose: purposeShape,
  project: nullable(codeShape),
  emergency: nullable(
    struct<EmergencyUse>({
      reason: emergencyReasonShape,
      second: nullable(hex32),
      worklist: nullable(indexShape),
    }),
  ),
  readerKey: hex32,
  items: list(struct<AccessItem>({ record: hex32, ...accessDecisionFields }), RECORDS_PER_ACCESS_MAX),
  expires: timeMs,
  height: heightFrom0,
  time: timeMs,
  salt: hex16,
});

export const REVIEW_VERDICTS = ['justified', 'unjustified'] as const;
export type ReviewVerdict = (typeof REVIEW_VERDICTS)[number];
export const reviewVerdictShape: Shape<ReviewVerdict> = oneOf(...REVIEW_VERDICTS);

export interface EmergencyReview {
  /** Account of the privacy officer. */
  readonly by: Hex32;
  readonly verdict: ReviewVerdict;
  readonly height: number;
  readonly time: number;
}

/** One opening of an emergency, in the worklist of the clinician's institution. */
export interface EmergencyRow {
  readonly clinician: Hex32;
  readonly patient: Hex32;
  /** Index in the patient's list of accesses. */
  readonly access: number;
  readonly reason: EmergencyReason;
  readonly second: Hex32 | null;
  readonly height: number;
  readonly time: number;
  /** When a review must stand. Milliseconds since the epoch. */
  readonly due: number;
  readonly review: EmergencyReview | null;
  readonly salt: string;
}

export const emergencyRowShape: Shape<EmergencyRow> = struct<EmergencyRow>({
  clinician: hex32,
  patient: hex32,
  access: indexShape,
  reason: emergencyReasonShape,
  second: nullable(hex32),
  height: heightFrom0,
  time: timeMs,
  due: timeMs,
  review: nullable(
    struct<EmergencyReview>({ by: hex32, verdict: reviewVerdictShape, height: heightFrom0, time: timeMs }),
  ),
  salt: hex16,
});

/** That a second clinician's word has been used, under the key that it was given for. */
export interface UsedOpinion {
  readonly height: number;
  readonly salt: string;
}

export const usedOpinionShape: Shape<UsedOpinion> = struct<UsedOpinion>({ height: heightFrom0, salt: hex16 });

export interface OpenEmergency {
  /** In the institution's worklist. */
  readonly index: number;
  readonly due: number;
}

/** What a clinician's use of the privilege has come to. */
export interface EmergencyStanding {
  /** Not reviewed yet, oldest first. */
  readonly open: readonly OpenEmergency[];
  /** One was found unjustified, and the institution has not reinstated the privilege. */
  readonly suspended: boolean;
  readonly salt: string;
}

export const emergencyStandingShape: Shape<EmergencyStanding> = struct<EmergencyStanding>({
  open: list(struct<OpenEmergency>({ index: indexShape, due: timeMs }), EMERGENCIES_OPEN_MAX),
  suspended: flag,
  salt: hex16,
});
