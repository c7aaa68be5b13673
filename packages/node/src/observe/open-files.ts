// Owns: how many files and sockets this process has open, and may have. Does not own: any bound on them.
import { readdirSync, readFileSync } from 'node:fs';

export interface OpenFiles {
  /** 0: the system does not say. */
  readonly open: number;
  readonly max: number;
}

/** Linux tells; elsewhere nothing is known. */
export function openFiles(): OpenFiles {
  try {
    const [, max = '0'] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return { open: readdirSync('/proc/self/fd').length, max: Number(max) };
  } catch {
    return { open: 0, max: 0 };
  }
}
