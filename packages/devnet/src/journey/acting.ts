// Owns: what every step of the story does: commit something and be sure of it, and wait for a condition of the network.
import { setTimeout as delay } from 'node:timers/promises';
import { type Action, ConsiliumError, noop, type ProvenTx, type Signer } from '@consilium/sdk';
import { CONDITION_MS_MAX, CONDITION_POLL_MS } from './limits.ts';
import type { Story } from './types.ts';

/** Committed, proven to this client, and without a refusal. Throws the refusal's code, or `TX_WAIT_TIMEOUT`. */
export async function commit(
  { client }: Story,
  actions: readonly Action[],
  signer: Signer,
): Promise<ProvenTx> {
  const outcome = await client.submit(actions, signer);
  if (outcome.state !== 'committed') throw new ConsiliumError('TX_WAIT_TIMEOUT', { id: outcome.id });
  if (outcome.code !== 'OK') throw new ConsiliumError(outcome.code, { id: outcome.id });
  return outcome;
}

/** A block with a transaction that changes nothing, of this hospital. */
export async function commitNothing(story: Story, hospital: string): Promise<ProvenTx> {
  return commit(story, [noop()], await story.devnet.signer(hospital));
}

/** Throws `STORY_WAIT_TIMEOUT` {condition} when it does not come true, or the abort of the story. */
export async function until(
  { options }: Story,
  condition: string,
  isTrue: () => Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + CONDITION_MS_MAX;
  while (!(await isTrue())) {
    options.signal.throwIfAborted();
    if (performance.now() > deadline) throw new ConsiliumError('STORY_WAIT_TIMEOUT', { condition });
    await delay(CONDITION_POLL_MS);
  }
}
