// Owns: key files under a passphrase: scrypt (RFC 7914) makes a key of it, AES-256-GCM seals the seed, and everything
// readable in the file is bound to it. Does not own: where a passphrase comes from.
import { ConsiliumError, concat, domainTag, fromHex, isConsiliumError, toHex, utf8 } from '@consilium/core';
import { scryptAsync } from '@noble/hashes/scrypt.js';
import { type ContentKey, decryptAt, encryptAt, importKey } from '../aes-gcm.ts';
import {
  PASSPHRASE_BYTES_MAX,
  PASSPHRASE_CHARACTERS_MIN,
  SCRYPT_COST,
  SCRYPT_P,
  SCRYPT_R,
} from '../limits.ts';
import {
  CIPHER,
  KDF,
  KEY_FILE_VERSION,
  type KeyDerivation,
  type KeyFile,
  type KeyFileHead,
  NONCE_BYTES,
  SALT_BYTES,
  SEALED_KEY_FILE_VERSION,
  type SealedKeyFile,
} from './form.ts';
import { checkedKeyFile } from './key-file.ts';

/** 32 bytes of scrypt. Takes 128 * n * r bytes of memory. */
export type Scrypt = (
  passphrase: Uint8Array,
  salt: Uint8Array,
  cost: { readonly n: number; readonly r: number; readonly p: number },
) => Promise<Uint8Array>;

/** Runs everywhere, a browser included. */
export const scryptPortable: Scrypt = (passphrase, salt, { n, r, p }) =>
  scryptAsync(passphrase, salt, { N: n, r, p, dkLen: 32, maxmem: 128 * n * r + 128 * r * p + 1024 });

/** A passphrase as it is used: the key that came of it is kept, since the files of a home share a salt. */
export interface KeySeal {
  /** Throws `PASSPHRASE_WRONG`: another passphrase, or the file was changed; nothing tells which. */
  open(file: SealedKeyFile): Promise<KeyFile>;
  seal(file: KeyFile): Promise<SealedKeyFile>;
  /** Overwrites the passphrase; nothing is opened or sealed after it. */
  forget(): void;
}

/** `random`: of as many bytes. Throws `PASSPHRASE_INVALID` {rule} for one that is empty or too long. */
export function createKeySeal(
  passphrase: Uint8Array,
  random: (length: number) => Uint8Array,
  options: { readonly scrypt?: Scrypt; readonly n?: number } = {},
): KeySeal {
  const { scrypt = scryptPortable, n = SCRYPT_COST } = options;
  if (passphrase.length === 0) throw passphraseInvalid('empty');
  if (passphrase.length > PASSPHRASE_BYTES_MAX) throw passphraseInvalid('too long');
  const derived = new Map<string, Promise<ContentKey>>();
  const keyOf = ({ n, r, p, salt }: KeyDerivation): Promise<ContentKey> => {
    const name = `${n}/${r}/${p}/${salt}`;
    const known = derived.get(name) ?? derive(scrypt, passphrase, { n, r, p }, salt);
    derived.set(name, known);
    return known;
  };
  const own: KeyDerivation = { kdf: KDF, n, r: SCRYPT_R, p: SCRYPT_P, salt: toHex(random(SALT_BYTES)) };
  return {
    open: async (file) => openWith(await keyOf(file.encryption), file),
    seal: async (file) => sealWith(await keyOf(own), own, file, random(NONCE_BYTES)),
    forget: () => {
      passphrase.fill(0);
      derived.clear();
    },
  };
}

/** For a new passphrase. Throws `PASSPHRASE_INVALID` {rule}. */
export function checkNewPassphrase(passphrase: Uint8Array): void {
  const characters = [...new TextDecoder().decode(passphrase)].length;
  if (characters < PASSPHRASE_CHARACTERS_MIN)
    throw passphraseInvalid(`shorter than ${PASSPHRASE_CHARACTERS_MIN} characters`);
}

async function derive(
  scrypt: Scrypt,
  passphrase: Uint8Array,
  cost: { readonly n: number; readonly r: number; readonly p: number },
  salt: string,
): Promise<ContentKey> {
  const bytes = await scrypt(passphrase, fromHex(salt), cost);
  try {
    return await importKey(bytes);
  } finally {
    bytes.fill(0);
  }
}

async function sealWith(
  key: ContentKey,
  derivation: KeyDerivation,
  { version, seed, ...head }: KeyFile,
  nonce: Uint8Array,
): Promise<SealedKeyFile> {
  const plain = fromHex(seed);
  const sealed = await encryptAt(key, nonce, boundBy(head, derivation), plain);
  plain.fill(0);
  return {
    ...head,
    version: SEALED_KEY_FILE_VERSION,
    encryption: { ...derivation, cipher: CIPHER, nonce: toHex(nonce), ciphertext: toHex(sealed) },
  };
}

async function openWith(key: ContentKey, { version, encryption, ...head }: SealedKeyFile): Promise<KeyFile> {
  const { nonce, ciphertext } = encryption;
  let seed: Uint8Array;
  try {
    seed = await decryptAt(key, fromHex(nonce), boundBy(head, encryption), fromHex(ciphertext));
  } catch (error) {
    if (isConsiliumError(error)) throw error;
    throw new ConsiliumError('PASSPHRASE_WRONG');
  }
  const file = { ...head, version: KEY_FILE_VERSION, seed: toHex(seed) } as const;
  seed.fill(0);
  return checkedKeyFile(file);
}

/** Nothing readable in the file can be exchanged: not the role, not the account, not the cost. */
function boundBy(head: KeyFileHead, { kdf, n, r, p, salt }: KeyDerivation): Uint8Array {
  const { kind, name, role, account, publicKey, development = null } = head;
  const said = [
    kind,
    SEALED_KEY_FILE_VERSION,
    name,
    role,
    account,
    publicKey,
    development,
    kdf,
    n,
    r,
    p,
    salt,
    CIPHER,
  ];
  return concat(domainTag('consilium/key-file/v2'), utf8(JSON.stringify(said)));
}

function passphraseInvalid(rule: string): ConsiliumError {
  return new ConsiliumError('PASSPHRASE_INVALID', { rule });
}
