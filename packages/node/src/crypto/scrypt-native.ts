// Owns: scrypt by the system's OpenSSL, off the event loop: three times as fast as the portable one.
import { scrypt } from 'node:crypto';
import type { Scrypt } from '@consilium/sealing';

export const scryptNative: Scrypt = (passphrase, salt, { n, r, p }) =>
  new Promise((resolve, reject) => {
    const options = { N: n, r, p, maxmem: 128 * n * r + 128 * r * p + 1024 * 1024 };
    scrypt(passphrase, salt, 32, options, (error, key) =>
      error === null ? resolve(new Uint8Array(key)) : reject(error),
    );
  });
