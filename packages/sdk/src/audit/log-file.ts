// Owns: the access log as text: one JSON document, one line for each thing in it, so that a damage can be named by its
// line. Does not own: whether what it says is true (verify-log.ts), collecting it (export-log.ts).
import {
  type AccessRow,
  accessRowShape,
  type Count,
  countShape,
  type Hex32,
  heightFrom0,
  hex32,
  type Institution,
  indexShape,
  institutionShape,
  integer,
  type LightStep,
  lightStepShape,
  list,
  nullable,
  oneOf,
  type Shape,
  type SignedHeader,
  type StateProof,
  signedHeaderShape,
  stateProofShape,
  struct,
} from '@consilium/core';
import { ACCESS_LOG_BYTES_MAX, ACCESS_LOG_PATIENTS_MAX } from '../limits.ts';
import { logFailed } from './log-refusals.ts';

export const ACCESS_LOG_KIND = 'consilium-access-log';

export interface LogHead {
  readonly kind: typeof ACCESS_LOG_KIND;
  readonly version: number;
  readonly genesis: Hex32;
  /** Whose accesses these are: pseudonyms, ascending. */
  readonly patients: readonly Hex32[];
}

/** How many accesses a pseudonym has, under the last header; null: none ever. */
export interface LogCount {
  readonly patient: Hex32;
  readonly count: Count | null;
  readonly proof: StateProof;
}

/** A row never changes, so that it is proven under any header up to the last. */
export interface LogAccess {
  readonly patient: Hex32;
  readonly index: number;
  /** Height of the header. */
  readonly header: number;
  readonly access: AccessRow;
  readonly proof: StateProof;
}

/** Under the last header: what the institutions of the accesses are called. */
export interface LogInstitution {
  readonly id: Hex32;
  readonly institution: Institution;
  readonly proof: StateProof;
}

interface Sections {
  /** From genesis: the headers that announce another set. */
  readonly steps: LightStep;
  /** Ascending; the last is the one as of which the log is complete. */
  readonly headers: SignedHeader;
  readonly counts: LogCount;
  /** By pseudonym, then by index. */
  readonly accesses: LogAccess;
  /** Ascending by id. */
  readonly institutions: LogInstitution;
}

type SectionName = keyof Sections;

export type AccessLog = { readonly head: LogHead } & {
  readonly [Name in SectionName]: readonly Sections[Name][];
};

/** A thing and the line on which it stands, from 1. */
export interface Lined<T> {
  readonly line: number;
  readonly value: T;
}

export type LinedLog = { readonly head: LogHead } & {
  readonly [Name in SectionName]: readonly Lined<Sections[Name]>[];
} & {
  /** The line that ends each section. */
  readonly ends: Readonly<Record<SectionName, number>>;
};

const headShape: Shape<LogHead> = struct<LogHead>({
  kind: oneOf(ACCESS_LOG_KIND),
  version: integer(1, 1),
  genesis: hex32,
  patients: list(hex32, ACCESS_LOG_PATIENTS_MAX, 1),
});

const SHAPES: { readonly [Name in SectionName]: Shape<Sections[Name]> } = {
  steps: lightStepShape,
  headers: signedHeaderShape,
  counts: struct<LogCount>({ patient: hex32, count: nullable(countShape), proof: stateProofShape }),
  accesses: struct<LogAccess>({
    patient: hex32,
    index: indexShape,
    header: heightFrom0,
    access: accessRowShape,
    proof: stateProofShape,
  }),
  institutions: struct<LogInstitution>({
    id: hex32,
    institution: institutionShape,
    proof: stateProofShape,
  }),
};

const SECTIONS = Object.keys(SHAPES) as readonly SectionName[];

export function formatAccessLog(log: AccessLog): string {
  const lines = [`${JSON.stringify(log.head).slice(0, -1)},`];
  for (const name of SECTIONS) {
    const items = log[name].map((item) => JSON.stringify(item));
    lines.push(`"${name}":[`, ...items.map((item, at) => (at + 1 < items.length ? `${item},` : item)));
    lines.push(name === SECTIONS.at(-1) ? ']' : '],');
  }
  return `${[...lines, '}'].join('\n')}\n`;
}

/** Throws `PROOF_INVALID` with the first line that is not as `formatAccessLog` writes it. */
export function parseAccessLog(text: string): LinedLog {
  if (text.length > ACCESS_LOG_BYTES_MAX) throw logFailed(1, 'form');
  const cursor = createCursor(text);
  const head = parseHead(cursor.take());
  const sections = new Map<SectionName, readonly Lined<unknown>[]>();
  const ends = new Map<SectionName, number>();
  for (const name of SECTIONS) {
    sections.set(name, parseSection(cursor, name));
    ends.set(name, cursor.line());
  }
  cursor.expect('}');
  cursor.expect('');
  if (cursor.left() > 0) throw logFailed(cursor.line() + 1, 'form');
  return {
    head,
    ...(Object.fromEntries(sections) as unknown as Omit<LinedLog, 'head' | 'ends'>),
    ends: Object.fromEntries(ends) as Record<SectionName, number>,
  };
}

interface Cursor {
  readonly take: () => string;
  readonly expect: (line: string) => void;
  /** Number of the line taken last. */
  readonly line: () => number;
  readonly left: () => number;
}

function createCursor(text: string): Cursor {
  const lines = text.split('\n');
  let at = 0;
  const take = (): string => {
    const line = lines[at];
    at += 1;
    if (line === undefined) throw logFailed(at, 'form');
    return line;
  };
  return {
    take,
    expect: (line) => {
      if (take() !== line) throw logFailed(at, 'form');
    },
    line: () => at,
    left: () => lines.length - at,
  };
}

function parseHead(line: string): LogHead {
  if (!line.endsWith(',')) throw logFailed(1, 'form');
  return parseItem(headShape, `${line.slice(0, -1)}}`, 1);
}

function parseSection(cursor: Cursor, name: SectionName): readonly Lined<unknown>[] {
  cursor.expect(`"${name}":[`);
  const end = name === SECTIONS.at(-1) ? ']' : '],';
  const items: Lined<unknown>[] = [];
  let more = true;
  for (let line = cursor.take(); line !== end; line = cursor.take()) {
    if (!more) throw logFailed(cursor.line() - 1, 'form');
    more = line.endsWith(',');
    const text = more ? line.slice(0, -1) : line;
    items.push({
      line: cursor.line(),
      value: parseItem(SHAPES[name] as Shape<unknown>, text, cursor.line()),
    });
  }
  // A comma at the end of the last line promises one that is not there.
  if (more && items.length > 0) throw logFailed(cursor.line() - 1, 'form');
  return items;
}

/** Only the one text of a value is taken: no byte of a file can be changed unnoticed. */
function parseItem<T>(shape: Shape<T>, text: string, line: number): T {
  try {
    const raw: unknown = JSON.parse(text);
    shape.toWire(raw as T, '$');
    if (JSON.stringify(raw) === text) return raw as T;
  } catch {
    // Not JSON, or another form: refused below.
  }
  throw logFailed(line, 'form');
}
