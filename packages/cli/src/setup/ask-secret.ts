// Owns: a secret typed at the terminal: not shown, not kept as text. Does not own: what it is for.
import { ConsiliumError } from '@consilium/core';
import { SECRET_BYTES_MAX } from '../limits.ts';

const ENTER: readonly number[] = [0x0d, 0x0a];
const BACKSPACE: readonly number[] = [0x08, 0x7f];
const CANCEL: readonly number[] = [0x03, 0x04];

/** Throws `INTERRUPTED` after Ctrl-C, `PASSPHRASE_INVALID` for a line that is too long. */
export async function askSecret(question: string): Promise<Uint8Array> {
  const { stdin, stderr } = process;
  // Before the question: whoever types at once is not shown either.
  stdin.setRawMode(true);
  try {
    stderr.write(question);
    return await readLine(stdin);
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write('\n');
  }
}

function readLine(stdin: NodeJS.ReadStream): Promise<Uint8Array> {
  const typed: number[] = [];
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      stdin.off('data', onData);
      settle();
      typed.fill(0);
    };
    const onByte = (byte: number): boolean => {
      if (ENTER.includes(byte)) end(() => resolve(Uint8Array.from(typed)));
      else if (CANCEL.includes(byte)) end(() => reject(new ConsiliumError('INTERRUPTED')));
      else if (BACKSPACE.includes(byte)) dropCharacter(typed);
      else if (typed.length < SECRET_BYTES_MAX) typed.push(byte);
      else end(() => reject(new ConsiliumError('PASSPHRASE_INVALID', { rule: 'too long' })));
      return ENTER.includes(byte) || CANCEL.includes(byte);
    };
    const onData = (chunk: Buffer): void => {
      chunk.some(onByte);
      chunk.fill(0);
    };
    stdin.on('data', onData);
    stdin.resume();
  });
}

/** All bytes of the last character in UTF-8. */
function dropCharacter(typed: number[]): void {
  let byte = typed.pop();
  while (byte !== undefined && (byte & 0xc0) === 0x80) byte = typed.pop();
}
