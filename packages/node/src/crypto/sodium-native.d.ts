// The few calls of sodium-native that Consilium uses; the package ships no types.
declare module 'sodium-native' {
  interface Sodium {
    crypto_sign_verify_detached(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;
    crypto_sign_detached(signature: Uint8Array, message: Uint8Array, secretKey: Uint8Array): void;
  }
  const sodium: Sodium;
  // biome-ignore lint/style/noDefaultExport: what the package exports is not ours to choose.
  export default sodium;
}
