// Owns: the transaction on the wire and in memory. Wire form: canonical payload followed by its 64-byte signature, so
// that the bytes are signed and hashed as sent. Does not own: what an action does (ledger/).
import { concat, fromHex, type Hex32, type Hex64, toHex } from './bytes.ts';
import type { PlainValue } from './cbor.ts';
import {
  byteString,
  decode,
  encode,
  hex16,
  hex32,
  integer,
  list,
  plainValue,
  type Shape,
  struct,
  text,
} from './codec.ts';
import type { SecretKey } from './ed25519.ts';
import { ConsiliumError } from './errors.ts';
import { hashHex } from './hash.ts';
import { ACTION_TYPE_LENGTH_MAX, TX_ACTIONS_MAX, TX_BYTES_MAX } from './limits.ts';
import { signedBytes, signPayload } from './signing.ts';

/** `type` is `module.verb`. The body's form is its module's, checked by `checkTx`. */
export interface Action {
  readonly type: string;
  readonly version: number;
  readonly body: PlainValue;
}

export interface TxPayload {
  readonly genesis: Hex32;
  readonly sender: Hex32;
  /** Milliseconds since the epoch. Dead only when a committed block's time exceeds it. */
  readonly validUntil: number;
  /** 16 random bytes: makes equal requests distinct, and salts the values that they write. */
  readonly nonce: string;
  readonly actions: readonly Action[];
}

/** A decoded transaction with its ids and the bytes it came in. */
export interface Tx extends TxPayload {
  /** SHA-256(payload || signature): names these bytes in proposals, fetches and txRoot. */
  readonly id: Hex32;
  /** SHA-256(payload): what the replay set holds, since a signature could be written twice. */
  readonly payloadHash: Hex32;
  readonly signature: Hex64;
  readonly bytes: Uint8Array;
}

export const SIGNATURE_BYTES = 64;

export const actionShape: Shape<Action> = struct<Action>({
  type: text(ACTION_TYPE_LENGTH_MAX, 1),
  version: integer(1, 65_535),
  body: plainValue,
});

export const txPayloadShape: Shape<TxPayload> = struct<TxPayload>({
  genesis: hex32,
  sender: hex32,
  validUntil: integer(0, Number.MAX_SAFE_INTEGER),
  nonce: hex16,
  actions: list(actionShape, TX_ACTIONS_MAX, 1),
});

export const txBytesShape: Shape<Uint8Array> = byteString(TX_BYTES_MAX);

export function signTx(secret: SecretKey, payload: TxPayload): Tx {
  const payloadBytes = encode(txPayloadShape, payload);
  const signature = signPayload(secret, 'transaction', payload.genesis, payloadBytes);
  return decodeTx(concat(payloadBytes, fromHex(signature)));
}

/** Throws `ENCODING_TOO_LARGE` or `ENCODING_INVALID`. The signature is not checked here: its key is ledger state. */
export function decodeTx(bytes: Uint8Array): Tx {
  if (bytes.length > TX_BYTES_MAX)
    throw new ConsiliumError('ENCODING_TOO_LARGE', { bytes: bytes.length, bytesMax: TX_BYTES_MAX });
  if (bytes.length <= SIGNATURE_BYTES) throw new ConsiliumError('ENCODING_INVALID', { path: '$' });
  const payloadBytes = txPayloadBytes(bytes);
  const payload = decode(txPayloadShape, payloadBytes, TX_BYTES_MAX);
  const signature = toHex(bytes.subarray(bytes.length - SIGNATURE_BYTES));
  return { ...payload, id: hashHex(bytes), payloadHash: hashHex(payloadBytes), signature, bytes };
}

/** The bytes that the signature of this transaction covers. */
export function txSignedBytes(tx: Tx): Uint8Array {
  return signedBytes('transaction', tx.genesis, txPayloadBytes(tx.bytes));
}

function txPayloadBytes(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(0, bytes.length - SIGNATURE_BYTES);
}
