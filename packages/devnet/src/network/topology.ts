// Owns: devnet.toml as a value: hospitals, people, defaults. Does not own: keys and ports (plan.ts).
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { CLINICIAN_ROLES, type ClinicianRole, ConsiliumError } from '@consilium/core';
import { parse } from 'smol-toml';
import { BASE_PORT_MAX, BASE_PORT_MIN, NODES_MAX, SEED_LENGTH_MAX } from '../limits.ts';

export interface Topology {
  readonly seed: string;
  readonly basePort: number;
  /** How many of the hospitals found the network. */
  readonly nodes: number;
  readonly hospitals: readonly Hospital[];
  readonly patients: readonly Person[];
}

export interface Hospital {
  /** Names the node: `--as a`, `node kill a`. */
  readonly id: string;
  /** Of the institution, as on the ledger. */
  readonly name: string;
  readonly clinicians: readonly Clinician[];
}

export interface Person {
  readonly id: string;
}

export interface Clinician extends Person {
  readonly role: ClinicianRole;
  /** SNOMED CT. */
  readonly speciality: string | null;
  /** May break the glass. */
  readonly emergency: boolean;
}

const TOPOLOGY_FILE = fileURLToPath(new URL('../../../../devnet/devnet.toml', import.meta.url));

export async function readTopology(file: string = TOPOLOGY_FILE): Promise<Topology> {
  return parseTopology(await readFile(file, 'utf8'));
}

/** Throws `CONFIG_INVALID` naming the place. */
export function parseTopology(toml: string): Topology {
  const root = tableOf(parseToml(toml), 'devnet.toml');
  const topology: Topology = {
    seed: seedOf(root['seed'], 'seed'),
    basePort: integerOf(root['base_port'], 'base_port', BASE_PORT_MIN, BASE_PORT_MAX),
    nodes: integerOf(root['nodes'], 'nodes', 1, NODES_MAX),
    hospitals: listOf(root['hospitals'], 'hospitals').map(hospitalOf),
    patients: listOf(root['patients'], 'patients').map((raw, at) => ({ id: idOf(raw, `patients[${at}]`) })),
  };
  const { hospitals, patients } = topology;
  const ids = [...hospitals, ...hospitals.flatMap(({ clinicians }) => clinicians), ...patients];
  refuseTwice(ids.map(({ id }) => id));
  refuseTwice(hospitals.map(({ name }) => name));
  return topology;
}

export function seedOf(raw: unknown, place: string): string {
  if (typeof raw === 'string' && raw !== '' && raw.length <= SEED_LENGTH_MAX) return raw;
  throw invalid(place, `a text of 1 to ${SEED_LENGTH_MAX} characters`);
}

function hospitalOf(raw: unknown, at: number): Hospital {
  const place = `hospitals[${at}]`;
  const table = tableOf(raw, place);
  return {
    id: idOf(raw, place),
    name: textOf(table['name'], `${place}.name`),
    clinicians: listOf(table['clinicians'] ?? [], `${place}.clinicians`).map((clinician, index) =>
      clinicianOf(clinician, `${place}.clinicians[${index}]`),
    ),
  };
}

function clinicianOf(raw: unknown, place: string): Clinician {
  const { role, speciality, emergency = false } = tableOf(raw, place);
  const known = CLINICIAN_ROLES.find((candidate) => candidate === role);
  if (known === undefined) throw invalid(`${place}.role`, `one of ${CLINICIAN_ROLES.join(', ')}`);
  if (typeof emergency !== 'boolean') throw invalid(`${place}.emergency`, 'true or false');
  return {
    id: idOf(raw, place),
    role: known,
    speciality: speciality === undefined ? null : textOf(speciality, `${place}.speciality`),
    emergency,
  };
}

/** Short and plain: it stands on command lines and in file names. */
const ID = /^[a-z][a-z0-9-]{0,31}$/;

function idOf(raw: unknown, place: string): string {
  const { id } = tableOf(raw, place);
  if (typeof id === 'string' && ID.test(id)) return id;
  throw invalid(`${place}.id`, 'lower-case letters, digits and hyphens, a letter first');
}

function textOf(raw: unknown, place: string): string {
  if (typeof raw === 'string' && raw !== '') return raw;
  throw invalid(place, 'a text');
}

export function integerOf(raw: unknown, place: string, min: number, max: number): number {
  if (typeof raw === 'number' && Number.isSafeInteger(raw) && raw >= min && raw <= max) return raw;
  throw invalid(place, `a whole number from ${min} to ${max}`);
}

function listOf(raw: unknown, place: string): readonly unknown[] {
  if (Array.isArray(raw)) return raw;
  throw invalid(place, 'a list of tables');
}

function tableOf(raw: unknown, place: string): Readonly<Record<string, unknown>> {
  if (typeof raw === 'object' && raw !== null && !Array.isArray(raw)) return { ...raw };
  throw invalid(place, 'a table');
}

function parseToml(toml: string): unknown {
  try {
    return parse(toml);
  } catch {
    throw new ConsiliumError('CONFIG_MALFORMED', { file: 'devnet.toml' });
  }
}

function refuseTwice(names: readonly string[]): void {
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw invalid(twice, 'named once');
}

function invalid(place: string, expected: string): ConsiliumError {
  return new ConsiliumError('CONFIG_INVALID', { setting: place }, `${place} must be ${expected}`);
}
