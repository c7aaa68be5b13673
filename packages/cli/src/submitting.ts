// Owns: what every command that writes does alike: submit, wait for the proof, and say how it ended.
import {
  type Action,
  type Client,
  ConsiliumError,
  type DeadTx,
  isConsiliumError,
  type ProvenTx,
  type Signer,
  type Tx,
  type UnsettledTx,
} from '@consilium/sdk';
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
 * The committed and proven transaction. Throws the code by which it failed, `TX_EXPIRED` when it is proven that it never
 * happened, or `TX_STATE_UNKNOWN`.
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
  const sent = await client.send(tx, timeout === undefined ? {} : { timeoutMs: timeout * 1000 });
  const outcome = sent.state === 'committed' ? sent : await settled(client, tx, signer);
  if (outcome.state === 'dead') throw new ConsiliumError('TX_EXPIRED', { transaction: tx.id });
  if (outcome.state !== 'committed')
    throw new ConsiliumError('TX_STATE_UNKNOWN', {
      transaction: outcome.id,
      deadAfter: time(outcome.validUntil),
    });
  if (outcome.code !== 'OK')
    throw new ConsiliumError(outcome.code, { transaction: tx.id, height: outcome.height });
  return outcome;
}

/** Its time may be over: then every block in which it could stand says whether it happened. */
async function settled(client: Client, tx: Tx, signer: Signer): Promise<ProvenTx | DeadTx | UnsettledTx> {
  try {
    return await client.settle(tx, { signer });
  } catch (error) {
    if (!isConsiliumError(error) || error.code === 'PROOF_INVALID') throw error;
    return { id: tx.id, state: 'unknown', validUntil: tx.validUntil, bytes: tx.bytes };
  }
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
