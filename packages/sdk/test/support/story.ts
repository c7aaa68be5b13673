// A small history that every query has something to ask about: the same on every call, so that a shorter telling of it
// is an older node of the same network.
import { accountIdOf, type Hex32, signPossession, type Tx } from '@consilium/core';
import { type Hospital, keyOf } from '../../../core/test/kit/chain.ts';
import {
  type AnchorSecrets,
  commitAnchor,
  createAnchor,
  enrolPatient,
  grantConsent,
  issueCredential,
  type RandomBytes,
} from '../../src/index.ts';
import { createFakeLedger, type FakeLedger } from './fake-node.ts';

export const TAG_KEY = { tagSecret: '11'.repeat(32), tagGeneration: 1 };

/** Bytes that count up: unlike on every call, the same in every test. */
export function countingRandom(): RandomBytes {
  let next = 0;
  return (length) => {
    next += 1;
    return new Uint8Array(length).fill(next);
  };
}

export interface Story {
  readonly ledger: FakeLedger;
  readonly hospital: Hospital;
  readonly patient: Hex32;
  readonly clinician: Hex32;
  readonly secrets: AnchorSecrets;
  readonly documents: readonly Uint8Array[];
  /** Of each block. */
  readonly txs: readonly Tx[];
}

/** Enrolment, credential, consent, anchor, one block each; only the first `heights` of them. */
export function tellStory(heights = 4): Story {
  const ledger = createFakeLedger();
  const { chain } = ledger;
  const hospital = chain.hospitals[0] as Hospital;
  const genesis = chain.deps.genesisHash;
  const patientKey = keyOf('patient');
  const clinicianKey = keyOf('clinician');
  const possession = signPossession(patientKey, genesis, hospital.id);
  const documents = Array.from({ length: 7 }, (_, index) => new TextEncoder().encode(`{"nr": ${index} }`));
  const secrets = createAnchor(
    documents.map((bytes, index) => ({ bytes, source: `${index}` })),
    { genesis, institution: hospital.id },
    countingRandom(),
  );
  const txs: Tx[] = [];
  const commit = (tx: () => Tx): void => {
    if (ledger.blocks.length >= heights) return;
    txs.push(tx());
    ledger.commit(txs.slice(-1));
  };
  const byHospital = (action: Parameters<typeof chain.tx>[2][number]): Tx =>
    chain.tx(hospital.id, hospital.account, [action]);
  const patient = accountIdOf(patientKey.publicKey);
  commit(() =>
    byHospital(enrolPatient({ key: patientKey.publicKey, possession, encryptionKey: '5e'.repeat(32) })),
  );
  commit(() =>
    byHospital(
      issueCredential(genesis, hospital.id, clinicianKey, {
        role: 'doctor',
        speciality: '394579002',
        emergency: true,
      }),
    ),
  );
  const words = {
    grantee: accountIdOf(clinicianKey.publicKey),
    categories: ['laboratory'],
    permittedLabels: [],
    excludedLabels: ['PSY'],
    purposes: ['TREAT'] as const,
    from: 0,
    until: 2_000_000_000_000,
  };
  commit(() => chain.tx(patient, patientKey, [grantConsent(words, { ...TAG_KEY, account: patient })]));
  commit(() => byHospital(commitAnchor(secrets, 'fhir-r4')));
  return { ledger, hospital, patient, clinician: words.grantee, secrets, documents, txs };
}
