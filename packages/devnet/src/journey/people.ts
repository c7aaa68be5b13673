// Owns: steps 1 and 6: clinicians, a patient, a consent, and its end, each committed and then read back with proof.

import { readFile, writeFile } from 'node:fs/promises';
import {
  addEnrolment,
  ConsiliumError,
  type Enrolment,
  enrolmentRequest,
  enrolPatient,
  formatWallet,
  grantConsent,
  issueCredential,
  type PatientWallet,
  parseKeyFile,
  parseWallet,
  patientSigner,
  revokeConsent,
  type Signer,
  signerOf,
} from '@consilium/sdk';
import { type Hospital, readTopology } from '../network/topology.ts';
import { commit } from './acting.ts';
import { CONSENT_DAYS } from './limits.ts';
import type { Story } from './types.ts';

const DAY_MS = 86_400_000;

export interface Patient {
  readonly signer: Signer;
  readonly enrolment: Enrolment;
}

/** The hospitals as genesis names them, read with proof. */
export async function tellInstitutions(story: Story): Promise<void> {
  const { value: validators, asOf } = await story.client.validators();
  const names = validators.map((validator) => validator.name).join(', ');
  story.tell(1, `${validators.length} hospitals decide together: ${names}`, asOf);
}

/** Every clinician of the running hospitals gets a credential, unless an earlier run issued it. */
export async function credentialClinicians(story: Story): Promise<void> {
  const { hospitals } = await readTopology();
  const running = hospitals.filter(({ id }) => story.devnet.file.nodes.some((node) => node.name === id));
  for (const hospital of running) await credentialsOf(story, hospital);
}

async function credentialsOf(story: Story, hospital: Hospital): Promise<void> {
  const { devnet, client } = story;
  const institution = await devnet.signer(hospital.id);
  for (const { id, role, speciality, emergency } of hospital.clinicians) {
    const key = parseKeyFile(await readFile(devnet.keyFile(id), 'utf8'));
    const known = await client.account(key.account);
    if (known.value !== null) continue;
    const credential = { role, speciality, emergency };
    const action = issueCredential(client.genesisHash, institution.account, signerOf(key).key, credential);
    const tx = await commit(story, [action], institution);
    story.tell(1, `${hospital.name} vouches for ${id}, ${role}`, tx);
  }
}

/** The patient of the sample, enrolled at the hospital under a pseudonym that only the wallet can link. */
export async function enrolThePatient(story: Story, hospital: string): Promise<Patient> {
  const { devnet, client } = story;
  const [entry] = devnet.file.keys.filter((key) => key.role === 'patient');
  if (entry === undefined) throw new ConsiliumError('KEY_NOT_FOUND', { key: 'patient', known: 'none' });
  const institution = await devnet.signer(hospital);
  const before: PatientWallet = parseWallet(await readFile(entry.file, 'utf8'));
  const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));
  const { wallet, enrolment } = addEnrolment(before, client.genesisHash, institution.account, random);
  // The tag secret is on the disk before anything is sent: without it the tags say nothing to anybody.
  await writeFile(entry.file, formatWallet(wallet), { mode: 0o600 });
  const known = await client.account(enrolment.account);
  if (known.value === null) {
    const tx = await commit(story, [enrolPatient(enrolmentRequest(wallet, enrolment))], institution);
    story.tell(1, `a patient is enrolled, as ${enrolment.account.slice(0, 8)}… and no other name`, tx);
  }
  return { signer: patientSigner(wallet, enrolment), enrolment };
}

/** Returns the index of the consent, read back with proof. */
export async function grantTheConsent(story: Story, patient: Patient, grantee: string): Promise<number> {
  const { devnet, client } = story;
  const { institution, title } = devnet.node(grantee);
  const from = Date.now();
  const words = {
    grantee: institution,
    categories: ['laboratory', 'medication'],
    permittedLabels: [],
    excludedLabels: ['PSY'],
    purposes: ['TREAT' as const],
    from,
    until: from + CONSENT_DAYS * DAY_MS,
  };
  const tx = await commit(story, [grantConsent(words, patient.enrolment)], patient.signer);
  const index = tx.outcomes[0]?.index ?? 0;
  const { value } = await client.consents(patient.enrolment.account);
  if (value.items.at(-1)?.index !== index) throw new ConsiliumError('PROOF_INVALID', { index });
  const until = new Date(words.until).toISOString().slice(0, 10);
  story.tell(1, `the patient lets ${title} see laboratory and medication, for treatment, until ${until}`, tx);
  return index;
}

export async function revokeTheConsent(story: Story, patient: Patient, index: number): Promise<void> {
  const tx = await commit(story, [revokeConsent(index)], patient.signer);
  const { value } = await story.client.consents(patient.enrolment.account);
  const consent = value.items.find((item) => item.index === index);
  if (consent?.revokedHeight !== tx.height) throw new ConsiliumError('PROOF_INVALID', { index });
  story.tell(6, 'the patient revokes the consent; the ledger shows it revoked, with proof', tx);
}
