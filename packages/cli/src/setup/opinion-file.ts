// Owns: reading the file of a second opinion from the disk. Does not own: its form (the SDK).
import { ConsiliumError, isConsiliumError, type OpinionFile, parseOpinion } from '@consilium/sdk';
import type { Io } from '../io.ts';
import { pathOf, readText } from './files.ts';
import type { Network } from './network.ts';

/** Throws `FILE_INVALID`, also when it is of another network. */
export async function readOpinion(io: Io, { client }: Network, file: string): Promise<OpinionFile> {
  const path = pathOf(io, file);
  const opinion = parseNamed(path, await readText(path));
  if (opinion.genesis !== client.genesisHash)
    throw new ConsiliumError('FILE_INVALID', { file: path, rule: 'opinion of another network' });
  return opinion;
}

function parseNamed(path: string, text: string): OpinionFile {
  try {
    return parseOpinion(text);
  } catch (error) {
    if (isConsiliumError(error)) throw new ConsiliumError(error.code, { ...error.data, file: path });
    throw error;
  }
}
