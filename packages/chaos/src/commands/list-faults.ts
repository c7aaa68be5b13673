// Owns: `chaos list-faults`: every fault of the catalogue, for people and for programs.
import { FAULTS } from '../faults/catalogue.ts';
import type { FaultEntry } from '../faults/entry.ts';
import type { CommandResult } from './result.ts';

export interface ListedFault {
  readonly name: string;
  readonly class: string;
  readonly does: string;
  readonly undo: string;
  readonly needs: string;
  /** In at least one world. */
  readonly available: boolean;
  readonly worlds: readonly string[];
  /** World -> why it is not available there. */
  readonly why: Readonly<Record<string, string>>;
  /** null: it is no misbehaviour. */
  readonly provable: boolean | null;
  readonly params: readonly {
    readonly name: string;
    readonly does: string;
    readonly default: string | number;
  }[];
  /** A step that does it. */
  readonly example: string;
}

export function listFaults(): CommandResult {
  const faults = FAULTS.map(listed);
  return {
    data: { faults },
    lines: faults.flatMap(linesOf),
    exitCode: 0,
  };
}

function listed(entry: FaultEntry): ListedFault {
  const { name, class: ofClass, does, undo, needs, sim, devnet, provable, params } = entry;
  const worlds = Object.entries({ sim, devnet });
  return {
    name,
    class: ofClass,
    does,
    undo,
    needs,
    available: sim === true || devnet === true,
    worlds: worlds.filter(([, available]) => available === true).map(([world]) => world),
    why: Object.fromEntries(worlds.filter(([, available]) => available !== true)) as Record<string, string>,
    provable: provable ?? null,
    params: params.map((spec) => ({ name: spec.name, does: spec.does, default: shown(spec) })),
    example: exampleOf(entry),
  };
}

function shown({ kind, default: otherwise }: FaultEntry['params'][number]): string | number {
  return kind === 'duration' ? `${otherwise}ms` : otherwise;
}

function exampleOf({ name, class: ofClass, params }: FaultEntry): string {
  const what = ofClass === 'byzantine' ? `do = "byzantine"; strategy = "${name}"` : `do = "${name}"`;
  const given = params.map((spec) => `; ${spec.name} = ${JSON.stringify(shown(spec))}`).join('');
  return `[[step]] at = "5s"; ${what}; target = "one"; for = "10s"${given}`
    .replaceAll('; ', '\n')
    .replace('[[step]] ', '[[step]]\n');
}

function linesOf({
  name,
  class: ofClass,
  does,
  undo,
  needs,
  worlds,
  why,
  provable,
  example,
}: ListedFault): string[] {
  const where = worlds.length === 0 ? 'not available' : worlds.join(' and ');
  const lacks = Object.entries(why).map(([world, reason]) => `not in ${world}: ${reason}`);
  const proof = provable === null ? [] : [provable ? 'can be proven' : 'cannot be proven'];
  return [
    `${name} (${ofClass}; ${where})`,
    `  ${does} Undone: ${undo}.`,
    `  ${[`needs ${needs}`, ...lacks, ...proof].join('; ')}`,
    ...example.split('\n').map((line) => `    ${line}`),
  ];
}
