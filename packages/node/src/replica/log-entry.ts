// Owns: what the write-ahead log of a height says: the inputs of agreement in their order, own unsigned messages, and
// the values that own votes name. Does not own: how entries are framed and synced (wal/).

import type { Input, KnownValue, TimeoutKind, Verdict } from '@consilium/consensus';
import {
  type Certificate,
  certificateShape,
  decode,
  encode,
  flag,
  type Hex32,
  headerId,
  hex32,
  integer,
  isConsiliumError,
  OBJECT_BYTES_MAX,
  oneOf,
  proposalContentShape,
  type Shape,
  struct,
  type Vote,
  variants,
  voteContentShape,
  voteShape,
} from '@consilium/core';
import { type ProposalMessage, proposalMessageShape, type Value, valueShape } from '../messages/wire.ts';
import type { SignRequest } from '../signing/signer.ts';

/** As the log hands it back. */
export interface LoggedEntry {
  readonly kind: 'input' | 'message' | 'value';
  readonly bytes: Uint8Array;
}

/** First entry of a height: whether this node signs in it. A node that observes replays as one that observes. */
export interface BeginEntry {
  readonly type: 'begin';
  readonly signing: boolean;
}

export interface ProposalEntry {
  readonly type: 'proposal';
  readonly message: ProposalMessage;
  readonly arrivalMs: number;
}

export interface ValueEntry {
  readonly type: 'value';
  readonly value: Value;
}

export interface VoteEntry {
  readonly type: 'vote';
  readonly vote: Vote;
}

export interface CertificateEntry {
  readonly type: 'certificate';
  readonly certificate: Certificate;
}

export interface TimeoutEntry {
  readonly type: 'timeout';
  readonly kind: TimeoutKind;
  readonly round: number;
}

export interface BuiltEntry {
  readonly type: 'built';
  readonly round: number;
  readonly value: Value;
}

export interface VerdictEntry {
  readonly type: 'verdict';
  readonly id: Hex32;
  readonly verdict: Verdict;
}

export interface WorkEntry {
  readonly type: 'work';
}

export type LogEntry =
  | BeginEntry
  | ProposalEntry
  | ValueEntry
  | VoteEntry
  | CertificateEntry
  | TimeoutEntry
  | BuiltEntry
  | VerdictEntry
  | WorkEntry;

const round = integer(0, Number.MAX_SAFE_INTEGER);

const logEntryShape: Shape<LogEntry> = variants<LogEntry>({
  begin: struct<BeginEntry>({ type: oneOf('begin'), signing: flag }),
  proposal: struct<ProposalEntry>({
    type: oneOf('proposal'),
    message: proposalMessageShape,
    arrivalMs: integer(0, Number.MAX_SAFE_INTEGER),
  }),
  value: struct<ValueEntry>({ type: oneOf('value'), value: valueShape }),
  vote: struct<VoteEntry>({ type: oneOf('vote'), vote: voteShape }),
  certificate: struct<CertificateEntry>({ type: oneOf('certificate'), certificate: certificateShape }),
  timeout: struct<TimeoutEntry>({
    type: oneOf('timeout'),
    kind: oneOf('propose', 'prevote', 'precommit'),
    round,
  }),
  built: struct<BuiltEntry>({ type: oneOf('built'), round, value: valueShape }),
  verdict: struct<VerdictEntry>({ type: oneOf('verdict'), id: hex32, verdict: oneOf('valid', 'invalid') }),
  work: struct<WorkEntry>({ type: oneOf('work') }),
});

export function encodeLogEntry(entry: LogEntry): Uint8Array {
  return encode(logEntryShape, entry);
}

/** Throws a coded error when an entry that passed its checksum was not written by this format. */
export function decodeLogEntry(bytes: Uint8Array): LogEntry {
  return decode(logEntryShape, bytes, OBJECT_BYTES_MAX);
}

/** What an own message in the log asks to be signed: a vote names its type, a proposal has none. */
export function ownMessageOf(payload: Uint8Array): SignRequest {
  try {
    const { type, height, round } = decode(voteContentShape, payload, OBJECT_BYTES_MAX);
    return { kind: type, height, round, payload };
  } catch (error) {
    if (!isConsiliumError(error)) throw error;
    const { height, round } = decode(proposalContentShape, payload, OBJECT_BYTES_MAX);
    return { kind: 'proposal', height, round, payload };
  }
}

function knownValue(value: Value): KnownValue {
  return { id: headerId(value.header), author: value.header.author, time: value.header.time };
}

/** The value that an entry brings into hand, if any. */
export function valueIn(entry: LogEntry): Value | undefined {
  if (entry.type === 'proposal') return entry.message.value;
  return entry.type === 'value' || entry.type === 'built' ? entry.value : undefined;
}

/** The input of agreement that an entry stands for. A proposal's polka is an entry of its own, before it. */
export function inputOf(entry: LogEntry): Input | undefined {
  switch (entry.type) {
    case 'begin':
      return undefined;
    case 'proposal': {
      const { message, arrivalMs } = entry;
      const received = { proposal: message.proposal, value: knownValue(message.value), arrivalMs };
      return { type: 'proposal', received };
    }
    case 'value':
      return { type: 'value', value: knownValue(entry.value) };
    case 'built':
      return { type: 'built', round: entry.round, value: knownValue(entry.value) };
    default:
      return entry;
  }
}
