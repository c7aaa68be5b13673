// Owns: the primitives of noise (X25519, ChaCha20-Poly1305, SHA-256) on libsodium and the platform's hash. A handshake asks for
// four operations on the curve, and every vote for one of the cipher at each end: the library's own make key objects of the
// first and go through WebAssembly with the second. Does not own: the protocol (the library's).
import { type ICryptoInterface, pureJsCrypto } from '@chainsafe/libp2p-noise';
import sodium from 'sodium-native';
import { sha256Native } from './sha256-native.ts';

const KEY_BYTES = 32;
const TAG_BYTES = 16;

export const noiseSodium: ICryptoInterface = {
  hashSHA256: (data) => sha256Native(data.subarray()),
  getHKDF: pureJsCrypto.getHKDF,
  generateX25519KeyPair: () => {
    const pair = { publicKey: new Uint8Array(KEY_BYTES), privateKey: new Uint8Array(KEY_BYTES) };
    sodium.crypto_box_keypair(pair.publicKey, pair.privateKey);
    return pair;
  },
  generateX25519KeyPairFromSeed: (seed) => {
    const publicKey = new Uint8Array(KEY_BYTES);
    sodium.crypto_scalarmult_base(publicKey, seed);
    return { publicKey, privateKey: seed };
  },
  /** Throws on a key of low order, which would make the secret known to all. */
  generateX25519SharedKey: (privateKey, publicKey) => {
    const shared = new Uint8Array(KEY_BYTES);
    sodium.crypto_scalarmult(shared, privateKey.subarray(), publicKey.subarray());
    return shared;
  },
  chaCha20Poly1305Encrypt: (plaintext, nonce, ad, key) => {
    const sealed = new Uint8Array(plaintext.byteLength + TAG_BYTES);
    sodium.crypto_aead_chacha20poly1305_ietf_encrypt(sealed, plaintext.subarray(), ad, null, nonce, key);
    return sealed;
  },
  /** Throws on what was not sealed under the key with this nonce. */
  chaCha20Poly1305Decrypt: (ciphertext, nonce, ad, key) => {
    const opened = new Uint8Array(ciphertext.byteLength - TAG_BYTES);
    sodium.crypto_aead_chacha20poly1305_ietf_decrypt(opened, null, ciphertext.subarray(), ad, nonce, key);
    return opened;
  },
};
