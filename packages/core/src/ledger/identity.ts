// Owns: accounts of people: a patient's enrolment, a clinician's credential, and new keys for anybody. Does not own:
// hospitals (institutions.ts), what a credential permits (a decision), links between a person's pseudonyms (off chain).
import type { Hex32, Hex64 } from '../bytes.ts';
import { flag, hex32, hex64, nullable, struct } from '../codec.ts';
import { isSealableKey } from '../custody/encryption-keys.ts';
import { ConsiliumError } from '../errors.ts';
import { accountIdOf } from '../genesis.ts';
import { NEW_KEY_WORK } from '../limits.ts';
import { checkNewKey, claimKey, replaceKey, requireActiveInstitution, takeIndex } from './accounts.ts';
import { type ClinicianRole, clinicianRoleShape, codeShape } from './codes.ts';
import type { ActionContext, ActionDefinition } from './context.ts';
import { type Account, type Credential, type Institution, indexShape } from './rows.ts';
import type { StateReader } from './state.ts';
import { mustReadRow, readRow, writeRow } from './table.ts';
import { ACCOUNTS, CREDENTIALS, INSTITUTIONS, KEYS } from './tables.ts';

/** `possession`: `signPossession` by `key`, with the sending institution as holder. */
export interface IdentityEnrolPatientBody {
  readonly key: Hex32;
  readonly possession: Hex64;
  /** X25519: the keys of this patient's records are sealed to it. */
  readonly encryptionKey: Hex32;
}

/** `possession`: `signPossession` by `key`, with the sending institution as holder. */
export interface IdentityIssueCredentialBody {
  readonly key: Hex32;
  readonly possession: Hex64;
  readonly role: ClinicianRole;
  readonly speciality: string | null;
  /** May break the glass. */
  readonly emergency: boolean;
}

/** `index`: of the credential in the sending institution's list. */
export interface IdentityWithdrawCredentialBody {
  readonly index: number;
}

/**
 * `possession`: `signPossession` by the new `key`, with the sending account as holder. `encryptionKey`: a patient's new
 * one for what is written from now on; null keeps it, and stands for every other kind of account.
 */
export interface IdentityRotateKeyBody {
  readonly key: Hex32;
  readonly possession: Hex64;
  readonly encryptionKey: Hex32 | null;
}

/** Gives the new account's id. One person has one such account per institution; nothing on the ledger links them. */
export const identityEnrolPatient: ActionDefinition<IdentityEnrolPatientBody> = {
  version: 2,
  senders: ['institution'],
  shape: struct<IdentityEnrolPatientBody>({ key: hex32, possession: hex64, encryptionKey: hex32 }),
  work: () => NEW_KEY_WORK,
  apply: (context, { key, possession, encryptionKey }) => {
    checkNewKey(context, key, possession, context.sender);
    checkSealable(encryptionKey);
    return { id: openAccount(context, 'patient', key, encryptionKey), index: null };
  },
};

/**
 * Gives the clinician's account id and the index of the credential. A key that is new opens an account; the current key
 * of a clinician of this institution whose credential has ended gets a new credential for the same account.
 */
export const identityIssueCredential: ActionDefinition<IdentityIssueCredentialBody> = {
  version: 1,
  senders: ['institution'],
  shape: struct<IdentityIssueCredentialBody>({
    key: hex32,
    possession: hex64,
    role: clinicianRoleShape,
    speciality: nullable(codeShape),
    emergency: flag,
  }),
  work: () => NEW_KEY_WORK,
  apply: (context, { key, possession, role, speciality, emergency }) => {
    const { state, sender, height, time, salt } = context;
    checkNewKey(context, key, possession, sender);
    const clinician = formerClinician(context, key) ?? openAccount(context, 'clinician', key, null);
    const index = takeIndex(state, 'credentials', sender, salt);
    writeRow(state, CREDENTIALS, [sender, index], {
      clinician,
      role,
      speciality,
      emergency,
      membership: requireActiveInstitution(state, sender).membership,
      issuedHeight: height,
      issuedTime: time,
      withdrawnHeight: null,
      withdrawnTime: null,
      salt,
    });
    const account = mustReadRow(state, ACCOUNTS, clinician);
    writeRow(state, ACCOUNTS, [clinician], { ...account, credential: index, salt });
    return { id: clinician, index };
  },
};

export const identityWithdrawCredential: ActionDefinition<IdentityWithdrawCredentialBody> = {
  version: 1,
  senders: ['institution'],
  shape: struct<IdentityWithdrawCredentialBody>({ index: indexShape }),
  apply: ({ state, sender, height, time, salt }, { index }) => {
    const credential = readRow(state, CREDENTIALS, sender, index);
    if (credential === undefined) throw new ConsiliumError('CREDENTIAL_NOT_FOUND');
    if (credential.withdrawnHeight !== null) throw new ConsiliumError('CREDENTIAL_WITHDRAWN');
    const withdrawn = { ...credential, withdrawnHeight: height, withdrawnTime: time, salt };
    writeRow(state, CREDENTIALS, [sender, index], withdrawn);
    return { id: credential.clinician, index };
  },
};

/** Any account, a removed institution too: a key that was stolen must be replaceable whatever else has ended. */
export const identityRotateKey: ActionDefinition<IdentityRotateKeyBody> = {
  version: 2,
  senders: 'any',
  shape: struct<IdentityRotateKeyBody>({ key: hex32, possession: hex64, encryptionKey: nullable(hex32) }),
  work: () => NEW_KEY_WORK,
  apply: (context, { key, possession, encryptionKey }) => {
    if (encryptionKey !== null && context.account.kind !== 'patient')
      throw new ConsiliumError('VALUE_INVALID', { field: 'encryptionKey' });
    checkNewKey(context, key, possession, context.sender);
    if (encryptionKey !== null) checkSealable(encryptionKey);
    replaceKey(context, key, encryptionKey);
    return { id: context.sender, index: null };
  },
};

/** Throws `KEY_INVALID`. */
function checkSealable(key: Hex32): void {
  if (!isSealableKey(key)) throw new ConsiliumError('KEY_INVALID', { rule: 'encryption key' });
}

function openAccount(
  { state, sender, salt }: ActionContext,
  kind: Account['kind'],
  key: Hex32,
  encryptionKey: Hex32 | null,
): Hex32 {
  const id = accountIdOf(key);
  claimKey(state, key, { account: id, use: 'account', salt });
  const account: Account = {
    kind,
    key,
    previousKey: null,
    institution: sender,
    credential: null,
    encryptionKey,
    salt,
  };
  writeRow(state, ACCOUNTS, [id], account);
  return id;
}

function formerClinician({ state, sender }: ActionContext, key: Hex32): Hex32 | undefined {
  const holder = readRow(state, KEYS, key);
  if (holder === undefined || holder.use !== 'account') return undefined;
  const account = mustReadRow(state, ACCOUNTS, holder.account);
  const own = account.kind === 'clinician' && account.institution === sender && account.key === key;
  return own && clinicianCredential(state, account) === undefined ? holder.account : undefined;
}

export type CredentialState = 'valid' | 'withdrawn' | 'institution-removed';

/** A credential ends with its withdrawal or its institution; readmission does not revive it. */
export function credentialState(credential: Credential, institution: Institution): CredentialState {
  if (credential.withdrawnHeight !== null) return 'withdrawn';
  const standing = institution.status === 'active' && institution.membership === credential.membership;
  return standing ? 'valid' : 'institution-removed';
}

/** The credential under which a clinician's account acts now; undefined when it has ended. */
export function clinicianCredential(reader: StateReader, account: Account): Credential | undefined {
  if (account.credential === null) return undefined;
  const credential = mustReadRow(reader, CREDENTIALS, account.institution, account.credential);
  const institution = mustReadRow(reader, INSTITUTIONS, account.institution);
  return credentialState(credential, institution) === 'valid' ? credential : undefined;
}
