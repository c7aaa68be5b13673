// Owns: where an institution's register of patients lies, and reading and writing it. Does not own: what stands in it (the
// SDK).
import { join } from 'node:path';
import {
  addPatient,
  ConsiliumError,
  createRegister,
  findPatient,
  formatRegister,
  type Hex32,
  isConsiliumError,
  type PatientRegister,
  parseRegister,
  type RegisteredPatient,
} from '@consilium/sdk';
import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { checkOwnerOnly, pathOf, readTextIfThere, SECRET_MODE, writeWhole } from './files.ts';
import type { Network } from './network.ts';

export interface RegisterOption {
  readonly register?: string;
}

export function addRegisterOption(command: Command): Command {
  return command.option(
    '--register <file>',
    "the institution's register of patients (default: with the devnet's keys, else in ~/.consilium)",
  );
}

export function registerPath(
  io: Io,
  { devnet, isDevnet }: Network,
  institution: Hex32,
  { register }: RegisterOption,
): string {
  if (register !== undefined) return pathOf(io, register);
  if (devnet === undefined || !isDevnet) return join(io.home, '.consilium', `register-${institution}.json`);
  const name = devnet.nodes.find((node) => node.institution === institution)?.name ?? institution;
  return join(devnet.dir, 'keys', `${name}-register.json`);
}

/**
 * undefined when there is none. Throws `KEY_FILE_MODE`, and `FILE_INVALID` also for the register of another network or, when
 * one is named, of another institution.
 */
export async function readRegister(
  path: string,
  { client }: Network,
  institution?: Hex32,
): Promise<PatientRegister | undefined> {
  const text = await readTextIfThere(path);
  if (text === undefined) return undefined;
  await checkOwnerOnly(path);
  const register = parseNamed(path, text);
  if (register.genesis !== client.genesisHash)
    throw new ConsiliumError('FILE_INVALID', { file: path, rule: 'register of another network' });
  if (institution !== undefined && register.institution !== institution)
    throw new ConsiliumError('FILE_INVALID', { file: path, rule: 'register of another institution' });
  return register;
}

function parseNamed(path: string, text: string): PatientRegister {
  try {
    return parseRegister(text);
  } catch (error) {
    if (isConsiliumError(error)) throw new ConsiliumError(error.code, { ...error.data, file: path });
    throw error;
  }
}

/** The register with this patient, still to be written. Throws `VALUE_INVALID` when the name is another patient's. */
export async function withPatient(
  path: string,
  network: Network,
  institution: Hex32,
  patient: RegisteredPatient,
): Promise<PatientRegister> {
  const before =
    (await readRegister(path, network, institution)) ??
    createRegister(network.client.genesisHash, institution);
  return addPatient(before, patient);
}

export function writeRegister(path: string, register: PatientRegister): Promise<void> {
  return writeWhole(path, formatRegister(register), SECRET_MODE);
}

/** By local name or account. Throws `FILE_MISSING` without a register, `ACCOUNT_NOT_FOUND` when it lacks the patient. */
export async function registeredPatient(
  io: Io,
  network: Network,
  institution: Hex32,
  named: string,
  options: RegisterOption,
): Promise<RegisteredPatient> {
  const path = registerPath(io, network, institution, options);
  const register = await readRegister(path, network, institution);
  if (register === undefined)
    throw new ConsiliumError(
      'FILE_MISSING',
      { file: path },
      'no register of patients: patient enrol makes it',
    );
  const patient = findPatient(register, named);
  if (patient === undefined)
    throw new ConsiliumError(
      'ACCOUNT_NOT_FOUND',
      { register: path },
      'the register has no such patient; patient enrol enters one',
    );
  return patient;
}
