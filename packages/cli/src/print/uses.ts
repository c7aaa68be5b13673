// Owns: how openings that were permitted look to a person: when, by whom, for what, which records. Does not own: finding them.
import type { NameOf, Use } from '@consilium/sdk';
import { plural, printable, time } from './text.ts';

export function usesLines(uses: readonly Use[], names: NameOf): readonly string[] {
  return uses.flatMap((use) => {
    const { access, purpose, records } = use;
    const who = whoIn(use, names);
    const head = `${time(use.time)}  access ${access}: ${who}, ${purpose}, ${plural(records.length, 'record')}`;
    return [printable(head), ...records.map((record) => `  ${record}`)];
  });
}

function whoIn({ reader, onBehalfOf }: Use, names: NameOf): string {
  const called = (id: string): string => names(id) ?? id;
  return onBehalfOf === null ? called(reader) : `${called(onBehalfOf)}, through ${called(reader)}`;
}
