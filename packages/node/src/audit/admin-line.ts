// Owns: one line of the log of admin actions: its form, and how each line is chained to the one before. Does not own:
// the files (admin-log.ts), nor which actions there are (the routes).
import { type ErrorData, type Hex32, hashHex, isHexOf, utf8 } from '@consilium/core';
import { ADMIN_LINE_LENGTH_MAX } from '../limits.ts';

/** Who did what, and how it ended. Plain words and facts: never a secret, a name or an identifier of a patient. */
export interface AdminAct {
  /** Name of the caller's token; `node` for what the node notes by itself. */
  readonly by: string;
  readonly role: string;
  /** Such as `snapshot.create`. */
  readonly action: string;
  /** `begun`, `done`, or the code of the refusal. */
  readonly outcome: string;
  readonly facts: ErrorData;
}

export interface AdminLine extends AdminAct {
  /** Counts from 1, without gap, over all files. */
  readonly seq: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Hash of the line before; zeros before the first. */
  readonly previous: Hex32;
  readonly hash: Hex32;
}

/** Where a chain of lines stands. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: Hex32;
}

export const NO_LINE: ChainHead = { seq: 0, hash: '00'.repeat(32) };

const LINE_VERSION = 1;

type Unhashed = Omit<AdminLine, 'hash'>;

/** The line that follows on a head. Throws an invariant when what is noted would not fit a line. */
export function nextLine(head: ChainHead, act: AdminAct, at: number): AdminLine {
  const { by, role, action, outcome, facts } = act;
  const unhashed = { seq: head.seq + 1, at, by, role, action, outcome, facts, previous: head.hash };
  const line = { ...unhashed, hash: hashOf(unhashed) };
  if (renderLine(line).length > ADMIN_LINE_LENGTH_MAX)
    throw new Error('invariant: an admin action is noted in a few words');
  return line;
}

/** With the line's end. */
export function renderLine(line: AdminLine): string {
  return `${bodyOf(line).slice(0, -1)},"hash":"${line.hash}"}\n`;
}

/** A line that reads back as it was rendered, its hash included; undefined for anything else. */
export function parseLine(text: string): AdminLine | undefined {
  if (text.length > ADMIN_LINE_LENGTH_MAX) return undefined;
  const line = lineOf(parseJson(text));
  return line !== undefined && renderLine(line) === `${text}\n` && line.hash === hashOf(line)
    ? line
    : undefined;
}

function hashOf(line: Unhashed): Hex32 {
  return hashHex(utf8(bodyOf(line)));
}

/** Names in a fixed order, facts in the order of theirs. */
function bodyOf({ seq, at, by, role, action, outcome, facts, previous }: Unhashed): string {
  const sorted = Object.fromEntries(Object.entries(facts).sort(([a], [b]) => (a < b ? -1 : 1)));
  return JSON.stringify({
    version: LINE_VERSION,
    seq,
    at,
    by,
    role,
    action,
    outcome,
    facts: sorted,
    previous,
  });
}

function lineOf(raw: unknown): AdminLine | undefined {
  if (typeof raw !== 'object' || raw === null) return undefined;
  const { seq, at, by, role, action, outcome, facts, previous, hash } = raw as Record<string, unknown>;
  if (!isCount(seq) || seq === 0 || !isCount(at)) return undefined;
  if (typeof by !== 'string' || typeof role !== 'string') return undefined;
  if (typeof action !== 'string' || typeof outcome !== 'string' || !isFacts(facts)) return undefined;
  if (!isHexOf(previous, 32) || !isHexOf(hash, 32)) return undefined;
  return { seq, at, by, role, action, outcome, facts, previous, hash };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isFacts(value: unknown): value is ErrorData {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((fact) => ['string', 'number', 'boolean'].includes(typeof fact))
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
