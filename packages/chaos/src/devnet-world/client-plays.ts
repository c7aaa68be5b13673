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

async function createPatient({ doors, write }: Workload, prng: Prng): Promise<ClientPlay> {
  const door = prng.pick(doors);
  const random = (length: number): Uint8Array => prng.bytes(length);
  const enrolled = addEnrolment(createWallet(random), door.client.genesisHash, door.signer.account, random);
  const { wallet, enrolment } = enrolled;
  const enrol = enrolPatient(enrolmentRequest(wallet, enrolment));
  const { outcome } = await write(door, [enrol], door.signer);
  if (outcome !== 'ok') throw new Error('a patient was not enrolled before the faults began');
  return playConsents(enrolment, patientSigner(wallet, enrolment));
}

function playConsents(enrolment: Enrolment, signer: Signer): ClientPlay {
  const open: number[] = [];
  return async (write, doors, prng) => {
    const [oldest] = open;
    if (oldest !== undefined && open.length >= CONSENTS_OPEN_MAX) {
      await write(prng.pick(doors), [revokeConsent(oldest)], signer);
      open.shift();
      return;
    }
    const { index } = await write(prng.pick(doors), [grant(enrolment, prng.pick(doors))], signer);
    if (index !== undefined) open.push(index);
  };
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
