// Owns: the words that a law wants to go along with a record. Does not own: which record has which effect (the fhir
// package), who may open it (core's ledger).
import type { AccessDecision, StatutoryEffect } from '@consilium/core';

export interface LegalNotice {
  readonly citation: string;
  readonly text: string;
}

const NOTICES: Readonly<Partial<Record<StatutoryEffect, LegalNotice>>> = {
  'redisclosure-notice': {
    citation: '42 CFR 2.32(a)(2)',
    text: '42 CFR part 2 prohibits unauthorized use or disclosure of these records.',
  },
};

/** To whom it is disclosed: not to the patient. The deciding consent, which goes along too (2.32(b)), the access names. */
export function noticesOf(
  { decision, rule }: Pick<AccessDecision, 'decision' | 'rule'>,
  effects: readonly StatutoryEffect[],
): readonly LegalNotice[] {
  if (decision === 'deny' || rule === 'own') return [];
  return effects.flatMap((effect) => NOTICES[effect] ?? []);
}
