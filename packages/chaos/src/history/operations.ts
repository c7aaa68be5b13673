// Owns: what clients did to one consent and what they were told, with the times of asking and of the answer. Does not own:
// who does them (workloads), any judgement (checkers/).

/** A consent by its patient and its index: first it is not there, then granted, then revoked for ever. */
export type ConsentState = 'absent' | 'granted' | 'revoked';

/**
 * `ok`: done, and told so. `fail`: refused, and never done. `info`: nobody told; it may have been done at any time after it
 * was asked for, or never.
 */
export type OperationOutcome = 'ok' | 'fail' | 'info';

export type ConsentOperation = {
  /** Of the consent: operations on different keys have nothing to do with each other. */
  readonly key: string;
  /** Who asked, for the words of a verdict. */
  readonly client: string;
  readonly invokedMs: number;
  /** When the answer came; of `info` it means nothing. */
  readonly respondedMs: number;
  readonly outcome: OperationOutcome;
} & (
  | { readonly kind: 'grant' }
  | { readonly kind: 'revoke' }
  /** `seen`: what the answer said, `none`: not granted; of a read that is not `ok` it means nothing. */
  | { readonly kind: 'read'; readonly seen: ConsentState | 'none' }
);

/** What one operation does when it takes effect in a state: the next state, or undefined when it could not have been so. */
export function consentStep(state: ConsentState, operation: ConsentOperation): ConsentState | undefined {
  switch (operation.kind) {
    case 'grant':
      return state === 'absent' ? 'granted' : undefined;
    case 'revoke':
      return state === 'granted' ? 'revoked' : undefined;
    case 'read':
      return operation.seen === state || (operation.seen === 'none' && state !== 'granted')
        ? state
        : undefined;
  }
}
