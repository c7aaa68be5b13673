// Owns: the request to open records as the ledger takes it: committed with its outcome before anything opens, permitted
// or not. Does not own: what the decision rests on (core's ledger), opening (open.ts).
import {
  ACCESSES,
  type AccessSelection,
  actionOf,
  ConsiliumError,
  type EmergencyClaim,
  fromHex,
  type Hex32,
  type Purpose,
  readRow,
  toHex,
} from '@consilium/core';
import { encryptionKeyFromSeed } from '@consilium/sealing';
import type { Client } from '../client/client.ts';
import type { AccessView } from '../client/record-queries.ts';
import type { Signer } from '../keys/derive.ts';
import { createPatience, type PatienceOptions } from './patience.ts';
import { submitUntilSettled } from './settled.ts';

export interface AccessWish extends PatienceOptions {
  /** The pseudonym whose records they are. */
  readonly patient: Hex32;
  readonly selection: AccessSelection;
  readonly purpose: Purpose;
  readonly signer: Signer;
  /** A clinician of the signing institution, for whom its machine asks. */
  readonly onBehalfOf?: Hex32;
  /** Project or claim of a data-use agreement. */
  readonly project?: string;
  /** With purpose BTG, and only then. */
  readonly emergency?: EmergencyClaim;
  /** Private key of X25519 to which shares are sealed; default: fresh. */
  readonly readerSeed?: Hex32 | undefined;
}

/**
 * An access that is committed. Secret: who holds it can open what custodians release, so keep it only to go on after a
 * crash. Without it the entry stays, and the records stay closed.
 */
export interface AccessTicket {
  readonly patient: Hex32;
  /** Index in the patient's list. */
  readonly access: number;
  readonly readerSeed: Hex32;
}

const SEED_BYTES = 32;

/**
 * Enters the access and waits for its block. That the ledger denies is no error: its entry says so (`readAccess`).
 * Throws the code by which the transaction itself is refused.
 */
export async function requestAccess(client: Client, wish: AccessWish): Promise<AccessTicket> {
  const { patient, selection, purpose, signer } = wish;
  const readerSeed = wish.readerSeed ?? toHex(client.session.random(SEED_BYTES));
  const readerKey = encryptionKeyFromSeed(fromHex(readerSeed)).publicKey;
  const action = actionOf('access.open', {
    ...{ patient, selection, purpose, readerKey },
    onBehalfOf: wish.onBehalfOf ?? null,
    project: wish.project ?? null,
    emergency: wish.emergency ?? null,
  });
  const patience = createPatience(client.session, wish);
  const { code, outcomes } = await submitUntilSettled(client, [action], signer, patience);
  const access = outcomes[0]?.index ?? null;
  if (code !== 'OK') throw new ConsiliumError(code);
  if (access === null) throw new Error('invariant: an access has an index');
  return { patient, access, readerSeed };
}

/** The entry of the access with its decisions, proven. Throws `ACCESS_NOT_FOUND`. */
export async function readAccess(
  client: Client,
  { patient, access }: Pick<AccessTicket, 'patient' | 'access'>,
): Promise<AccessView> {
  const { value } = await client.read((state) => readRow(state, ACCESSES, patient, access));
  if (value === undefined) throw new ConsiliumError('ACCESS_NOT_FOUND');
  return { ...value, index: access };
}
