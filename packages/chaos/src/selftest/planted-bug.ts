// Owns: a planted bug as a value: what it breaks, the patch, the scenario that shows it, who must convict; and its text, a
// file in devnet/scenarios/planted. Does not own: applying a patch (tree.ts), running (trial.ts).
import { ConsiliumError } from '@consilium/core';
import { parse, stringify } from 'smol-toml';
import { CHECKS } from '../scenario/checks.ts';
import { type Fields, fieldsOf, isTable, type Table } from '../scenario/fields.ts';
import { parseScenario } from '../scenario/parse.ts';
import type { Scenario } from '../scenario/scenario.ts';

export interface Patch {
  /** From the root of the repository. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

export interface PlantedBug {
  readonly name: string;
  /** One sentence: the rule that the bug breaks. */
  readonly breaks: string;
  /** One of these must convict. */
  readonly convictedBy: readonly string[];
  /** With its own seed and those that follow it: until one convicts, and the clean build passes all. */
  readonly scenario: Scenario;
  readonly patches: readonly Patch[];
}

/** Refuses with `SCENARIO_INVALID` {where, why}. */
export function parsePlantedBug(text: string): PlantedBug {
  const table = tableOf(text);
  const { scenario, ...rest } = table;
  const fields = fieldsOf(rest, '');
  const name = fields.text('name');
  const bug: PlantedBug = {
    name,
    breaks: fields.text('breaks'),
    convictedBy: fields.texts('convicted_by').map((checker) => knownChecker(fields, checker)),
    scenario: scenarioIn(scenario, name),
    patches: fields.tables('patch').map(patchOf),
  };
  if (bug.convictedBy.length === 0) fields.refuse('convicted_by', 'names no checker');
  if (bug.patches.length === 0) fields.refuse('patch', 'is missing');
  fields.end();
  return bug;
}

function tableOf(text: string): Table {
  try {
    const table: unknown = parse(text);
    if (isTable(table)) return table;
  } catch (error) {
    const [why = 'is no TOML'] = error instanceof Error ? error.message.split('\n', 1) : [];
    throw new ConsiliumError('SCENARIO_INVALID', { where: 'file', why });
  }
  throw new ConsiliumError('SCENARIO_INVALID', { where: 'file', why: 'is no table' });
}

/** As in a file of its own; its name is the bug's. */
function scenarioIn(raw: unknown, name: string): Scenario {
  if (!isTable(raw)) throw new ConsiliumError('SCENARIO_INVALID', { where: 'scenario', why: 'is missing' });
  return parseScenario(stringify({ why: 'To convict a planted bug.', ...raw, name }));
}

function knownChecker(fields: Fields, name: string): string {
  if (CHECKS.some((known) => known === name)) return name;
  return fields.refuse('convicted_by', `${name} is none of ${CHECKS.join(', ')}`);
}

function patchOf(fields: Fields): Patch {
  // Without a replacement the text is taken out.
  const replace = fields.has('replace') ? fields.text('replace') : '';
  const patch: Patch = { file: fields.text('file'), find: fields.text('find'), replace };
  fields.end();
  return patch;
}
