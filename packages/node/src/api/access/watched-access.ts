// Owns: that a list of tokens counts as it stands on the disk, without a restart. A list that cannot be read admits nobody:
// it may be the one from which somebody was just removed. Does not own: the list (access-file.ts).
import { stat } from 'node:fs/promises';
import { codeOf } from '@consilium/core';
import { ACCESS_REREAD_MS } from '../../limits.ts';
import type { Cancel, Clock, Report } from '../../ports.ts';
import { readAccessFile } from './access-file.ts';
import type { AccessEntry } from './access-list.ts';

export interface AccessChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly count: number;
}

export interface WatchedAccess {
  /** Of this hash, unless it has expired. */
  find(kind: AccessEntry['kind'], sha256: string): AccessEntry | undefined;
  stop(): void;
}

export interface WatchDeps {
  readonly clock: Clock;
  readonly report: Report;
  /** Told after the list was found changed. */
  readonly onChange: (change: AccessChange) => void;
}

export async function watchAccess(path: string, deps: WatchDeps): Promise<WatchedAccess> {
  const { clock, report, onChange } = deps;
  let entries: readonly AccessEntry[] = [];
  let seen = '';
  let cancel: Cancel = () => undefined;
  let stopped = false;

  const read = async (): Promise<readonly AccessEntry[]> => {
    try {
      return await readAccessFile(path);
    } catch (error) {
      report({ level: 'error', code: 'api.tokens-unreadable', error: codeOf(error) ?? 'UNKNOWN' });
      return [];
    }
  };
  const look = async (): Promise<void> => {
    const mark = await markOf(path);
    if (mark === seen) return;
    const [before, after] = [entries, await read()];
    [seen, entries] = [mark, after];
    const change = changeOf(before, after);
    if (change.added.length + change.removed.length > 0) onChange(change);
  };
  const schedule = (): void => {
    if (stopped) return;
    cancel = clock.after(ACCESS_REREAD_MS, () => void look().then(schedule));
  };

  seen = await markOf(path);
  entries = await read();
  schedule();
  return {
    find: (kind, sha256) => {
      const entry = entries.find((each) => each.kind === kind && each.sha256 === sha256);
      if (entry === undefined || (entry.expiresAt !== null && entry.expiresAt <= clock.wallMs()))
        return undefined;
      return entry;
    },
    stop: () => {
      stopped = true;
      cancel();
    },
  };
}

/** Changes with every replacement of the file, and with every right to it. */
async function markOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeMs, mode } = await stat(path);
    return [ino, size, mtimeMs, mode].join(' ');
  } catch {
    return '';
  }
}

/** An entry that was made anew under its name counts as both. */
function changeOf(before: readonly AccessEntry[], after: readonly AccessEntry[]): AccessChange {
  const keyOf = (entry: AccessEntry): string => JSON.stringify(entry);
  const namesOf = (list: readonly AccessEntry[], other: readonly AccessEntry[]): readonly string[] => {
    const keys = new Set(other.map(keyOf));
    return list.filter((entry) => !keys.has(keyOf(entry))).map(({ name }) => name);
  };
  return { added: namesOf(after, before), removed: namesOf(before, after), count: after.length };
}
