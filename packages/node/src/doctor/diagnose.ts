// Owns: the order in which a home and its machine are examined, and what the running node adds. Does not own: any check.
import { isConsiliumError, type Verify } from '@consilium/core';
import type { WhyReport } from '../observe/why.ts';
import {
  checkCard,
  checkConfig,
  checkGenesis,
  checkKeys,
  checkParts,
  checkRecord,
  checkRights,
  checkStore,
} from './checks-home.ts';
import { checkListening, checkMachine, checkNeighbours, checkProcess } from './checks-machine.ts';
import { type Finding, finding } from './findings.ts';
import type { Machine } from './machine.ts';
import { type Patient, readPatient } from './patient.ts';

export interface DiagnoseDeps {
  readonly verify: Verify;
  readonly machine: Machine;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What the running node says of itself; undefined: its API does not answer. Asked only when a process holds the home. */
  readonly askWhy: () => Promise<WhyReport | undefined>;
}

export interface Diagnosis {
  readonly findings: readonly Finding[];
  /** Whether a process holds the home. */
  readonly running: boolean;
  /** Without any `fault`. */
  readonly healthy: boolean;
}

type Check = (patient: Patient, machine: Machine) => Finding[] | Promise<Finding[]>;

const CHECKS: readonly Check[] = [
  checkParts,
  checkRights,
  checkConfig,
  checkKeys,
  checkGenesis,
  checkStore,
  checkRecord,
  checkCard,
  checkMachine,
  checkProcess,
  checkListening,
  checkNeighbours,
];

export async function diagnose(home: string, deps: DiagnoseDeps): Promise<Diagnosis> {
  const patient = await patientOf(home, deps);
  if (patient === undefined) return diagnosisOf([finding('HOME_MISSING', { home }, home)], false);
  const found: Finding[] = [];
  for (const check of CHECKS) found.push(...(await check(patient, deps.machine)));
  const running = patient.store === 'in-use';
  found.push(...(running ? await checkRunning(patient, deps) : [finding('NODE_NOT_RUNNING')]));
  return diagnosisOf(found, running);
}

async function patientOf(home: string, { env, verify }: DiagnoseDeps): Promise<Patient | undefined> {
  try {
    return await readPatient(home, env, verify);
  } catch (error) {
    if (isConsiliumError(error, 'HOME_MISSING')) return undefined;
    throw error;
  }
}

/** What nothing else explains: a node that is not ready says why itself. */
async function checkRunning({ paths }: Patient, { askWhy }: DiagnoseDeps): Promise<Finding[]> {
  const { home } = paths;
  const report = await askWhy();
  if (report === undefined) return [finding('NODE_SILENT')];
  const { code, answer, readiness } = report;
  const reasons = readiness.reasons.map((reason) =>
    finding('NODE_NOT_READY', { home }, `${reason.code}, ${reason.text}`),
  );
  const isWell = code === 'IDLE' || code === 'DECIDING' || code === 'SYNCING';
  return isWell ? reasons : [...reasons, finding('NO_BLOCKS', { home }, `${code}, ${answer}`)];
}

function diagnosisOf(findings: readonly Finding[], running: boolean): Diagnosis {
  return { findings, running, healthy: !findings.some(({ severity }) => severity === 'fault') };
}
