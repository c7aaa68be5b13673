// One year of one patient, each thing at a time that is written down here, so that a report of it can be worked out by hand.
import { actionOf, type ConsentTerms, type Hex32 } from '@consilium/core';
import {
  addEnrolment,
  consentTerms,
  createWallet,
  enrolmentRequest,
  enrolPatient,
  grantTerms,
  NAME_BOOK_KIND,
  OPEN_RULE,
  patientSigner,
  readLog,
  revokeConsent,
  type Signer,
} from '../../src/index.ts';
import { type AuditScene, createAuditScene } from './audit-scene.ts';

export interface ScriptedYear {
  readonly scene: AuditScene;
  /** Text of the file of names that the privacy officer has. */
  readonly names: string;
}

const UNTIL = Date.parse('2029-01-01T00:00:00Z');

export async function tellYear(): Promise<ScriptedYear> {
  const scene = await createAuditScene();
  const { patient, doctor, records, staff, institution, ask, commit, patientSigner: anna, custody } = scene;
  /** What is sent next stands in a block of this time. */
  const at = (time: string): void => {
    custody.ledger.commit([], { time: Date.parse(time) - 1_000 });
  };
  const consent = (grantee: Hex32, more: Partial<ConsentTerms>): void => {
    const { time } = custody.ledger.chain.view().tip;
    const words = {
      ...{ grantee, categories: [], permittedLabels: [], excludedLabels: [], purposes: ['TREAT'] as const },
      ...{ from: time, until: UNTIL },
    };
    commit(anna, grantTerms(patient.account, { ...consentTerms(words, scene.enrolment), ...more }));
  };
  const forPurpose = (grantee: Signer, purpose: 'HRESCH' | 'PUBHLTH' | 'HLEGAL'): Partial<ConsentTerms> => ({
    rule: {
      ...OPEN_RULE,
      actors: [{ type: 'account', id: grantee.account }],
      purposes: [purpose],
      confidentiality: 'N',
    },
  });
  const ward = staff(0, 'ward');
  const officer = staff(0, 'officer', 'privacy-officer');
  const er = staff(1, 'er', 'doctor', true);
  const researcher = staff(2, 'researcher', 'researcher');
  const health = staff(3, 'public health');
  const counsel = staff(3, 'counsel');
  const payer = staff(3, 'payer', 'payer');
  const sister = enrolSister(scene);

  at('2027-02-01T09:00:00Z');
  await ask(doctor, { records: [records.summary, records.note] });
  at('2027-02-03T10:00:00Z');
  consent(doctor.account, {});
  at('2027-02-04T11:00:00Z');
  await ask(doctor, { records: [records.summary, records.allergy] });
  at('2027-03-10T08:30:00Z');
  await ask(institution(0), { records: [records.summary], onBehalfOf: ward.account });
  at('2027-04-20T22:15:00Z');
  await ask(er, { emergency: 'alone', records: [records.summary, records.allergy, records.note] });
  at('2027-05-05T12:00:00Z');
  const agreement = { project: 'sepsis-1', terms: ['ab'.repeat(32)] };
  consent(researcher.account, { ...forPurpose(researcher, 'HRESCH'), agreement });
  at('2027-05-20T14:00:00Z');
  await ask(researcher, { records: [records.summary], purpose: 'HRESCH', project: 'sepsis-1' });
  at('2027-06-01T09:00:00Z');
  consent(health.account, forPurpose(health, 'PUBHLTH'));
  at('2027-06-02T09:30:00Z');
  await ask(health, { records: [records.summary], purpose: 'PUBHLTH' });
  at('2027-07-01T16:00:00Z');
  await ask(payer, { records: [records.note], purpose: 'HPAYMT' });
  at('2027-08-01T10:00:00Z');
  commit(anna, revokeConsent(patient.account, 0));
  at('2027-08-02T10:00:00Z');
  await ask(doctor, { records: [records.summary] });
  at('2027-09-01T15:00:00Z');
  await readLog(scene.client, { patient: patient.account, signer: officer });
  at('2027-10-01T10:00:00Z');
  commit(
    scene.author,
    actionOf('record.erase', {
      patient: patient.account,
      records: [records.allergy],
      reason: 'patient-request',
    }),
  );
  at('2027-10-02T10:00:00Z');
  await ask(researcher, { records: [records.allergy], purpose: 'HRESCH', project: 'sepsis-1' });
  at('2027-11-11T11:00:00Z');
  consent(counsel.account, forPurpose(counsel, 'HLEGAL'));
  at('2027-11-11T11:11:00Z');
  await ask(counsel, { records: [records.summary], purpose: 'HLEGAL' });
  at('2027-11-30T09:00:00Z');
  commit(
    anna,
    actionOf('identity.appointDelegate', {
      ...{ patient: patient.account, delegate: sister.account, kind: 'proxy', scopes: ['read'] },
      period: { from: 0, until: UNTIL },
    }),
  );
  at('2027-12-01T09:00:00Z');
  await ask(sister, { records: [records.summary], purpose: 'PATRQT' });
  at('2028-01-10T00:00:00Z');
  custody.ledger.commit([]);
  const names = {
    [patient.account]: { name: 'Anna Muster' },
    [doctor.account]: { name: 'Dr. Beat Keller' },
    [ward.account]: { name: 'Dr. Cora Wyss' },
    [er.account]: { name: 'Dr. Emil Roth' },
    [officer.account]: { name: 'Olga Frei' },
    [sister.account]: { name: 'Berta Muster' },
    [health.account]: { name: 'Dr. Hans Graf' },
    [institution(3).account]: { name: 'Reuss', address: 'Reussgasse 3, 5000 Reusstal' },
  };
  return { scene, names: JSON.stringify({ kind: NAME_BOOK_KIND, version: 1, names }) };
}

/** Another patient, of the second hospital, who will act for the first. */
function enrolSister({ custody, institution, commit }: AuditScene): Signer {
  const random = (length: number): Uint8Array => new Uint8Array(length).fill(7);
  const made = addEnrolment(
    createWallet(random),
    custody.ledger.chain.deps.genesisHash,
    institution(1).account,
    random,
  );
  commit(institution(1), enrolPatient(enrolmentRequest(made.wallet, made.enrolment)));
  return patientSigner(made.wallet, made.enrolment);
}
