// Owns: lines of a file or of standard input as they come, in portions, each with its number. Does not own: what they say.
import { createReadStream } from 'node:fs';
import { ConsiliumError, isConsiliumError } from '@consilium/sdk';
import { unreadable } from '@consilium/sdk/node';
import type { Io } from '../io.ts';

export interface InputLine {
  /** From 1. */
  readonly number: number;
  readonly text: string;
}

/** So much of a file is read at once. */
const PORTION_BYTES = 1024 * 1024;

/**
 * Lines that are not empty. Throws `FILE_MISSING`, `FILE_UNREADABLE`, and `FILE_INVALID` for what is not UTF-8 or has a line of
 * more characters than allowed.
 */
export async function* linesOfFile(path: string, lengthMax: number): AsyncGenerator<readonly InputLine[]> {
  const portions = createReadStream(path, { highWaterMark: PORTION_BYTES });
  try {
    yield* linesOf(portions, path, lengthMax);
  } catch (error) {
    throw isConsiliumError(error) ? error : unreadable(path, error);
  } finally {
    portions.destroy();
  }
}

/** The same of standard input, as it comes. */
export function linesOfInput(io: Io, lengthMax: number): AsyncGenerator<readonly InputLine[]> {
  return linesOf(io.inputPortions?.() ?? wholeInput(io), '-', lengthMax);
}

async function* wholeInput(io: Io): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(await io.readInput());
}

async function* linesOf(
  portions: AsyncIterable<Uint8Array>,
  file: string,
  lengthMax: number,
): AsyncGenerator<readonly InputLine[]> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  let number = 0;
  const numbered = (texts: readonly string[]): readonly InputLine[] =>
    texts
      .map((text): InputLine => {
        number += 1;
        return { number, text: text.trim() };
      })
      .filter(({ text }) => text !== '');
  for await (const portion of portions) {
    const texts = (rest + decode(decoder, portion, file)).split('\n');
    rest = texts.pop() ?? '';
    if (rest.length > lengthMax)
      throw new ConsiliumError('FILE_INVALID', {
        file,
        line: number + texts.length + 1,
        rule: 'line too long',
      });
    yield numbered(texts);
  }
  rest += decode(decoder, undefined, file);
  yield numbered([rest]);
}

type Decoder = InstanceType<typeof TextDecoder>;

function decode(decoder: Decoder, portion: Uint8Array | undefined, file: string): string {
  try {
    return portion === undefined ? decoder.decode() : decoder.decode(portion, { stream: true });
  } catch {
    throw new ConsiliumError('FILE_INVALID', { file, rule: 'not UTF-8' });
  }
}
