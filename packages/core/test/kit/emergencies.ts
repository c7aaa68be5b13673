// Owns: emergencies of a test chain in one line each: who may break the glass, what they ask for, a second clinician's
// word, the worklist. Does not own: records and plain accesses (records.ts).
import {
  ACCESSES,
  type AccessRow,
  type AccessSelection,
  type Action,
  actionOf,
  EMERGENCIES,
  EMERGENCY_OPINION_MS_MAX,
  type EmergencyReason,
  type EmergencyRow,
  type Hex32,
  hashHex,
  listCount,
  type ReviewVerdict,
  readRow,
  type SecondOpinion,
  type SecondSignature,
  signSecondOpinion,
  type TxResult,
  utf8,
} from '../../src/index.ts';
import type { Chain, Hospital } from './chain.ts';
import { asPerson, type CredentialWish, credentialing, type Person, personOf, submit } from './people.ts';

/** A clinician with this credential. */
export function staff(chain: Chain, hospital: Hospital, name: string, wish: CredentialWish = {}): Person {
  const { code } = submit(chain, asPerson(hospital), credentialing(chain, hospital, name, wish));
  if (code !== 'OK') throw new Error(code);
  return personOf(name);
}

export function readerKeyOf(name: string): Hex32 {
  return hashHex(utf8(`reader key ${name}`));
}

export interface EmergencyWish {
  readonly selection?: AccessSelection;
  readonly reason?: EmergencyReason;
  readonly readerKey?: Hex32;
  readonly second?: SecondSignature | null;
}

/** Whatever of the patient's list fits. */
export const ANYTHING: Extract<AccessSelection, { type: 'query' }> = {
  type: 'query',
  tags: [],
  months: null,
  fromIndex: 0,
};

export function named(...records: readonly Hex32[]): AccessSelection {
  return { type: 'records', records };
}

export function breaking(patient: Hex32, wish: EmergencyWish = {}): Action {
  const { selection = ANYTHING, reason = 'unconscious', second = null } = wish;
  const readerKey = wish.readerKey ?? readerKeyOf('of an emergency');
  return actionOf('access.open', {
    ...{ patient, selection, readerKey, purpose: 'BTG', onBehalfOf: null, project: null },
    emergency: { reason, second },
  });
}

/** The last entry in the patient's log. */
export function lastAccess(chain: Chain, patient: Hex32): AccessRow {
  const { state } = chain.view();
  const row = readRow(state, ACCESSES, patient, listCount(state, 'accesses', patient) - 1);
  if (row === undefined) throw new Error('no access');
  return row;
}

/** What became of each record, as `permit emergency`. Fails the test when the transaction is refused. */
export function broken(
  chain: Chain,
  reader: Person,
  patient: Hex32,
  wish: EmergencyWish = {},
): readonly string[] {
  const { code } = submit(chain, reader, breaking(patient, wish));
  if (code !== 'OK') throw new Error(code);
  return lastAccess(chain, patient).items.map(({ decision, rule }) => `${decision} ${rule}`);
}

/** In their order. */
export function worklist(chain: Chain, institution: Hex32): readonly EmergencyRow[] {
  const { state } = chain.view();
  return Array.from({ length: listCount(state, 'emergencies', institution) }, (_, index) => {
    const row = readRow(state, EMERGENCIES, institution, index);
    if (row === undefined) throw new Error(`a gap at ${index}`);
    return row;
  });
}

export function review(chain: Chain, by: Person, index: number, verdict: ReviewVerdict): TxResult {
  return submit(chain, by, actionOf('emergency.review', { index, verdict }));
}

export function reinstate(chain: Chain, by: Person, clinician: Hex32): TxResult {
  return submit(chain, by, actionOf('emergency.reinstate', { clinician }));
}

/** For half of the time that a word may hold. */
export function opinionFor(
  chain: Chain,
  patient: Hex32,
  reader: Hex32,
  wish: Partial<SecondOpinion> = {},
): SecondOpinion {
  const until = chain.view().tip.time + EMERGENCY_OPINION_MS_MAX / 2;
  return {
    patient,
    reader,
    readerKey: readerKeyOf('of an emergency'),
    reason: 'unconscious',
    until,
    ...wish,
  };
}

export function signed(chain: Chain, by: Person, opinion: SecondOpinion): SecondSignature {
  const signature = signSecondOpinion(by.key, chain.deps.genesisHash, opinion);
  return { account: by.id, until: opinion.until, signature };
}

/** A block of this time with nothing in it: later ones compare with it. */
export function passTo(chain: Chain, time: number): void {
  chain.commit([], { time });
}
