// Owns: checker 5: what clients were told of each consent fits one order of all grants, revocations and reads of it.
// A search that ran out of its budget is unknown, which is never a pass.

import { type History, violate } from '../history/history.ts';
import { type ConsentOperation, type ConsentState, consentStep } from '../history/operations.ts';
import { LINEARIZE_STEPS_MAX } from '../limits.ts';
import type { Checker } from './checker.ts';
import { type Interval, linearize, type Model } from './linearizable.ts';

export interface ConsentStateChecker extends Checker {
  /** Consents that were judged; 0: there was nothing to look at. */
  judged(): number;
}

export interface ConsentStateOptions {
  readonly stepsMax: number;
}

const MODEL: Model<ConsentState, ConsentOperation> = { initial: 'absent', step: consentStep };

/** `operations`: all of the run, asked for once it has ended. */
export function createConsentStateChecker(
  history: History,
  operations: () => readonly ConsentOperation[],
  { stepsMax }: ConsentStateOptions = { stepsMax: LINEARIZE_STEPS_MAX },
): ConsentStateChecker {
  let judged = 0;
  return {
    ended: () => {
      for (const [key, ofKey] of Map.groupBy(operations(), (operation) => operation.key)) {
        judged += 1;
        history.looked.add('consent-state');
        const result = linearize(ofKey.flatMap(intervalsOf), MODEL, stepsMax);
        if (result.verdict === 'fail')
          violate(
            history,
            'consent-state',
            `consent ${key}: no order explains that ${wordsOf(result.stuck)}`,
          );
        if (result.verdict === 'unknown')
          history.unknown.push(
            `consent ${key}: no order of ${ofKey.length} operations found in ${stepsMax} steps`,
          );
      }
    },
    judged: () => judged,
  };
}

/** What was refused was never done, and a read that nobody answered said nothing. */
function intervalsOf(operation: ConsentOperation): Interval<ConsentOperation>[] {
  const { outcome, kind, invokedMs, respondedMs } = operation;
  if (outcome === 'fail' || (outcome === 'info' && kind === 'read')) return [];
  const returnedMs = outcome === 'ok' ? respondedMs : undefined;
  return [{ operation, calledMs: invokedMs, returnedMs }];
}

function wordsOf(operation: ConsentOperation): string {
  const { client, kind, invokedMs, respondedMs } = operation;
  const seen = kind === 'read' ? ` of "${operation.seen}"` : '';
  return `the ${kind}${seen} by ${client} took effect between ${invokedMs} and ${respondedMs} ms`;
}
