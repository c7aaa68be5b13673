import { accountIdOf, LEGAL_REASONS, type Purpose } from '@consilium/core';
import { expect, test } from 'vitest';
import { type Hospital, keyOf } from '../../../core/test/kit/chain.ts';
import { ingestRecords, issueCredential, openRecords, readOwn, type Signer } from '../../src/index.ts';
import {
  createRecordsScene,
  labelled,
  observation,
  permit,
  type RecordsScene,
  resourceSource,
} from '../support/records-scene.ts';

const NOTE = 'Hemoglobin nr 1';
const SUMMARY = 'Hemoglobin nr 2';

function credentialed(
  scene: RecordsScene,
  { id, account }: Hospital,
  role: 'doctor' | 'payer',
  name: string,
): Signer {
  const key = keyOf(name);
  const { genesisHash } = scene.client;
  const credential = { role, speciality: null, emergency: false } as const;
  scene.commit({ account: id, key: account }, issueCredential(genesisHash, id, key, credential));
  return { account: accountIdOf(key.publicKey), key };
}

test('Psychotherapy note: its author opens; treating clinician, payer and patient do not, each with its own legal reason code; the ordinary summary opens for those permitted.', async () => {
  const scene = createRecordsScene();
  const [home, away] = scene.custody.ledger.chain.hospitals as [Hospital, Hospital];
  const therapist = credentialed(scene, home, 'doctor', 'therapist');
  const colleague = credentialed(scene, home, 'doctor', 'colleague');
  const payer = credentialed(scene, away, 'payer', 'payer');
  const note = resourceSource(scene.patient, observation(1, labelled('PSYTHPN')));
  const [written] = await ingestRecords(scene.client, [note], { signer: therapist });
  const summary = resourceSource(scene.patient, observation(2));
  const [plain] = await ingestRecords(scene.client, [summary], { signer: therapist });
  const records = [written?.record as string, plain?.record as string];
  // Whatever an ordinary consent says, it is no authorization of such notes.
  permit(scene, scene.doctor.account, { permittedLabels: ['PSYTHPN'] });
  permit(scene, payer.account, { permittedLabels: ['PSYTHPN'], purposes: ['HPAYMT'] });

  const outcome = async (signer: Signer, purpose: Purpose): Promise<unknown> => {
    const opened = await openRecords(scene.client, {
      ...{ patient: scene.patient.account, purpose, signer },
      selection: { type: 'records', records },
    });
    return opened.records.map(({ rule, content }) => (content === null ? LEGAL_REASONS[rule] : 'opened'));
  };
  expect(await outcome(therapist, 'TREAT')).toEqual(['opened', 'opened']);
  const refused = [
    await outcome(scene.doctor, 'TREAT'),
    await outcome(colleague, 'TREAT'),
    await outcome(payer, 'HPAYMT'),
    await outcome(scene.patientSigner, 'PATRQT'),
  ];
  expect(refused).toEqual([
    [{ code: 'psychotherapy-notes', law: 'HIPAAPsyNotes', citation: '45 CFR 164.508(a)(2)' }, 'opened'],
    [{ code: 'psychotherapy-notes', law: 'HIPAAPsyNotes', citation: '45 CFR 164.508(a)(2)' }, 'opened'],
    [
      {
        code: 'psychotherapy-notes-payment',
        law: 'HIPAAPsyNotes',
        citation: '45 CFR 164.506(c)(3), 164.508(a)(2)',
      },
      'opened',
    ],
    [{ code: 'closed-to-patient', law: 'HIPAAPsyNotes', citation: '45 CFR 164.524(a)(1)(i)' }, 'opened'],
  ]);
  const own: unknown[] = [];
  for await (const { title, fault } of readOwn(scene.client, scene.wallet)) own.push([title, fault]);
  expect(own).toEqual([
    [SUMMARY, null],
    [null, 'ACCESS_DENIED'],
  ]);
  expect(JSON.stringify(own)).not.toContain(NOTE);
});
