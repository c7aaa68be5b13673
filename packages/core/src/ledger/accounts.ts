// Owns: the rules that all accounts share: a key belongs to one account for ever, accounts are found by id, lists are
// gapless. Does not own: who may open which account (identity.ts, institutions.ts).
import type { Hex32 } from '../bytes.ts';
import { encode, hex32, type Shape, struct } from '../codec.ts';
import type { SecretKey } from '../ed25519.ts';
import { ConsiliumError } from '../errors.ts';
import { signPayload, verifyPayload } from '../signing.ts';
import type { ActionContext, LedgerRules } from './context.ts';
import type { Account, Institution, KeyHolder } from './rows.ts';
import type { Overlay, StateReader } from './state.ts';
import { mustReadRow, readRow, writeRow } from './table.ts';
import { ACCOUNTS, COUNTS, INSTITUTIONS, KEYS, type ListName, listCount } from './tables.ts';

/** Throws `ACCOUNT_NOT_FOUND`. */
export function requireAccount(reader: StateReader, id: Hex32): Account {
  const account = readRow(reader, ACCOUNTS, id);
  if (account === undefined) throw new ConsiliumError('ACCOUNT_NOT_FOUND');
  return account;
}

/** Throws `INSTITUTION_NOT_FOUND` when there is none, it only observes, or it was removed. */
export function requireActiveInstitution(reader: StateReader, id: Hex32): Institution {
  const institution = readRow(reader, INSTITUTIONS, id);
  if (institution?.status !== 'active') throw new ConsiliumError('INSTITUTION_NOT_FOUND');
  return institution;
}

/** Active, or an observer. Throws `INSTITUTION_NOT_FOUND`. */
export function requireAdmitted(reader: StateReader, id: Hex32): Institution {
  const institution = readRow(reader, INSTITUTIONS, id);
  if (institution === undefined || institution.status === 'removed')
    throw new ConsiliumError('INSTITUTION_NOT_FOUND');
  return institution;
}

/** Of an account that the state machine knows to be an institution's. */
export function mustReadInstitution(reader: StateReader, id: Hex32): Institution {
  return mustReadRow(reader, INSTITUTIONS, id);
}

export function isActiveInstitution(reader: StateReader, id: Hex32): boolean {
  return readRow(reader, INSTITUTIONS, id)?.status === 'active';
}

/** Enters a key that no account holds or held. Throws `ACCOUNT_EXISTS`. */
export function claimKey(overlay: Overlay, key: Hex32, holder: KeyHolder): void {
  if (readRow(overlay, KEYS, key) !== undefined) throw new ConsiliumError('ACCOUNT_EXISTS');
  writeRow(overlay, KEYS, [key], holder);
}

interface Possession {
  readonly holder: Hex32;
  readonly key: Hex32;
}

const possessionShape: Shape<Possession> = struct<Possession>({ holder: hex32, key: hex32 });

/**
 * Proof that whoever asks for a key to be entered can sign with it, and wants this holder: the institution that enrols
 * or credentials, or, for a rotation, the account itself. `genesis` is the genesis hash.
 */
export function signPossession(secret: SecretKey, genesis: Hex32, holder: Hex32): string {
  return signPayload(secret, 'keyPossession', genesis, possessionPayload(secret.publicKey, holder));
}

/** The bytes that such a proof's signature is made over, for signers that hold the key elsewhere. */
export function possessionPayload(key: Hex32, holder: Hex32): Uint8Array {
  return encode(possessionShape, { holder, key });
}

/** A key may enter the ledger when it is in the prime-order group and proves its possession. Throws `KEY_INVALID`. */
export function checkNewKey(rules: LedgerRules, key: Hex32, possession: string, holder: Hex32): void {
  if (!rules.isLedgerKey(key)) throw new ConsiliumError('KEY_INVALID', { rule: 'group' });
  const payload = possessionPayload(key, holder);
  if (!verifyPayload(rules.verify, key, possession, 'keyPossession', rules.genesisHash, payload))
    throw new ConsiliumError('KEY_INVALID', { rule: 'possession' });
}

/** Takes the next index of a gapless list. `salt`: of the action, where the list is personal. */
export function takeIndex(overlay: Overlay, name: ListName, owner: Hex32 | null, salt: string): number {
  const index = listCount(overlay, name, owner);
  writeRow(overlay, COUNTS, [name, owner], { count: index + 1, salt });
  return index;
}

/** Salt of rows in which nothing is personal. */
export const NO_SALT: string = '0'.repeat(32);

/** Gives the sender's account a new key and keeps the old one, to tell its late transactions from forgeries. */
export function replaceKey(
  { state, sender, account, salt }: ActionContext,
  key: Hex32,
  newEncryptionKey: Hex32 | null,
): void {
  claimKey(state, key, { account: sender, use: 'account', salt });
  const encryptionKey = newEncryptionKey ?? account.encryptionKey;
  writeRow(state, ACCOUNTS, [sender], { ...account, key, previousKey: account.key, encryptionKey, salt });
}
