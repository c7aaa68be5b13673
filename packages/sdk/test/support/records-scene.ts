// A hospital with a patient and a doctor, a doctor elsewhere, and custodians who keep what is registered.
import { type Action, accountIdOf, type Hex32, openProposals, type Purpose, toHex } from '@consilium/core';
import { type Hospital, keyOf } from '../../../core/test/kit/chain.ts';
import {
  addEnrolment,
  approveProposal,
  type Client,
  type ClientOptions,
  createClient,
  createWallet,
  type Enrolment,
  enrolmentRequest,
  enrolPatient,
  grantConsent,
  issueCredential,
  joinSet,
  type PatientWallet,
  patientSigner,
  proposeAdmission,
  type RegisteredPatient,
  type ResourceSource,
  type Signer,
} from '../../src/index.ts';
import { createFakeCustody, type FakeCustody } from './fake-custody.ts';
import { networkFetch } from './fake-node.ts';
import { countingRandom } from './story.ts';

export interface RecordsScene {
  readonly custody: FakeCustody;
  readonly client: Client;
  readonly hospital: Hospital;
  readonly author: Signer;
  readonly wallet: PatientWallet;
  readonly enrolment: Enrolment;
  readonly patient: RegisteredPatient;
  readonly patientSigner: Signer;
  /** Of another hospital. */
  readonly doctor: Signer;
  readonly commit: (signer: Signer, ...actions: Action[]) => void;
  /** Time that passed while the client waited. */
  waitedMs: number;
}

const systemRandom = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));

/** Waiting takes no time but on the clock that the client reads. */
export function createRecordsScene(
  names?: readonly string[],
  options: Partial<ClientOptions> = {},
): RecordsScene {
  const custody = createFakeCustody(names);
  const { chain, commit } = custody.ledger;
  const [first, second] = chain.hospitals as [Hospital, Hospital];
  const genesis = chain.deps.genesisHash;
  const asSigner = ({ id, account }: Hospital): Signer => ({ account: id, key: account });
  const send = (signer: Signer, ...actions: Action[]): void => {
    const { codes } = commit([chain.tx(signer.account, signer.key, actions)]);
    if (codes[0] !== 'OK') throw new Error(`refused: ${codes[0]}`);
  };
  const { wallet, enrolment } = addEnrolment(createWallet(countingRandom()), genesis, first.id, systemRandom);
  send(asSigner(first), enrolPatient(enrolmentRequest(wallet, enrolment)));
  const doctorKey = keyOf('doctor elsewhere');
  const doctor: Signer = { account: accountIdOf(doctorKey.publicKey), key: doctorKey };
  const credential = { role: 'doctor', speciality: null, emergency: false } as const;
  send(asSigner(second), issueCredential(genesis, second.id, doctorKey, credential));
  const scene: RecordsScene = {
    custody,
    hospital: first,
    author: asSigner(first),
    wallet,
    enrolment,
    patient: registered(enrolment, 'MRN 1'),
    patientSigner: patientSigner(wallet, enrolment),
    doctor,
    commit: send,
    waitedMs: 0,
    client: createClient({
      nodes: custody.nodes.map(({ url }) => url),
      genesis: chain.genesis,
      verify: chain.deps.verify,
      fetch: networkFetch(custody.nodes),
      now: () => chain.view().tip.time + scene.waitedMs,
      pause: async (delayMs) => {
        scene.waitedMs += delayMs;
      },
      ...options,
    }),
  };
  return scene;
}

export function registered(
  { account, tagSecret, tagGeneration }: Enrolment,
  local: string,
): RegisteredPatient {
  return { local, account, encryptionKey: null, tagSecret, tagGeneration };
}

/** A laboratory result; `secret` is what must not be found anywhere but in the client. */
export function observation(nr: number, more: object = {}): object {
  return {
    resourceType: 'Observation',
    id: `lab-${nr}`,
    status: 'final',
    category: [
      {
        coding: [
          { system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'laboratory' },
        ],
      },
    ],
    code: { coding: [{ system: 'http://loinc.org', code: '718-7', display: `Hemoglobin nr ${nr}` }] },
    effectiveDateTime: `2024-0${1 + (nr % 9)}-15`,
    valueQuantity: { value: 100 + nr, unit: 'g/L', system: 'http://unitsofmeasure.org', code: 'g/L' },
    ...more,
  };
}

/** With a sensitivity label of HL7 v3 ActCode. */
export function labelled(...labels: string[]): object {
  const system = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';
  return { meta: { security: labels.map((code) => ({ system, code })) } };
}

export function resourceSource(
  patient: RegisteredPatient,
  resource: object,
  source = 'a.json',
): ResourceSource {
  return { kind: 'resource', source, patient, json: new TextEncoder().encode(JSON.stringify(resource)) };
}

export function observations(patient: RegisteredPatient, count: number): ResourceSource[] {
  return Array.from({ length: count }, (_, nr) =>
    resourceSource(patient, observation(nr), `bundle.json#${nr}`),
  );
}

export interface Wish {
  readonly categories?: readonly string[];
  readonly permittedLabels?: readonly string[];
  readonly excludedLabels?: readonly string[];
  readonly purposes?: readonly Purpose[];
}

export function permit(scene: RecordsScene, grantee: Hex32, wish: Wish = {}): void {
  const { time } = scene.custody.ledger.chain.view().tip;
  const words = {
    grantee,
    categories: [],
    permittedLabels: [],
    excludedLabels: [],
    purposes: ['TREAT'] as const,
    from: time - 1_000,
    until: time + 365 * 86_400_000,
    ...wish,
  };
  scene.commit(scene.patientSigner, grantConsent(words, scene.enrolment));
}

/** Proposed by the first hospital, approved by the next two, joined, and in force. */
export function admit(scene: RecordsScene, name: string): void {
  const { custody } = scene;
  const { chain, commit } = custody.ledger;
  const newcomer = custody.join(name).hospital;
  const [first, ...others] = chain.hospitals.map(({ id, account }) => ({ account: id, key: account }));
  if (first === undefined) throw new Error('no hospital');
  scene.commit(first, proposeAdmission(newcomer.card));
  const [open] = openProposals(chain.view().state, chain.view().tip.height);
  for (const voter of others.slice(0, 2)) scene.commit(voter, approveProposal(open?.id ?? ''));
  scene.commit({ account: newcomer.id, key: newcomer.account }, joinSet());
  commit([]);
  commit([]);
}

export const hexOf = (text: string): string => toHex(new TextEncoder().encode(text));
