// Owns: from the layers to the one value that the daemon is given, and where each part of it came from.
import { dirname } from 'node:path';
import { ConsiliumError, isConsiliumError } from '@consilium/core';
import { readSmallFile } from '../files/atomic-file.ts';
import { CONFIG_BYTES_MAX } from '../limits.ts';
import {
  defaultLayer,
  describeOrigin,
  environmentLayer,
  fileLayer,
  flagLayer,
  type Layer,
  type Refuse,
} from './layers.ts';
import {
  type Config,
  configOf,
  environmentOf,
  flagOf,
  SETTING_NAMES,
  SETTINGS,
  type SettingName,
  type SettingValues,
} from './settings.ts';

export interface ConfigSources {
  readonly file?: { readonly name: string; readonly toml: string };
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly flags?: Readonly<Partial<Record<SettingName, string>>>;
}

export interface ResolvedConfig {
  readonly config: Config;
  readonly settings: readonly ResolvedSetting[];
}

/** For `config show --origin`. */
export interface ResolvedSetting {
  readonly name: SettingName;
  /** As it would stand in the file. */
  readonly value: string;
  /** `default`, `flag --set api.port`, `environment CONSILIUM_API_PORT` or `config.toml, line 12`. */
  readonly origin: string;
}

/** Flag before environment before file before default. Throws what the layers throw, and `CONFIG_INVALID` {setting}. */
export function resolveConfig({ file, environment = {}, flags = {} }: ConfigSources): ResolvedConfig {
  const layers: readonly Layer[] = [
    flagLayer(flags),
    environmentLayer(environment),
    ...(file === undefined ? [] : [fileLayer(file.name, file.toml)]),
    defaultLayer(),
  ];
  const values = Object.fromEntries(SETTING_NAMES.map((name) => [name, pick(layers, name)]));
  const settings = SETTING_NAMES.map((name) => resolvedSetting(layers, name));
  return { config: configOf(values as unknown as SettingValues), settings };
}

/**
 * Every mistake in every place, in the order of the places: flags, environment, file. A setting that is missing is one,
 * unless it is there with a wrong value.
 */
export function configMistakes({
  file,
  environment = {},
  flags = {},
}: ConfigSources): readonly ConsiliumError[] {
  const mistakes: ConsiliumError[] = [];
  const note: Refuse = (mistake) => mistakes.push(mistake);
  const layers = [flagLayer(flags, note), environmentLayer(environment, note)];
  try {
    if (file !== undefined) layers.push(fileLayer(file.name, file.toml, note));
  } catch (error) {
    if (!isConsiliumError(error)) throw error;
    // Nothing more can be said of a file that is no TOML.
    return [...mistakes, error];
  }
  const wrong = new Set(mistakes.map(({ data }) => data['setting']));
  const known = [...layers, defaultLayer()];
  const missing = SETTING_NAMES.filter(
    (name) => !wrong.has(name) && !known.some(({ values }) => values[name] !== undefined),
  );
  return [...mistakes, ...missing.map(notSet)];
}

function layerOf(layers: readonly Layer[], name: SettingName): Layer {
  const layer = layers.find(({ values }) => values[name] !== undefined);
  if (layer !== undefined) return layer;
  throw notSet(name);
}

function notSet(name: SettingName): ConsiliumError {
  const detail = `${name} is not set: in the file, as ${flagOf(name)} or as ${environmentOf(name)}`;
  return new ConsiliumError('CONFIG_INVALID', { setting: name }, detail);
}

function pick<K extends SettingName>(layers: readonly Layer[], name: K): SettingValues[K] {
  return layerOf(layers, name).values[name] as SettingValues[K];
}

function resolvedSetting<K extends SettingName>(layers: readonly Layer[], name: K): ResolvedSetting {
  const value = SETTINGS[name].type.toToml(pick(layers, name));
  return { name, value, origin: describeOrigin(layerOf(layers, name).originOf(name)) };
}

/** Settings given as text, for a file that is to be written. Throws `CONFIG_INVALID` {setting, flag}. */
export function parseSettings(given: Readonly<Partial<Record<SettingName, string>>>): Partial<SettingValues> {
  return flagLayer(given).values;
}

/** Reads the file of a home, then resolves. Throws `HOME_MISSING` {home} when there is none. */
export async function loadConfig(
  file: string,
  environment: Readonly<Record<string, string | undefined>>,
  flags: Readonly<Partial<Record<SettingName, string>>>,
): Promise<ResolvedConfig> {
  const toml = await readToml(file);
  return resolveConfig({ file: { name: file, toml }, environment, flags });
}

/** Every mistake in the configuration of a home. Throws `HOME_MISSING` {home}. */
export async function findConfigMistakes(
  file: string,
  environment: Readonly<Record<string, string | undefined>>,
  flags: Readonly<Partial<Record<SettingName, string>>>,
): Promise<readonly ConsiliumError[]> {
  return configMistakes({ file: { name: file, toml: await readToml(file) }, environment, flags });
}

async function readToml(file: string): Promise<string> {
  try {
    const { bytes } = await readSmallFile(file, CONFIG_BYTES_MAX);
    return new TextDecoder().decode(bytes);
  } catch (error) {
    if (isConsiliumError(error, 'FILE_MISSING'))
      throw new ConsiliumError('HOME_MISSING', { home: dirname(file) });
    throw error;
  }
}
