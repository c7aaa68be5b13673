// Owns: how an access log looks to a person: how many entries, and up to when it is complete.
import type { VerifiedAccessLog } from '@consilium/sdk';
import { time } from './text.ts';

export function entryCount(count: number): string {
  return `${count} ${count === 1 ? 'entry' : 'entries'}`;
}

export function completeLine({ height, time: timeMs }: VerifiedAccessLog['completeAsOf']): string {
  return `complete as of height ${height}, ${time(timeMs)}`;
}
