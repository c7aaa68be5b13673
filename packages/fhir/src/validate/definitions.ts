// Owns: handing the definitions of HL7 to the validator, each file once, at the first resource that needs it.
// Does not own: their content; how they are applied.
import { loadDataType } from '@medplum/core';
import { RESOURCE_TYPES, type ResourceType } from './resource-types.ts';

export interface Invariant {
  readonly key: string;
  readonly expression: string;
}

interface Definition {
  readonly name: string;
  readonly snapshot: { readonly element: readonly { readonly constraint?: readonly Invariant[] }[] };
}

/** Value set -> system -> its codes. */
export type ValueSets = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** Type -> the invariants of the type as a whole. The validator itself looks only at those of single elements. */
const invariants = new Map<string, readonly Invariant[]>();
let base: Promise<ValueSets> | undefined;
const loading = new Map<ResourceType, Promise<void>>();

export const invariantsOf = (type: string): readonly Invariant[] => invariants.get(type) ?? [];

/**
 * `rng-2` compares two quantities as if their units were the same. `ext-1` stands at every element of type Extension
 * too, where the validator looks.
 */
const LEFT_OUT: ReadonlySet<string> = new Set(['ext-1', 'rng-2']);

function load(definition: Definition): void {
  const [root, ...elements] = definition.snapshot.element;
  const { constraint = [], ...bareRoot } = root ?? {};
  invariants.set(
    definition.name,
    constraint.filter(({ key }) => !LEFT_OUT.has(key)),
  );
  const snapshot = { element: [bareRoot, ...elements] };
  loadDataType({ ...definition, snapshot } as unknown as Parameters<typeof loadDataType>[0]);
}

async function loadBase(): Promise<ValueSets> {
  const [datatypes, valueSets] = await Promise.all([
    import('../../definitions/datatypes.json', { with: { type: 'json' } }),
    import('../../definitions/value-sets.json', { with: { type: 'json' } }),
  ]);
  for (const definition of datatypes.default as readonly Definition[]) load(definition);
  return valueSets.default as ValueSets;
}

const loadResource = async (type: ResourceType): Promise<void> =>
  load((await RESOURCE_TYPES[type]()).default as Definition);

/** After this the validator knows the datatypes and these resource types. Gives the value sets of all types. */
export async function loadDefinitions(types: Iterable<ResourceType>): Promise<ValueSets> {
  base ??= loadBase();
  const valueSets = await base;
  for (const type of types) {
    const started = loading.get(type) ?? loadResource(type);
    loading.set(type, started);
    await started;
  }
  return valueSets;
}
