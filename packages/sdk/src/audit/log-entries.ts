// Owns: one access, or several requests of one machine that belong together, in plain words. Does not own: whether it is
// true (verify-log.ts), which requests belong together (log-groups.ts).
import {
  type AccessItem,
  type AccessRow,
  type EmergencyUse,
  type Hex32,
  LEGAL_REASONS,
  type LegalReason,
  type Purpose,
} from '@consilium/core';
import { listed, PURPOSE_WORDS, RULE_WORDS, timeWords } from '../records/words.ts';
import type { Lined, LogAccess } from './log-file.ts';

export interface AccessLogEntry {
  /** In the file, from 1. */
  readonly line: number;
  /** The pseudonym. */
  readonly patient: Hex32;
  readonly index: number;
  /** `log`: a look at this very list. */
  readonly kind: AccessRow['kind'];
  /** Of the block in which it was entered. Milliseconds since the epoch. */
  readonly time: number;
  readonly height: number;
  /** Who asked: the clinician for whom a machine asked, else the account that sent the request. */
  readonly requester: Hex32;
  /** The account that sent the request. */
  readonly reader: Hex32;
  /** Whether the request came from the systems of an institution, not from a person's key. */
  readonly machine: boolean;
  /** As the entry says: whom a machine asked for; null: the reader asked for itself. */
  readonly onBehalfOf: Hex32 | null;
  /** The reader's. */
  readonly institution: Hex32;
  readonly institutionName: string;
  readonly purpose: Purpose;
  /** Project or claim of a data-use agreement. */
  readonly project: string | null;
  readonly emergency: EmergencyUse | null;
  readonly items: readonly LoggedItem[];
  readonly sentence: string;
}

/** `law`: what a law that refused it is called. */
export interface LoggedItem extends AccessItem {
  readonly law: LegalReason | null;
}

export function entryOf(
  { line, value: { patient, index, access } }: Lined<LogAccess>,
  names: ReadonlyMap<Hex32, string>,
): AccessLogEntry {
  const { kind, time, height, reader, institution, onBehalfOf, purpose, project, emergency } = access;
  const facts = {
    ...{ line, patient, index, kind, time, height },
    requester: onBehalfOf ?? reader,
    reader,
    machine: reader === institution,
    onBehalfOf,
    institution,
    institutionName: names.get(institution) ?? institution,
    ...{ purpose, project, emergency },
    items: access.items.map((item) => ({ ...item, law: LEGAL_REASONS[item.rule] ?? null })),
  };
  return { ...facts, sentence: `${timeWords(time)}: ${deedOf(facts, 1)}` };
}

type Told = Omit<AccessLogEntry, 'sentence'>;

/** Who did what, why, and what came of it: of `requests` alike, with the items of all. */
export function deedOf(told: Told, requests: number): string {
  const { kind, purpose, project, emergency, items } = told;
  const times = requests === 1 ? '' : ` in ${requests} requests`;
  const reason = `for ${PURPOSE_WORDS[purpose]}${project === null ? '' : ` (project ${project})`}`;
  if (kind === 'log') return `${whoOf(told)} read this access log${times} ${reason}.`;
  const what = items.length === 1 ? '1 record' : `${items.length} records`;
  const asked = `${whoOf(told)} asked to open ${what}${times} ${reason}${emergencyWords(emergency)}`;
  return items.length === 0 ? `${asked}; none fitted.` : `${asked}: ${outcomes(items)}.`;
}

function whoOf(told: Told): string {
  const { machine, onBehalfOf, requester, institutionName } = told;
  const actor = actorOf(told);
  if (actor === 'patient') return 'the patient';
  if (actor === 'delegate') return `account ${requester.slice(0, 8)}…, who acts for the patient,`;
  if (machine && onBehalfOf === null) return `the systems of ${institutionName}`;
  const person = `account ${requester.slice(0, 8)}… of ${institutionName}`;
  return machine ? `${person}, through its systems,` : person;
}

/** In which capacity the requester is known to have asked: their institution then has no part in it. */
export function actorOf(told: Omit<AccessLogEntry, 'sentence'>): 'patient' | 'delegate' | 'staff' {
  const { kind, purpose, requester, patient, items } = told;
  if (kind === 'log' && requester === patient) return 'patient';
  // R18: another's account asks for this purpose as who acts for the patient, or not at all.
  if (kind === 'log') return purpose === 'PATRQT' ? 'delegate' : 'staff';
  if (items.some(({ rule }) => rule === 'own')) return 'patient';
  return items.some(({ rule }) => rule === 'delegate') ? 'delegate' : 'staff';
}

function emergencyWords(emergency: EmergencyUse | null): string {
  if (emergency === null) return '';
  const second = emergency.second === null ? '' : `, with account ${emergency.second.slice(0, 8)}… as second`;
  return ` (EMERGENCY, ${emergency.reason}${second})`;
}

/** `2 permitted by a consent of the patient and 1 denied because no consent of the patient permits it`. */
function outcomes(items: readonly AccessItem[]): string {
  const groups = new Map<string, number>();
  for (const { decision, rule } of items) {
    const outcome = `${decision === 'permit' ? 'permitted' : 'denied'} ${RULE_WORDS[rule]}`;
    groups.set(outcome, (groups.get(outcome) ?? 0) + 1);
  }
  return listed([...groups].map(([outcome, count]) => `${count} ${outcome}`));
}
