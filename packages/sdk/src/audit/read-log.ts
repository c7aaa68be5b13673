// Owns: reading the access log of a patient for somebody else than the patient: the look is entered on the ledger first,
// and the log that is given holds it. Does not own: who may (core's ledger), collecting the log (export-log.ts).
import { actionOf, ConsiliumError, type Hex32 } from '@consilium/core';
import type { Client } from '../client/client.ts';
import type { ReadOptions } from '../client/session.ts';
import type { Signer } from '../keys/derive.ts';
import { createPatience, type PatienceOptions } from '../records/patience.ts';
import { submitUntilSettled } from '../records/settled.ts';
import { exportAccessLog } from './export-log.ts';

export interface LogReading extends PatienceOptions {
  /** The pseudonym whose log it is. */
  readonly patient: Hex32;
  /** An institution, its privacy officer or auditor, or who acts for the patient with scope `audit`. */
  readonly signer: Signer;
  readonly read?: ReadOptions;
}

export interface ReadLog {
  /** As `exportAccessLog` gives it. */
  readonly text: string;
  /** Index of the look's own entry. */
  readonly index: number;
}

/** Throws the code by which the look is refused (`TX_NOT_PERMITTED`): then nothing was read. */
export async function readLog(
  client: Client,
  { patient, signer, read, ...options }: LogReading,
): Promise<ReadLog> {
  const patience = createPatience(client.session, options);
  const look = actionOf('access.readLog', { patient });
  const { code, outcomes, height } = await submitUntilSettled(client, [look], signer, patience);
  if (code !== 'OK') throw new ConsiliumError(code, { patient });
  const index = outcomes[0]?.index ?? null;
  if (index === null) throw new Error('invariant: a look at a log has an index');
  const minHeight = Math.max(height, read?.minHeight ?? 0);
  return { text: await exportAccessLog(client, [{ account: patient }], { ...read, minHeight }), index };
}
