// Owns: where the daemon of the fault kit begins. It is spawned, never imported.
import { fileURLToPath } from 'node:url';
import { prebuiltOr } from '@consilium/devnet/prebuilt';

const SOURCE: string = fileURLToPath(new URL('./daemon.ts', import.meta.url));

export function daemonEntry(): string {
  return prebuiltOr('chaos-devnet-world-daemon', SOURCE);
}
