// Owns: which scenario files a person named: one file, or every `.toml` of a folder, in the order of their names.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ConsiliumError } from '@consilium/core';
import { SCENARIO_BYTES_MAX } from '../limits.ts';
import { parseScenario } from '../scenario/parse.ts';
import type { Scenario } from '../scenario/scenario.ts';

export interface ScenarioFile {
  readonly path: string;
  readonly text: string;
  readonly scenario: Scenario;
}

/** Throws `FILE_MISSING` {file}, `FILE_UNREADABLE` {file}, `FILE_TOO_LARGE` {file}, `SCENARIO_INVALID` {path, where, why}. */
export function readScenarios(path: string): readonly ScenarioFile[] {
  const paths = pathsOf(path);
  if (paths.length === 0)
    throw new ConsiliumError('SCENARIO_INVALID', { path, where: 'folder', why: 'holds no .toml' });
  const files = paths.map(readScenario);
  const names = files.map(({ scenario }) => scenario.name);
  const twice = files.find(({ scenario }, place) => names.indexOf(scenario.name) !== place);
  if (twice !== undefined)
    throw new ConsiliumError('SCENARIO_INVALID', {
      path: twice.path,
      where: 'name',
      why: `another scenario is called ${twice.scenario.name}`,
    });
  return files;
}

function pathsOf(path: string): readonly string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    const names = readdirSync(path).filter((name) => name.endsWith('.toml'));
    return names.sort().map((name) => join(path, name));
  } catch {
    throw new ConsiliumError('FILE_MISSING', { file: path });
  }
}

function readScenario(path: string): ScenarioFile {
  const text = readText(path);
  try {
    return { path, text, scenario: parseScenario(text) };
  } catch (error) {
    if (!(error instanceof ConsiliumError)) throw error;
    throw new ConsiliumError(error.code, { path, ...error.data });
  }
}

function lookAt(path: string): { readonly size: number; readonly isFile: boolean } {
  const seen = statSync(path);
  return { size: seen.size, isFile: seen.isFile() };
}

function readText(path: string): string {
  const { size, isFile } = lookAt(path);
  // A pipe would never end.
  if (!isFile) throw new ConsiliumError('FILE_UNREADABLE', { file: path });
  if (size > SCENARIO_BYTES_MAX)
    throw new ConsiliumError('FILE_TOO_LARGE', { file: path, bytesMax: SCENARIO_BYTES_MAX });
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new ConsiliumError('FILE_UNREADABLE', { file: path });
  }
}
