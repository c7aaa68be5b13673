// Owns: the record of a run: a digest over every byte delivered and every event noted, and the last lines in words.
// The same seed gives the same trace, byte for byte.
import { concat, type Hex32, sha256, toHex, utf8 } from '@consilium/core';
import { wordsOf } from './message-words.ts';
import type { Scheduler } from './scheduler.ts';

export interface Trace {
  delivered(from: Hex32, to: Hex32, channel: string, message: Uint8Array): void;
  say(line: string): void;
  /** Over everything so far. */
  digest(): string;
  /** Lines in words, oldest first; all of them when the run keeps them. */
  lines(): readonly string[];
}

const LAST_LINES = 400;
/** Lines are hashed in lots of this many characters. */
const LOT_LENGTH = 8_192;

export function createTrace(scheduler: Scheduler, keepAll: boolean): Trace {
  let chain: Uint8Array = new Uint8Array(32);
  let lot = '';
  let lines: string[] = [];

  const enter = (line: string): void => {
    lot += `${line}\n`;
    if (lot.length < LOT_LENGTH) return;
    chain = sha256(concat(chain, utf8(lot)));
    lot = '';
  };
  const keep = (line: string): void => {
    lines.push(line);
    if (!keepAll && lines.length > 2 * LAST_LINES) lines = lines.slice(-LAST_LINES);
  };

  return {
    say: (line) => {
      const timed = `${scheduler.nowUs()} ${line}`;
      enter(timed);
      keep(timed);
    },
    delivered: (from, to, channel, message) => {
      const names = `${scheduler.nowUs()} ${from.slice(0, 8)} ${to.slice(0, 8)} ${channel}`;
      const line = `${names} ${message.length} ${checksum(message)}`;
      enter(line);
      if (keepAll) keep(`${line} ${wordsOf(channel, message)}`);
    },
    digest: () => toHex(sha256(concat(chain, utf8(lot)))),
    lines: () => (keepAll ? lines : lines.slice(-LAST_LINES)),
  };
}

/** Two lanes of FNV-1a over every byte: nobody forges a trace, and most of a run's bytes pass through here. */
function checksum(bytes: Uint8Array): string {
  let even = 0x811c9dc5;
  let odd = 0x01000193;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index] as number;
    even = Math.imul(even ^ byte, 0x01000193);
    odd = Math.imul(odd ^ (byte + index), 0x85ebca6b);
  }
  return `${(even >>> 0).toString(16)}${(odd >>> 0).toString(16)}`;
}
