// Owns: the checkers that sit in every run, whichever the world, in the order they need to be told in. Does not own: what
// they are told by (the worlds).
import type { Hex32 } from '@consilium/core';
import { type History, reached } from '../history/history.ts';
import type { ConsentOperation } from '../history/operations.ts';
import { createAccountabilityChecker } from './accountability.ts';
import { createAcknowledgementChecker } from './acknowledgements.ts';
import { createAgreementChecker } from './agreement.ts';
import { type CertificateRules, createCertificateChecker } from './certificates.ts';
import { allOf, type Checker, type StoreSeen } from './checker.ts';
import { createConsentStateChecker } from './consent-state.ts';
import { type Coverage, createCoverage } from './coverage.ts';
import { createDoubleSigningChecker } from './double-signing.ts';
import { createValidityChecker } from './validity.ts';

export interface PanelOptions extends CertificateRules {
  /** Transactions that the nodes make themselves, and no client hands in. */
  readonly isOwnTx: (id: Hex32) => boolean;
  /** What clients did to consents; asked for once the run has ended. */
  readonly operations: () => readonly ConsentOperation[];
  /** Checkers that this world alone can feed. */
  readonly further?: readonly Checker[];
}

export interface Panel {
  readonly checkers: Required<Checker>;
  /** One of them, which may be told of more than the others. */
  readonly coverage: Coverage;
  /** The last word of those that look back: call once. */
  end(stores: readonly StoreSeen[]): void;
}

export function createPanel(history: History, options: PanelOptions): Panel {
  const { isOwnTx, operations, further = [] } = options;
  const coverage = createCoverage(history);
  const consents = createConsentStateChecker(history, operations);
  const checkers = allOf([
    coverage,
    createAcknowledgementChecker(history),
    createValidityChecker(history, isOwnTx),
    createAgreementChecker(history),
    createCertificateChecker(history, options),
    ...further,
    createAccountabilityChecker(history),
    createDoubleSigningChecker(history),
    consents,
  ]);
  return {
    checkers,
    coverage,
    end: (stores) => {
      checkers.ended(stores);
      if (consents.judged() > 0) reached(history, 'consent-judged');
    },
  };
}
