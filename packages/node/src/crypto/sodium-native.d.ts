// The few calls of sodium-native that Consilium uses; the package ships no types.
declare module 'sodium-native' {
  interface Sodium {
    crypto_sign_verify_detached(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;
    crypto_sign_detached(signature: Uint8Array, message: Uint8Array, secretKey: Uint8Array): void;
    /** Locked in memory where the system allows it, between guard pages, and left out of core dumps. */
    sodium_malloc(bytes: number): Uint8Array;
    sodium_mprotect_readonly(memory: Uint8Array): void;
    crypto_core_ed25519_is_valid_point(point: Uint8Array): boolean;
    /** Throws where libsodium gives an error. So do the next two. */
    crypto_core_ed25519_add(result: Uint8Array, a: Uint8Array, b: Uint8Array): void;
    crypto_scalarmult_ed25519_base_noclamp(result: Uint8Array, scalar: Uint8Array): void;
    crypto_scalarmult_ed25519_noclamp(result: Uint8Array, scalar: Uint8Array, point: Uint8Array): void;
    crypto_box_keypair(publicKey: Uint8Array, secretKey: Uint8Array): void;
    crypto_scalarmult_base(publicKey: Uint8Array, secretKey: Uint8Array): void;
    /** Throws where the result would be zero. */
    crypto_scalarmult(result: Uint8Array, secretKey: Uint8Array, publicKey: Uint8Array): void;
    crypto_aead_chacha20poly1305_ietf_encrypt(
      ciphertext: Uint8Array,
      message: Uint8Array,
      additional: Uint8Array,
      unused: null,
      nonce: Uint8Array,
      key: Uint8Array,
    ): number;
    /** Throws when the tag does not match. */
    crypto_aead_chacha20poly1305_ietf_decrypt(
      message: Uint8Array,
      unused: null,
      ciphertext: Uint8Array,
      additional: Uint8Array,
      nonce: Uint8Array,
      key: Uint8Array,
    ): number;
  }
  const sodium: Sodium;
  // biome-ignore lint/style/noDefaultExport: what the package exports is not ours to choose.
  export default sodium;
}
