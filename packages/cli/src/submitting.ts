// Owns: what every command that writes does alike: submit, wait for the proof, and say how it ended.
import { type Action, ConsiliumError, type ProvenTx, type Signer } from '@consilium/sdk';
import type { Command } from 'commander';
import type { Io } from './io.ts';
import { time } from './print/text.ts';
import type { Network } from './setup/network.ts';
import { integerOf } from './usage.ts';

export interface SubmitTimeout {
  readonly timeout?: string;
}

export function addTimeoutOption(command: Command): Command {
  return command.option(
    '--timeout <seconds>',
    'give up waiting after so long (default: until it is dead, 2 min)',
  );
}

/**
 * The committed and proven transaction. Throws the code by which it failed, or `TX_STATE_UNKNOWN` when its time ran out
 * unseen.
 */
export async function submitted(
  io: Io,
  { client }: Network,
  actions: readonly Action[],
  signer: Signer,
  options: SubmitTimeout,
): Promise<ProvenTx> {
  const timeout = options.timeout === undefined ? undefined : integerOf(options.timeout, '--timeout', 1);
  const tx = client.buildTx(actions, signer);
  io.err(`sent ${tx.id}, waiting until it is committed\n`);
  const outcome = await client.send(tx, timeout === undefined ? {} : { timeoutMs: timeout * 1000 });
  if (outcome.state !== 'committed')
    throw new ConsiliumError('TX_STATE_UNKNOWN', { id: outcome.id, deadAfter: time(outcome.validUntil) });
  if (outcome.code !== 'OK') throw new ConsiliumError(outcome.code, { id: tx.id, height: outcome.height });
  return outcome;
}

/** What `--json` shows of every committed transaction. */
export interface TxSummary {
  readonly id: string;
  readonly height: number;
  readonly index: number;
  readonly time: number;
}

export function summaryOf({ id, height, index, time }: ProvenTx): TxSummary {
  return { id, height, index, time };
}

export function committedLine(tx: ProvenTx): string {
  return `committed at height ${tx.height}, ${time(tx.time)}, transaction ${tx.id}`;
}
