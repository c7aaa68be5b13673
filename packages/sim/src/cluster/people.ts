// Owns: patients and doctors of simulated hospitals, and what they and their hospitals say to the ledger. Does not own:
// when they say it.
import {
  type AccessOpenBody,
  type Action,
  accountIdOf,
  actionOf,
  type Hex32,
  OPEN_RULE,
  possessionPayload,
  type SecretKey,
  secretKeyFromSeed,
  sha256,
  signedBytes,
  utf8,
} from '@consilium/core';
import { type SimEncryptionKey, simEncryptionKey } from '../world/sim-sealer.ts';
import type { Cluster } from './cluster.ts';
import type { Hospital } from './identities.ts';

export interface Person {
  readonly id: Hex32;
  readonly role: 'patient' | 'doctor';
  readonly account: SecretKey;
  readonly encryption: SimEncryptionKey;
  readonly hospital: Hospital;
}

const CONSENT_MS = 3_600_000;

/** Keys do not matter to a run, and making them takes longer than a height. */
const known = new Map<string, Omit<Person, 'hospital'>>();

/** The same name gives the same person. Others can seal to the person in this cluster from now on. */
export function personAt(
  { custody }: Pick<Cluster, 'custody'>,
  hospital: Hospital,
  role: Person['role'],
  name: string,
): Person {
  const whole = `consilium simulated ${role} ${name} of ${hospital.name}`;
  const keys = known.get(whole) ?? keysOf(whole, role);
  known.set(whole, keys);
  custody?.sealing.registry.know(keys.encryption);
  return { ...keys, hospital };
}

function keysOf(whole: string, role: Person['role']): Omit<Person, 'hospital'> {
  const account = secretKeyFromSeed(sha256(utf8(`${whole} account`)));
  const encryption = simEncryptionKey(sha256(utf8(`${whole} encryption`)));
  return { id: accountIdOf(account.publicKey), role, account, encryption };
}

/** What the person's hospital sends so that the ledger knows the person. */
export function enrolment(
  { founders, keys }: Pick<Cluster, 'founders' | 'keys'>,
  { role, account, encryption, hospital }: Person,
): Action {
  const key = account.publicKey;
  const payload = possessionPayload(key, hospital.id);
  const possession = keys.sign(account, signedBytes('keyPossession', founders.genesisHash, payload));
  return role === 'patient'
    ? actionOf('identity.enrolPatient', { key, possession, encryptionKey: encryption.publicKey })
    : actionOf('identity.issueCredential', {
        ...{ key, possession },
        role: 'doctor',
        speciality: null,
        emergency: false,
      });
}

/** Sent by the patient. `nowMs`: of the world. `excluded`: tags of records that the grantee does not see. */
export function consentTo(
  patient: Hex32,
  grantee: Hex32,
  nowMs: number,
  excluded: readonly string[] = [],
): Action {
  return actionOf('consent.grant', {
    patient,
    terms: {
      decision: 'permit',
      period: { from: nowMs - 60_000, until: nowMs + CONSENT_MS },
      rule: { ...OPEN_RULE, actors: [{ type: 'account', id: grantee }], purposes: ['TREAT'] },
      exceptions: excluded.length === 0 ? [] : [{ ...OPEN_RULE, period: null, labels: excluded }],
      separateAuthorization: false,
      agreement: null,
      tagGeneration: 1,
    },
  });
}

/** Sent by the reader. */
export function accessTo(patient: Hex32, records: readonly Hex32[], { encryption }: Person): Action {
  const selection = { type: 'records', records } as const;
  const body: AccessOpenBody = {
    ...{ patient, selection },
    purpose: 'TREAT',
    readerKey: encryption.publicKey,
    onBehalfOf: null,
    project: null,
    emergency: null,
  };
  return actionOf('access.open', body);
}
