// Owns: what a command has of the process it runs in. Tests give their own.
import { homedir } from 'node:os';
import { EXIT } from './exit-codes.ts';
import { ask } from './setup/ask.ts';
import { askSecret } from './setup/ask-secret.ts';

export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly home: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** The result and nothing else. */
  readonly out: (text: string) => void;
  /** Progress and refusals. */
  readonly err: (text: string) => void;
  /** Whole standard input as text. */
  readonly readInput: () => Promise<string>;
  /** The same as it comes; without it, whole. */
  readonly inputPortions?: () => AsyncIterable<Uint8Array>;
  /** A line that a person types and nobody sees; undefined when nobody is at a terminal. */
  readonly askSecret?: (question: string) => Promise<Uint8Array>;
  /** A line that a person types and sees; undefined when nobody is at a terminal. */
  readonly ask?: (question: string) => Promise<string>;
}

export function processIo(): Io {
  endWhenNobodyReads();
  return {
    env: process.env,
    cwd: process.cwd(),
    home: homedir(),
    now: () => Date.now(),
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    readInput: async () => {
      let text = '';
      for await (const chunk of process.stdin.setEncoding('utf8')) text += chunk;
      return text;
    },
    inputPortions: () => process.stdin,
    ...(process.stdin.isTTY && process.stderr.isTTY ? { ask, askSecret } : {}),
  };
}

/** Into `head` or a pager that was left: the rest is wanted by nobody, and a command that follows would go on for ever. */
function endWhenNobodyReads(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(EXIT.failed);
  });
}
