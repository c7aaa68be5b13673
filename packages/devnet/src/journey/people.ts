// Owns: steps 1, 4 and 9: clinicians, a patient at two hospitals, a consent, and its end, each committed and then read back
// with proof.
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  addEnrolment,
  addPatient,
  ConsiliumError,
  consentSentence,
  consentTerms,
  createRegister,
  enrolmentRequest,
  enrolPatient,
  formatRegister,
  formatWallet,
  type Grant,
  grantConsent,
  grantOf,
  issueCredential,
  type PatientWallet,
  parseKeyFile,
  parseRegister,
  parseWallet,
  patientSigner,
  type RegisteredPatient,
  revokeConsent,
  signerOf,
} from '@consilium/sdk';
import { type Hospital, readTopology } from '../network/topology.ts';
import { commit } from './acting.ts';
import { CONSENT_DAYS } from './limits.ts';
import type { EnrolledPatient, Patient, Story } from './types.ts';

const DAY_MS = 86_400_000;
const CATEGORIES = ['laboratory', 'medication'];
/** What the hospitals call the patient, in their own registers only. */
const PATIENT_NAME = 'mara';

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

/** The patient of the sample, under a pseudonym at each hospital that only the wallet can link. */
export async function enrolThePatient(story: Story, hospitals: readonly string[]): Promise<Patient> {
  const [entry] = story.devnet.file.keys.filter((key) => key.role === 'patient');
  if (entry === undefined) throw new ConsiliumError('KEY_NOT_FOUND', { key: 'patient', known: 'none' });
  let wallet = parseWallet(await readFile(entry.file, 'utf8'));
  const at: Record<string, EnrolledPatient> = {};
  for (const hospital of hospitals) {
    const enrolled = await enrolAt(story, wallet, entry.file, hospital);
    wallet = enrolled.wallet;
    at[hospital] = enrolled.patient;
  }
  return { wallet, at };
}

async function enrolAt(
  story: Story,
  before: PatientWallet,
  file: string,
  hospital: string,
): Promise<{ readonly wallet: PatientWallet; readonly patient: EnrolledPatient }> {
  const { devnet, client } = story;
  const institution = await devnet.signer(hospital);
  const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));
  const { wallet, enrolment } = addEnrolment(before, client.genesisHash, institution.account, random);
  // The tag secret is on the disk before anything is sent: without it the tags say nothing to anybody.
  await writeFile(file, formatWallet(wallet), { mode: 0o600 });
  const { account, tagSecret, tagGeneration } = enrolment;
  const request = enrolmentRequest(wallet, enrolment);
  const known = await client.account(account);
  if (known.value === null) {
    const tx = await commit(story, [enrolPatient(request)], institution);
    const { title } = devnet.node(hospital);
    story.tell(1, `${title} enrols a patient, as ${account.slice(0, 8)}… and no other name`, tx);
  }
  const { encryptionKey } = request;
  const registered = { local: PATIENT_NAME, account, encryptionKey, tagSecret, tagGeneration };
  await enterInRegister(story, hospital, institution.account, registered);
  return { wallet, patient: { enrolment, signer: patientSigner(wallet, enrolment), registered } };
}

/** The hospital's own file of its patients, where its commands look for it. */
async function enterInRegister(
  { devnet, client }: Story,
  hospital: string,
  institution: string,
  patient: RegisteredPatient,
): Promise<void> {
  const path = join(devnet.file.dir, 'keys', `${hospital}-register.json`);
  const known = existsSync(path)
    ? parseRegister(await readFile(path, 'utf8'))
    : createRegister(client.genesisHash, institution);
  await writeFile(path, formatRegister(addPatient(known, patient)), { mode: 0o600 });
}

export interface GrantedConsent {
  readonly index: number;
  /** What the patient hands the grantee, off the ledger. */
  readonly grant: Grant;
}

/** Granted, and read back with proof. */
export async function grantTheConsent(
  story: Story,
  { enrolment, signer }: EnrolledPatient,
  grantee: string,
): Promise<GrantedConsent> {
  const { devnet, client } = story;
  const { institution, title } = devnet.node(grantee);
  const from = Date.now();
  const words = {
    grantee: institution,
    categories: CATEGORIES,
    permittedLabels: [],
    excludedLabels: ['PSY'],
    purposes: ['TREAT' as const],
    from,
    until: from + CONSENT_DAYS * DAY_MS,
  };
  const tx = await commit(story, [grantConsent(words, enrolment)], signer);
  const index = tx.outcomes[0]?.index ?? 0;
  const { value } = await client.consents(enrolment.account);
  if (value.items.at(-1)?.index !== index) throw new ConsiliumError('PROOF_INVALID', { index });
  const sentence = consentSentence(consentTerms(words, enrolment), enrolment, (id) =>
    id === institution ? title : undefined,
  );
  story.tell(4, `the patient consents: ${sentence}`, tx);
  return { index, grant: grantOf(words, enrolment) };
}

export async function revokeTheConsent(
  story: Story,
  { enrolment, signer }: EnrolledPatient,
  index: number,
): Promise<void> {
  const tx = await commit(story, [revokeConsent(enrolment.account, index)], signer);
  const { value } = await story.client.consents(enrolment.account);
  const consent = value.items.find((item) => item.index === index);
  if (consent?.revokedHeight !== tx.height) throw new ConsiliumError('PROOF_INVALID', { index });
  story.tell(9, 'the patient revokes the consent; the ledger shows it revoked, with proof', tx);
}
