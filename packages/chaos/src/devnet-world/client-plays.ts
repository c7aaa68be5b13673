// Owns: what one client of a devnet writes next: nothing that changes anything, or a patient's consents, granted and
// revoked. Does not own: when it writes, what it is told (workload.ts).
import {
  type Action,
  type Enrolment,
  grantConsent,
  noop,
  patientSigner,
  revokeConsent,
  type Signer,
} from '@consilium/sdk';
import type { Prng } from '@consilium/sim';
import type { History } from '../history/history.ts';
import type { Workload as WorkloadSpec } from '../scenario/scenario.ts';
import { enrol } from './enrol.ts';
import { createRecordsPlay } from './records-play.ts';
import type { Answered, ClientPlay, Door, Workload } from './workload.ts';

const DAY_MS = 86_400_000;
/** A patient lets so many stand at once, then revokes the oldest. */
const CONSENTS_OPEN_MAX = 3;
/** Probability that a revocation is asked for at two nodes at once. */
const TWICE = 0.3;

/** Changes nothing on the ledger, but is ordered and committed as everything else. */
const playNoop: ClientPlay = async (write, doors, prng) => {
  const sender = prng.pick(doors);
  await write(prng.pick(doors), [noop()], sender.signer);
};

/** Resolves when what the plays need stands on the ledger. */
export async function createPlays(
  { kind, clients }: WorkloadSpec,
  workload: Workload,
  history: History,
  prng: Prng,
): Promise<readonly ClientPlay[]> {
  if (kind === 'none') return [];
  if (kind === 'noop') return Array.from({ length: clients }, () => playNoop);
  const patients = Array.from({ length: clients }, (_, place) => {
    // Of those with records every second one has consents: each on its own, so that neither waits for the other.
    const create = kind === 'records' && place % 2 === 0 ? createRecordsPlay : createPatient;
    return create(workload, history, prng.fork(`patient ${place}`));
  });
  return Promise.all(patients);
}

async function createPatient(workload: Workload, _history: History, prng: Prng): Promise<ClientPlay> {
  const { wallet, enrolment } = await enrol(workload, prng.pick(workload.doors), prng);
  return playConsents(workload, enrolment, patientSigner(wallet, enrolment));
}

function playConsents(workload: Workload, enrolment: Enrolment, signer: Signer): ClientPlay {
  const open: number[] = [];
  const note = (kind: 'grant' | 'revoke', index: number, invokedMs: number, answered: Answered): void => {
    workload.operations.push({
      kind,
      key: `${enrolment.account.slice(0, 8)}/${index}`,
      client: enrolment.account.slice(0, 8),
      invokedMs,
      respondedMs: workload.nowMs(),
      outcome: outcomeOf(answered),
    });
  };
  return async (write, doors, prng) => {
    const invokedMs = workload.nowMs();
    if (open.length < CONSENTS_OPEN_MAX) {
      const answered = await write(prng.pick(doors), [grant(enrolment, prng.pick(doors))], signer);
      if (answered.index === undefined) return;
      note('grant', answered.index, invokedMs, answered);
      open.push(answered.index);
      return;
    }
    const oldest = open.shift();
    if (oldest === undefined) return;
    const revoke = async (): Promise<void> =>
      note(
        'revoke',
        oldest,
        invokedMs,
        await write(prng.pick(doors), [revokeConsent(enrolment.account, oldest)], signer),
      );
    // At once through two nodes: only one of them can have done it.
    await Promise.all(prng.chance(TWICE) ? [revoke(), revoke()] : [revoke()]);
  };
}

/** Committed, and refused by the ledger: it was not done either. */
function outcomeOf({ outcome, code }: Answered): Answered['outcome'] {
  return outcome === 'ok' && code !== 'OK' ? 'fail' : outcome;
}

function grant(enrolment: Enrolment, grantee: Door): Action {
  const from = Date.now();
  return grantConsent(
    {
      grantee: grantee.id,
      categories: ['laboratory'],
      permittedLabels: [],
      excludedLabels: ['PSY'],
      purposes: ['TREAT'],
      from,
      until: from + DAY_MS,
    },
    enrolment,
  );
}
