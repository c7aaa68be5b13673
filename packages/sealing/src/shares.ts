// Owns: many shares sealed to one custodian under one HPKE context, each of which opens alone. Does not own: what the
// info and the associated data of a share are, nor whether a share is the right one (core's sharing).
import {
  concat,
  domainTag,
  type Hex32,
  isConsiliumError,
  SCALAR_BYTES,
  SEALED_SHARE_BYTES,
} from '@consilium/core';
import type { RecipientContext } from 'hpke';
import { decrypt, encrypt, exportKey } from './aes-gcm.ts';
import { setUpRecipient, setUpSender } from './envelope.ts';
import type { EncryptionKey } from './keys.ts';
import { SHARES_MAX } from './limits.ts';
import { opening } from './refusals.ts';

export interface ShareToSeal {
  readonly aad: Uint8Array;
  readonly share: Uint8Array;
}

export interface ShareToUnseal {
  /** Its place in the list that was sealed, from 0. */
  readonly position: number;
  readonly aad: Uint8Array;
  readonly sealed: Uint8Array;
}

export interface SealedShares {
  readonly enc: Hex32;
  readonly sealed: readonly Uint8Array[];
}

/** Seals shares to a custodian; the position in the list is the share's. SEAL_INVALID: no usable key. */
export async function sealShares(
  publicKey: Hex32,
  info: Uint8Array,
  items: readonly ShareToSeal[],
): Promise<SealedShares> {
  if (items.length > SHARES_MAX) throw new Error('invariant: too many shares for one context');
  if (items.some(({ share }) => share.length !== SCALAR_BYTES))
    throw new Error('invariant: a share has 32 bytes');
  const { enc, context } = await setUpSender(publicKey, info);
  const sealed = items.map(async ({ aad, share }, position) =>
    encrypt(await exportKey(context, label(position)), 0, aad, share),
  );
  return { enc, sealed: await Promise.all(sealed) };
}

/**
 * The shares at any positions of a list sealed by `sealShares`, in the order asked; `undefined` where one does not
 * open (other key, info, aad or position, or changed), and everywhere when `enc` is no usable key.
 */
export async function unsealShares(
  key: EncryptionKey,
  enc: Hex32,
  info: Uint8Array,
  items: readonly ShareToUnseal[],
): Promise<readonly (Uint8Array | undefined)[]> {
  const context = await orUndefined(setUpRecipient(key, enc, info));
  if (context === undefined) return items.map(() => undefined);
  return Promise.all(items.map((item) => unsealShare(context, item)));
}

async function unsealShare(
  context: RecipientContext,
  { position, aad, sealed }: ShareToUnseal,
): Promise<Uint8Array | undefined> {
  const isPosition = Number.isSafeInteger(position) && position >= 0 && position < SHARES_MAX;
  if (!isPosition || sealed.length !== SEALED_SHARE_BYTES) return undefined;
  const shareKey = await exportKey(context, label(position));
  return orUndefined(opening(() => decrypt(shareKey, 0, aad, sealed)));
}

/** What is refused as SEAL_INVALID is `undefined`; anything else is thrown on. */
async function orUndefined<T>(opened: Promise<T>): Promise<T | undefined> {
  try {
    return await opened;
  } catch (error) {
    if (isConsiliumError(error, 'SEAL_INVALID')) return undefined;
    throw error;
  }
}

/** Each key encrypts one share only, so that its nonce can be zero and no share depends on those before it. */
function label(position: number): Uint8Array {
  const number = new Uint8Array(4);
  new DataView(number.buffer).setUint32(0, position);
  return concat(domainTag('consilium/share/v1'), number);
}
