// Owns: a permit as most are given, in a patient's few words, and the terms that the ledger takes. Does not own: consents of
// any form in words (PlainConsent, of the fhir package) and their tags (plain-terms.ts), the sentence of one
// (records/sentences.ts).
import { type ConsentTerms, type DataPeriod, type Hex32, OPEN_RULE, type Purpose } from '@consilium/core';
import type { PlainConsent, PlainException } from '@consilium/fhir/consent';
import type { TagKey } from '../actions.ts';
import { unrelatedLabels } from '../records/labels.ts';
import { ledgerReferencesIn, ledgerReferencesOut } from './ledger-references.ts';
import { termsOfPlain } from './plain-terms.ts';

/**
 * Empty `categories`: every category. Permitting a label excludes every other one that is neither above nor below it.
 * Times in milliseconds since the epoch.
 */
export interface ConsentInWords {
  /** Account id of an institution or a clinician. */
  readonly grantee: Hex32;
  readonly categories: readonly string[];
  readonly permittedLabels: readonly string[];
  readonly excludedLabels: readonly string[];
  readonly purposes: readonly Purpose[];
  readonly from: number;
  readonly until: number;
  /** Months of the data (`year * 12 + month - 1`), both inclusive; null or absent: any. */
  readonly dataPeriod?: DataPeriod | null;
}

/** What is not labelled opens up to the normal level; what is excluded is an exception. */
export function plainConsent(words: ConsentInWords): PlainConsent {
  return {
    decision: 'permit',
    period: { from: words.from, until: words.until },
    rule: {
      ...OPEN_RULE,
      actors: [{ type: 'account', reference: ledgerReferencesOut.account(words.grantee) }],
      purposes: words.purposes,
      categories: words.categories,
      confidentiality: 'N',
      labels: words.permittedLabels,
      dataPeriod: words.dataPeriod ?? null,
    },
    exceptions: labelException([...words.excludedLabels, ...unrelatedLabels(words.permittedLabels)]),
    separateAuthorization: false,
    agreement: null,
  };
}

/** A record with any of these labels is decided the other way; none: no exception. */
export function labelException(labels: readonly string[]): readonly PlainException[] {
  return labels.length === 0 ? [] : [{ ...OPEN_RULE, period: null, labels }];
}

/** Categories and labels leave this function as tags only. */
export function consentTerms(words: ConsentInWords, tagKey: TagKey): ConsentTerms {
  return termsOfPlain(plainConsent(words), ledgerReferencesIn, tagKey);
}
