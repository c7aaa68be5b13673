// Owns: what one client of a devnet writes next: nothing that changes anything, or a patient's consents, granted and
// revoked. Does not own: when it writes, what it is told (workload.ts).
import {
  type Action,
  addEnrolment,
  createWallet,
  type Enrolment,
  enrolmentRequest,
  enrolPatient,
  grantConsent,
  noop,
  patientSigner,
  revokeConsent,
  type Signer,
} from '@consilium/sdk';
import type { Prng } from '@consilium/sim';
import type { WorkloadKind } from '../scenario/scenario.ts';
import type { Answered, Door, Workload } from './workload.ts';

type Write = (door: Door, actions: readonly Action[], signer: Signer) => Promise<Answered>;

/** Writes once. */
export type ClientPlay = (write: Write, doors: readonly Door[], prng: Prng) => Promise<void>;

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

/** Resolves when what the plays need stands on the ledger. undefined: this world has no such load. */
export async function createPlays(
  kind: WorkloadKind,
  clients: number,
  workload: Workload,
  prng: Prng,
): Promise<readonly ClientPlay[] | undefined> {
  if (kind === 'none') return [];
  if (kind === 'noop') return Array.from({ length: clients }, () => playNoop);
  if (kind === 'records') return undefined;
  const patients = Array.from({ length: clients }, (_, place) =>
    createPatient(workload, prng.fork(`patient ${place}`)),
  );
  return Promise.all(patients);
}

async function createPatient(workload: Workload, prng: Prng): Promise<ClientPlay> {
  const { doors, write } = workload;
  const door = prng.pick(doors);
  const random = (length: number): Uint8Array => prng.bytes(length);
  const enrolled = addEnrolment(createWallet(random), door.client.genesisHash, door.signer.account, random);
  const { wallet, enrolment } = enrolled;
  const enrol = enrolPatient(enrolmentRequest(wallet, enrolment));
  const { code } = await write(door, [enrol], door.signer);
  if (code !== 'OK') throw new Error('a patient was not enrolled before the faults began');
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
      note('revoke', oldest, invokedMs, await write(prng.pick(doors), [revokeConsent(oldest)], signer));
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
