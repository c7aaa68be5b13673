// Owns: the Random port on the system's generator.
import { randomBytes } from 'node:crypto';
import type { Random } from '../ports.ts';

export const systemRandom: Random = { bytes: (length) => Uint8Array.from(randomBytes(length)) };
