// Owns: where the daemon of the fault kit begins. It is spawned, never imported.
import { fileURLToPath } from 'node:url';

export const DAEMON_ENTRY: string = fileURLToPath(new URL('./daemon.ts', import.meta.url));
