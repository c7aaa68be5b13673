// Owns: the steps that a document proven offline carries with it: from genesis every change of the set. Does not own:
// following the chain for oneself (sync.ts); whoever reads the document checks them.
import { type LightStep, lightStepsShape } from '@consilium/core';
import { LIGHT_PAGES_MAX } from '../limits.ts';
import { readField, readInteger, readShape, unproven } from './answer.ts';
import type { Session } from './session.ts';

/** The headers up to this height that announce another set, in order. Not checked here. */
export async function changesUpTo(
  session: Session,
  node: string,
  height: number,
): Promise<readonly LightStep[]> {
  const steps = await allSteps(session, node);
  return steps.filter((step) => step.header.height <= height && step.nextValidators !== null);
}

async function allSteps(session: Session, node: string): Promise<readonly LightStep[]> {
  const steps: LightStep[] = [];
  let from = 0;
  for (let page = 0; page < LIGHT_PAGES_MAX; page += 1) {
    const answer = await session.ask(node, { path: `/v1/light?from=${from}` });
    steps.push(...readShape(lightStepsShape, readField(answer, 'steps'), 'light steps'));
    const next = readField(answer, 'next');
    if (next === null) return steps;
    from = readInteger(next, 'next');
  }
  throw unproven('light steps without end');
}
