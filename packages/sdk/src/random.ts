// Owns: where the client's randomness and time come from unless a caller gives its own.

/** `length` unpredictable bytes. */
export type RandomBytes = (length: number) => Uint8Array;
/** Milliseconds since the epoch. */
export type Now = () => number;

export const systemRandom: RandomBytes = (length) => crypto.getRandomValues(new Uint8Array(length));
export const systemNow: Now = () => Date.now();
