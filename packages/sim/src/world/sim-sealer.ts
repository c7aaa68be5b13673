// Owns: envelopes that nobody in the simulation can open without the key, made in one turn: HPKE's own work ends in
// promises, whose order a simulated run could not repeat. A box is a stream of SHA-256 under the receiver's secret, which
// the registry alone knows of all keys, as it does of signatures. Does not own: what is sealed for whom.
import {
  concat,
  fromHex,
  type Hex32,
  hashHex,
  type SealedMessage,
  sha256,
  toHex,
  utf8,
} from '@consilium/core';
import type { SealedShares, Sealer, ShareToSeal } from '@consilium/node/replica';
import type { Life } from './life.ts';
import type { Prng } from './prng.ts';

export interface SimEncryptionKey {
  readonly publicKey: Hex32;
  readonly secret: Uint8Array;
}

/** What a box is bound to besides its key. `position`: of a share in its list. */
export interface BoxScope {
  readonly enc: Hex32;
  readonly info: Uint8Array;
  readonly aad: Uint8Array;
  readonly position: number;
}

export interface SealRegistry {
  /** From now on others can seal to this key. */
  know(key: SimEncryptionKey): void;
  /** undefined: no usable key. */
  seal(publicKey: Hex32, scope: BoxScope, plaintext: Uint8Array): Uint8Array | undefined;
  /** For checkers, who hold no key: what a box to a known key says. */
  look(publicKey: Hex32, scope: BoxScope, sealed: Uint8Array): Uint8Array | undefined;
}

const PUBLIC_TAG = utf8('simulated encryption key');
const TAG_BYTES = 16;
const BLOCK_BYTES = 32;
const SEAL_US_MIN = 50;
const SEAL_US_MAX = 400;
export const NO_AAD: Uint8Array = new Uint8Array(0);

export function simEncryptionKey(seed: Uint8Array): SimEncryptionKey {
  return { publicKey: hashHex(concat(PUBLIC_TAG, seed)), secret: seed };
}

export function createSealRegistry(): SealRegistry {
  const known = new Map<Hex32, SimEncryptionKey>();
  return {
    know: (key) => {
      known.set(key.publicKey, key);
    },
    seal: (publicKey, scope, plaintext) => {
      const key = known.get(publicKey);
      return key === undefined ? undefined : sealUnder(boxKey(key.secret, scope), scope.aad, plaintext);
    },
    look: (publicKey, scope, sealed) => {
      const key = known.get(publicKey);
      return key === undefined ? undefined : openBox(key, scope, sealed);
    },
  };
}

/** undefined: another key or scope, or changed. */
export function openBox(
  { secret }: SimEncryptionKey,
  scope: BoxScope,
  sealed: Uint8Array,
): Uint8Array | undefined {
  return openUnder(boxKey(secret, scope), scope.aad, sealed);
}

/** One key for one box. The box is `TAG_BYTES` longer than what is in it. */
export function sealUnder(key: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const hidden = mixed(key, plaintext);
  return concat(hidden, tagOf(key, aad, hidden));
}

export function openUnder(key: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < TAG_BYTES) return undefined;
  const hidden = sealed.subarray(0, -TAG_BYTES);
  const isWhole = toHex(sealed.subarray(-TAG_BYTES)) === toHex(tagOf(key, aad, hidden));
  return isWhole ? mixed(key, hidden) : undefined;
}

function boxKey(secret: Uint8Array, { enc, info, position }: BoxScope): Uint8Array {
  return sha256(concat(secret, fromHex(enc), sha256(info), utf8(String(position))));
}

function mixed(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  const result = new Uint8Array(bytes.length);
  let block: Uint8Array = new Uint8Array(0);
  for (let at = 0; at < bytes.length; at += 1) {
    if (at % BLOCK_BYTES === 0) block = sha256(concat(key, utf8(`stream ${at}`)));
    result[at] = (bytes[at] as number) ^ (block[at % BLOCK_BYTES] as number);
  }
  return result;
}

function tagOf(key: Uint8Array, aad: Uint8Array, hidden: Uint8Array): Uint8Array {
  return sha256(concat(key, utf8('tag'), sha256(aad), hidden)).slice(0, TAG_BYTES);
}

export interface SealingWorld {
  readonly registry: SealRegistry;
  readonly prng: Prng;
}

/** Sealed at once, for those who have no life of their own. */
export function sealNow(
  { registry, prng }: SealingWorld,
  publicKey: Hex32,
  info: Uint8Array,
  plaintext: Uint8Array,
): SealedMessage | undefined {
  const enc = toHex(prng.bytes(32));
  const sealed = registry.seal(publicKey, { enc, info, aad: NO_AAD, position: 0 }, plaintext);
  return sealed === undefined ? undefined : { enc, sealed };
}

export function sealSharesNow(
  { registry, prng }: SealingWorld,
  publicKey: Hex32,
  info: Uint8Array,
  items: readonly ShareToSeal[],
): SealedShares | undefined {
  const enc = toHex(prng.bytes(32));
  const sealed = items.map(({ aad, share }, position) =>
    registry.seal(publicKey, { enc, info, aad, position }, share),
  );
  return sealed.includes(undefined) ? undefined : { enc, sealed: sealed as Uint8Array[] };
}

/** The port of one run of a node. What it answers is made when it is asked, and told later. */
export function createSimSealer(world: SealingWorld, key: SimEncryptionKey, life: Life): Sealer {
  const answer = <T>(done: (result: T) => void, result: T): void => {
    life.after(world.prng.between(SEAL_US_MIN, SEAL_US_MAX), () => done(result));
  };
  return {
    seal: (publicKey, info, plaintext, done) => answer(done, sealNow(world, publicKey, info, plaintext)),
    sealShares: (publicKey, info, items, done) => answer(done, sealSharesNow(world, publicKey, info, items)),
    unsealShares: (enc, info, items, done) =>
      answer(
        done,
        items.map(({ position, aad, sealed }) => openBox(key, { enc, info, aad, position }, sealed)),
      ),
  };
}
