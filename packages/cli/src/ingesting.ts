// Owns: what every command that makes records does alike: seal, deposit and register, and tell how far it is. Does not own:
// which files (the commands), how it is done (the SDK).
import type { ErrorData } from '@consilium/core';
import {
  ERRORS,
  type ErrorCode,
  type IngestedRecord,
  type IngestProgress,
  ingestRecords,
  type RecordSource,
  type Signer,
} from '@consilium/sdk';
import type { Io } from './io.ts';
import { plural, printable } from './print/text.ts';
import type { Network } from './setup/network.ts';
import { type PatienceOption, withPatience } from './setup/patience.ts';

export interface LeftOut {
  readonly source: string;
  readonly code: ErrorCode;
}

export interface Ingested {
  readonly records: readonly IngestedRecord[];
  readonly leftOut: readonly LeftOut[];
}

export interface IngestWish extends PatienceOption {
  readonly signer: Signer;
  /** Gets what to call for a file that is left out; undefined when the first one ends all. */
  readonly sources: (onRefused: OnRefused | undefined) => AsyncIterable<RecordSource>;
  readonly skipInvalid: boolean;
}

export type OnRefused = (refused: {
  readonly source: string;
  readonly code: ErrorCode;
  readonly data: ErrorData;
}) => void;

/** What was registered before a throw stays, and was said. */
export async function ingested(io: Io, { client }: Network, wish: IngestWish): Promise<Ingested> {
  const leftOut: LeftOut[] = [];
  const say = createTeller(io);
  const onRefused: OnRefused = ({ source, code, data }) => {
    leftOut.push({ source, code });
    io.err(`${printable(`left out ${source}: ${code}: ${ERRORS[code]}${factsText(data)}`)}\n`);
  };
  const records = await withPatience(wish, (patience) =>
    ingestRecords(client, wish.sources(wish.skipInvalid ? onRefused : undefined), {
      signer: wish.signer,
      leaveOutRefused: wish.skipInvalid,
      ...patience,
      onProgress: (progress) => (progress.state === 'refused' ? onRefused(progress) : say(progress)),
    }),
  );
  return { records, leftOut };
}

/** A wait goes through many tries: each line is said once until another one comes. */
function createTeller(io: Io): (progress: IngestProgress) => void {
  let last = '';
  return (progress) => {
    const line = lineOf(progress);
    if (line !== last) io.err(`${printable(line)}\n`);
    last = line;
  };
}

function lineOf(progress: IngestProgress): string {
  const { read, uploaded, registered } = progress.counts;
  if (progress.state === 'waiting')
    return progress.missing.length === 0
      ? `waiting: ${progress.code}: ${ERRORS[progress.code]}`
      : `waiting for ${progress.missing.join(', ')}`;
  return `${plural(read, 'record')} read, ${uploaded} uploaded, ${registered} registered`;
}

function factsText({ path, rule }: ErrorData): string {
  const facts = [path, rule].filter((fact) => fact !== undefined && fact !== '');
  return facts.length === 0 ? '' : ` (${facts.join(', ')})`;
}
