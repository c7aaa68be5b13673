// Owns: the four places a setting can come from, each read into checked values: flag, environment, file, default. Pure:
// text in, values or a coded refusal out. Does not own: reading the file and the process (load.ts).
import { ConsiliumError } from '@consilium/core';
import { parse, TomlError } from 'smol-toml';
import { END_MARK, isCutShort } from './end-mark.ts';
import { nearestName } from './nearest.ts';
import {
  environmentOf,
  flagOf,
  isSettingName,
  SETTING_NAMES,
  SETTINGS,
  type SettingName,
  type SettingValues,
} from './settings.ts';
import { createLineOf, type KeyPath, type LineOf } from './toml-lines.ts';
import { isTable } from './value-types.ts';

export type Origin =
  | { readonly source: 'flag'; readonly flag: string }
  | { readonly source: 'environment'; readonly variable: string }
  | { readonly source: 'file'; readonly file: string; readonly line: number }
  | { readonly source: 'default' };

/** What one place says. `originOf` is asked only for settings that it has. */
export interface Layer {
  readonly values: Partial<SettingValues>;
  readonly originOf: (name: SettingName) => Origin;
}

type Values = { -readonly [K in SettingName]?: SettingValues[K] };

function assign<K extends SettingName>(
  values: Values,
  name: K,
  value: SettingValues[K] | undefined,
): boolean {
  if (value === undefined) return false;
  values[name] = value;
  return true;
}

/** What becomes of a mistake: thrown, unless all of them are wanted. */
export type Refuse = (mistake: ConsiliumError) => void;

const atOnce: Refuse = (mistake) => {
  throw mistake;
};

/** Setting -> text, as the command line hands it over. Refuses with `CONFIG_INVALID` {setting, flag}. */
export function flagLayer(
  flags: Readonly<Partial<Record<SettingName, string>>>,
  refuse: Refuse = atOnce,
): Layer {
  return textLayer(
    (name) => flags[name],
    (name) => ({ source: 'flag', flag: flagOf(name) }),
    refuse,
  );
}

/** Variables `CONSILIUM_...`; an empty one counts as not set. Refuses with `CONFIG_INVALID` {setting, variable}. */
export function environmentLayer(
  environment: Readonly<Record<string, string | undefined>>,
  refuse: Refuse = atOnce,
): Layer {
  return textLayer(
    (name) => environment[environmentOf(name)] || undefined,
    (name) => ({ source: 'environment', variable: environmentOf(name) }),
    refuse,
  );
}

function textLayer(
  textOf: (name: SettingName) => string | undefined,
  originOf: Layer['originOf'],
  refuse: Refuse,
): Layer {
  const values: Values = {};
  for (const name of SETTING_NAMES) {
    const text = textOf(name);
    if (text === undefined) continue;
    if (!assign(values, name, SETTINGS[name].type.fromText(text))) refuse(wrongValue(name, originOf(name)));
  }
  return { values, originOf };
}

export function defaultLayer(): Layer {
  const values: Values = {};
  for (const name of SETTING_NAMES) assign(values, name, SETTINGS[name].fallback);
  return { values, originOf: () => ({ source: 'default' }) };
}

/**
 * Throws `CONFIG_MALFORMED` {file, line, column}. Refuses with the same {file, line, rule} for a file that was cut short,
 * `CONFIG_KEY_UNKNOWN` {file, line, key, suggestion?} and `CONFIG_INVALID` {setting, file, line}.
 */
export function fileLayer(file: string, toml: string, refuse: Refuse = atOnce): Layer {
  if (isCutShort(toml)) refuse(cutShort(file, toml));
  const table = parseToml(file, toml);
  const lineOf = createLineOf(toml);
  const placeOf = (path: KeyPath): Origin => ({ source: 'file', file, line: lineOf(path) ?? 1 });
  const values: Values = {};
  for (const { path, raw } of leavesOf(table, [])) {
    const name = path.join('.');
    if (TABLES.has(name)) refuse(notTable(name, placeOf(path)));
    else if (!isSettingName(name)) refuse(unknownKey(file, path, lineOf));
    else if (!assign(values, name, SETTINGS[name].type.fromToml(raw))) {
      refuse(wrongValue(name, placeOf([...path, ...faultyEntry(name, raw)])));
    }
  }
  return { values, originOf: (name) => placeOf(name.split('.')) };
}

/** The first entry of a table that its type refuses even alone. */
function faultyEntry(name: SettingName, raw: unknown): KeyPath {
  if (!isTable(raw)) return [];
  const { fromToml } = SETTINGS[name].type;
  const faulty = Object.entries(raw).find(([key, value]) => fromToml({ [key]: value }) === undefined);
  return faulty === undefined ? [] : [faulty[0]];
}

function parseToml(file: string, toml: string): object {
  try {
    return parse(toml, { unsafeKeyBehaviour: 'throw' });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const { line, column } = error;
    const reason = error.message.split('\n')[0] ?? '';
    const detail = `${file}, line ${line}, column ${column}: ${reason}`;
    throw new ConsiliumError('CONFIG_MALFORMED', { file, line, column }, detail);
  }
}

function cutShort(file: string, toml: string): ConsiliumError {
  const line = toml.split('\n').length;
  const detail = `${file}, line ${line}: the file ends before its last line, ${JSON.stringify(END_MARK)}: it was cut short`;
  return new ConsiliumError('CONFIG_MALFORMED', { file, line, rule: 'cut short' }, detail);
}

interface Leaf {
  readonly path: KeyPath;
  readonly raw: unknown;
}

const TABLES: ReadonlySet<string> = new Set(
  SETTING_NAMES.filter((name) => name.includes('.')).map((name) => name.slice(0, name.indexOf('.'))),
);

/** A table that holds settings is walked through; everything else is a setting, or unknown as a whole. */
function* leavesOf(table: object, above: KeyPath): Generator<Leaf> {
  for (const [key, raw] of Object.entries(table)) {
    const path = [...above, key];
    if (TABLES.has(path.join('.')) && isTable(raw)) yield* leavesOf(raw, path);
    else yield { path, raw };
  }
}

function unknownKey(file: string, path: KeyPath, lineOf: LineOf): ConsiliumError {
  const key = path.join('.');
  const line = lineOf(path) ?? 1;
  const suggestion = nearestName(key, [...SETTING_NAMES, ...TABLES]);
  const meant = suggestion === undefined ? '' : `; did you mean ${suggestion}?`;
  const detail = `${file}, line ${line}: there is no setting ${JSON.stringify(key)}${meant}`;
  const data = { file, line, key, ...(suggestion === undefined ? {} : { suggestion }) };
  return new ConsiliumError('CONFIG_KEY_UNKNOWN', data, detail);
}

function notTable(setting: string, origin: Origin): ConsiliumError {
  const { source: _source, ...place } = origin;
  const detail = `${describeOrigin(origin)}: ${setting} must be a table of settings, [${setting}]`;
  return new ConsiliumError('CONFIG_INVALID', { setting, ...place }, detail);
}

function wrongValue(setting: SettingName, origin: Origin): ConsiliumError {
  const { source: _source, ...place } = origin;
  const detail = `${describeOrigin(origin)}: ${setting} must be ${SETTINGS[setting].type.expected}`;
  return new ConsiliumError('CONFIG_INVALID', { setting, ...place }, detail);
}

export function describeOrigin(origin: Origin): string {
  if (origin.source === 'flag') return `flag ${origin.flag}`;
  if (origin.source === 'environment') return `environment ${origin.variable}`;
  return origin.source === 'file' ? `${origin.file}, line ${origin.line}` : 'default';
}
