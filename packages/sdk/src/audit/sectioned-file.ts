// Owns: the form of a file that proves itself: one JSON document of a head and named sections, one line for each thing in
// it, so that a damage can be named by its line. Does not own: what the sections are, nor whether what they say is true.
import type { ConsiliumError, Shape } from '@consilium/core';
import { jsonOfShape } from '../shaped-json.ts';

/** Sections in the order in which they stand, each with the shape of its items. */
export interface SectionedForm<Head extends object, Sections extends object> {
  readonly head: Shape<Head>;
  readonly sections: { readonly [Name in keyof Sections]: Shape<Sections[Name]> };
  readonly lengthMax: number;
  /** The refusal of a line, from 1, that is not as it is written. */
  readonly malformed: (line: number) => ConsiliumError;
}

export type Sectioned<Head extends object, Sections extends object> = { readonly head: Head } & {
  readonly [Name in keyof Sections]: readonly Sections[Name][];
};

/** A thing and the line on which it stands, from 1. */
export interface Lined<T> {
  readonly line: number;
  readonly value: T;
}

export type LinedSections<Head extends object, Sections extends object> = { readonly head: Head } & {
  readonly [Name in keyof Sections]: readonly Lined<Sections[Name]>[];
} & {
  /** The line that ends each section. */
  readonly ends: Readonly<Record<keyof Sections, number>>;
};

export function formatSectioned<Head extends object, Sections extends object>(
  form: SectionedForm<Head, Sections>,
  file: Sectioned<Head, Sections>,
): string {
  const names = namesOf(form);
  const lines = [`${JSON.stringify(file.head).slice(0, -1)},`];
  for (const name of names) {
    const items = file[name].map((item) => JSON.stringify(item));
    lines.push(`"${name}":[`);
    for (const [at, item] of items.entries()) lines.push(at + 1 < items.length ? `${item},` : item);
    lines.push(name === names.at(-1) ? ']' : '],');
  }
  return `${[...lines, '}'].join('\n')}\n`;
}

/** Throws the form's refusal of the first line that is not as `formatSectioned` writes it. */
export function parseSectioned<Head extends object, Sections extends object>(
  form: SectionedForm<Head, Sections>,
  text: string,
): LinedSections<Head, Sections> {
  if (text.length > form.lengthMax) throw form.malformed(1);
  const cursor = createCursor(text, form.malformed);
  const head = parseHead(form, cursor);
  const names = namesOf(form);
  const sections = new Map<string, readonly Lined<unknown>[]>();
  const ends = new Map<string, number>();
  for (const name of names) {
    const end = name === names.at(-1) ? ']' : '],';
    sections.set(name, parseSection(cursor, name, end, form.sections[name] as Shape<unknown>));
    ends.set(name, cursor.line());
  }
  cursor.expect('}');
  cursor.expect('');
  if (cursor.left() > 0) throw form.malformed(cursor.line() + 1);
  return { head, ...Object.fromEntries(sections), ends: Object.fromEntries(ends) } as LinedSections<
    Head,
    Sections
  >;
}

function namesOf<Sections extends object>(form: {
  readonly sections: Sections;
}): readonly (keyof Sections & string)[] {
  return Object.keys(form.sections) as (keyof Sections & string)[];
}

interface Cursor {
  readonly take: () => string;
  readonly expect: (line: string) => void;
  /** Number of the line taken last. */
  readonly line: () => number;
  readonly left: () => number;
  readonly malformed: (line: number) => ConsiliumError;
}

function createCursor(text: string, malformed: Cursor['malformed']): Cursor {
  const lines = text.split('\n');
  let at = 0;
  const take = (): string => {
    const line = lines[at];
    at += 1;
    if (line === undefined) throw malformed(at);
    return line;
  };
  return {
    take,
    expect: (line) => {
      if (take() !== line) throw malformed(at);
    },
    line: () => at,
    left: () => lines.length - at,
    malformed,
  };
}

function parseHead<Head extends object>({ head }: { readonly head: Shape<Head> }, cursor: Cursor): Head {
  const line = cursor.take();
  if (!line.endsWith(',')) throw cursor.malformed(1);
  return parseItem(head, `${line.slice(0, -1)}}`, cursor);
}

function parseSection<T>(cursor: Cursor, name: string, end: string, shape: Shape<T>): readonly Lined<T>[] {
  cursor.expect(`"${name}":[`);
  const items: Lined<T>[] = [];
  let more = true;
  for (let line = cursor.take(); line !== end; line = cursor.take()) {
    if (!more) throw cursor.malformed(cursor.line() - 1);
    more = line.endsWith(',');
    items.push({
      line: cursor.line(),
      value: parseItem(shape, more ? line.slice(0, -1) : line, cursor),
    });
  }
  // A comma at the end of the last line promises one that is not there.
  if (more && items.length > 0) throw cursor.malformed(cursor.line() - 1);
  return items;
}

/** Only the one text of a value is taken: no byte of a file can be changed unnoticed. */
function parseItem<T>(shape: Shape<T>, text: string, cursor: Cursor): T {
  const item = jsonOfShape(shape, text);
  if (item === undefined || JSON.stringify(item) !== text) throw cursor.malformed(cursor.line());
  return item;
}
