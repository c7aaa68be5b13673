// Patients, clinicians and records on a real network, in one line each.
import type { Action, Hex32 } from '@consilium/core';
import { accountIdOf } from '@consilium/core';
import {
  type AccessSelection,
  addEnrolment,
  type Client,
  type ConsentInWords,
  createWallet,
  deriveNamedKey,
  documentsOfBundle,
  type Enrolment,
  enrolmentRequest,
  enrolPatient,
  grantConsent,
  type IngestedRecord,
  type IngestOptions,
  ingestRecords,
  issueCredential,
  type OpenedAccess,
  openRecords,
  type PatientWallet,
  patientSigner,
  type RegisteredPatient,
  type ResourceSource,
  type Signer,
  wholeContent,
} from '@consilium/sdk';
import { sampleBundle } from '../../../../devnet/src/sample/bundle.ts';
import { systemRandom } from '../../../src/crypto/system-random.ts';
import type { Network, Validator } from './network.ts';

const random = (length: number): Uint8Array => systemRandom.bytes(length);
const DAY_MS = 86_400_000;

/** Commits and proves; a refusal fails the test. */
export async function commit(client: Client, signer: Signer, ...actions: readonly Action[]): Promise<number> {
  const outcome = await client.submit(actions, signer);
  if (outcome.state !== 'committed' || outcome.code !== 'OK')
    throw new Error(`not committed: ${outcome.state === 'committed' ? outcome.code : outcome.state}`);
  return outcome.height;
}

export interface EnrolledPatient {
  readonly wallet: PatientWallet;
  readonly enrolment: Enrolment;
  readonly signer: Signer;
  /** As the hospital keeps it. */
  readonly registered: RegisteredPatient;
}

export async function enrolledPatient(
  network: Network,
  hospital: Validator,
  known?: PatientWallet,
): Promise<EnrolledPatient> {
  const client = network.client();
  const before = known ?? createWallet(random);
  const { wallet, enrolment } = addEnrolment(before, client.genesisHash, hospital.institution, random);
  const request = enrolmentRequest(wallet, enrolment);
  await commit(client, hospital.signer, enrolPatient(request));
  const { account, tagSecret, tagGeneration } = enrolment;
  const { encryptionKey } = request;
  const registered = { local: 'patient', account, encryptionKey, tagSecret, tagGeneration };
  return { wallet, enrolment, signer: patientSigner(wallet, enrolment), registered };
}

export async function clinicianOf(network: Network, hospital: Validator, name: string): Promise<Signer> {
  const client = network.client();
  const key = deriveNamedKey(random(32), name);
  const credential = { role: 'doctor' as const, speciality: null, emergency: false };
  const action = issueCredential(client.genesisHash, hospital.institution, key, credential);
  await commit(client, hospital.signer, action);
  return { account: accountIdOf(key.publicKey), key };
}

/** A treatment consent for 90 days. Returns its index. */
export async function consentTo(
  client: Client,
  { enrolment, signer }: EnrolledPatient,
  grantee: Hex32,
  words: Partial<ConsentInWords> = {},
): Promise<number> {
  const from = Date.now() - 1_000;
  const whole: ConsentInWords = {
    grantee,
    categories: [],
    permittedLabels: [],
    excludedLabels: [],
    purposes: ['TREAT'],
    from,
    until: from + 90 * DAY_MS,
    ...words,
  };
  const outcome = await client.submit([grantConsent(whole, enrolment)], signer);
  if (outcome.state !== 'committed' || outcome.code !== 'OK') throw new Error('no consent');
  return outcome.outcomes[0]?.index ?? -1;
}

export interface Resource {
  readonly source: string;
  readonly json: Uint8Array;
}

/** Resources of an invented lifetime. */
export function resourcesOf(count: number, seed: string): readonly Resource[] {
  const documents = documentsOfBundle(sampleBundle({ resources: count, seed }));
  return documents.map((json, index) => ({ source: `${seed}/${index}`, json }));
}

export function sourcesOf(
  resources: readonly Resource[],
  { registered }: EnrolledPatient,
): readonly ResourceSource[] {
  return resources.map(({ source, json }) => ({ kind: 'resource', source, json, patient: registered }));
}

export async function ingest(
  client: Client,
  hospital: Pick<Validator, 'signer'>,
  patient: EnrolledPatient,
  resources: readonly Resource[],
  options: Partial<IngestOptions> = {},
): Promise<readonly IngestedRecord[]> {
  return ingestRecords(client, sourcesOf(resources, patient), { signer: hospital.signer, ...options });
}

/** Opens these records for treatment. */
export async function open(
  client: Client,
  signer: Signer,
  { enrolment }: EnrolledPatient,
  records: readonly Hex32[],
): Promise<OpenedAccess> {
  const selection: AccessSelection = { type: 'records', records };
  return openRecords(client, { patient: enrolment.account, selection, purpose: 'TREAT', signer });
}

/** What opened, as text by record id; what did not is left out. */
export async function textsOf({ records }: OpenedAccess): Promise<ReadonlyMap<Hex32, string>> {
  const texts = new Map<Hex32, string>();
  for (const { record, content } of records) {
    if (content === null) continue;
    texts.set(record, new TextDecoder().decode((await wholeContent(content)).bytes));
  }
  return texts;
}

/** What was sealed, in the same form. */
export function sealedTexts(
  ingested: readonly IngestedRecord[],
  resources: readonly Resource[],
): ReadonlyMap<Hex32, string> {
  const json = new Map(resources.map((resource) => [resource.source, resource.json]));
  return new Map(
    ingested.map(({ record, source }) => [
      record,
      new TextDecoder().decode(json.get(source) ?? new Uint8Array()),
    ]),
  );
}

/** Every record id in a patient's list, proven complete. */
export async function allRecordIds(client: Client, { enrolment }: EnrolledPatient): Promise<Hex32[]> {
  const ids: Hex32[] = [];
  for (let from: number | null = 0; from !== null; ) {
    const { value } = await client.records(enrolment.account, { from });
    ids.push(...value.items.map(({ id }) => id));
    from = value.next;
  }
  return ids;
}
