// Owns: what a daemon knows before it opens anything, as one value.
import type { Genesis, Hex32 } from '@consilium/core';
import type { Config } from '../config/settings.ts';
import type { DaemonKeys } from '../keys/key-file.ts';
import type { NextKeys } from '../keys/next-keys.ts';

export interface Prepared {
  readonly config: Config;
  readonly keys: DaemonKeys;
  /** Of a rotation that is under way. */
  readonly nextKeys: NextKeys;
  readonly genesis: Genesis;
  readonly genesisHash: Hex32;
}
