// Owns: a bundle that says it is another release than this source is: what a test of upgrades runs beside the present one.
import { join } from 'node:path';
import type { Plugin } from 'rolldown';

export interface Release {
  readonly version: string;
  /** The newest version of the protocol that it claims to know. */
  readonly protocolVersionMax: number;
}

const PROTOCOL_FILE = 'packages/core/src/block.ts';
const PROTOCOL = /(export const PROTOCOL_VERSION_MAX = )\d+;/;
const VERSION = /("version": )"[^"]+"/;

export function releasePlugin(repository: string, { version, protocolVersionMax }: Release): Plugin {
  return {
    name: 'release',
    transform(code, id) {
      if (id === join(repository, PROTOCOL_FILE)) {
        if (!PROTOCOL.test(code)) throw new Error(`${PROTOCOL_FILE} does not say which protocol it knows`);
        return { code: code.replace(PROTOCOL, `$1${protocolVersionMax};`) };
      }
      if (!/\/packages\/[^/]+\/package\.json$/.test(id)) return null;
      return { code: code.replace(VERSION, `$1"${version}"`) };
    },
  };
}
