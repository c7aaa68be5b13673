// Owns: a certificate (PEM) as the hash that stands for it.
import { X509Certificate } from 'node:crypto';
import { ConsiliumError } from '@consilium/core';

/** SHA-256 of the first certificate of the text, in hex. Throws `FILE_INVALID` {file, rule}. */
export function certificateHash(pem: string, file: string): string {
  try {
    return new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase();
  } catch {
    throw new ConsiliumError('FILE_INVALID', { file, rule: 'not a certificate (PEM)' });
  }
}
