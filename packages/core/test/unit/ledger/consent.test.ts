import { describe, expect, it } from 'vitest';
import {
  actionOf,
  CONSENTS,
  CONSENTS_PER_PATIENT_MAX,
  COUNTS,
  type Consent,
  canonicalSet,
  consentState,
  countShape,
  createOverlay,
  encode,
  listCount,
  type PlainValue,
  readRow,
} from '../../../src/index.ts';
import { type Chain, createChain, type Hospital } from '../../kit/chain.ts';
import {
  asPerson,
  codeOfSubmit,
  consentTerms,
  credential,
  enrol,
  granting,
  grantTo,
  type Person,
  revoking,
  submit,
  TAG_A,
  TAG_B,
  TAG_C,
} from '../../kit/people.ts';

function setting(): { chain: Chain; a: Hospital; b: Hospital; patient: Person } {
  const chain = createChain();
  const [a, b] = chain.hospitals as unknown as [Hospital, Hospital];
  return { chain, a, b, patient: enrol(chain, a, 'patient 1') };
}

function consentAt(chain: Chain, patient: Person, index: number): Consent | undefined {
  return readRow(chain.view().state, CONSENTS, patient.id, index);
}

describe('a consent', () => {
  it('is stored with its terms, its height and time, under the next index of its patient', () => {
    const { chain, b, patient } = setting();
    const doctor = credential(chain, b, 'doctor 1');
    const terms = consentTerms(chain, doctor.id, { permittedLabels: [TAG_C] });
    expect(submit(chain, patient, grantTo(chain, patient.id, b.id)).outcomes).toEqual([
      { id: patient.id, index: 0 },
    ]);
    expect(submit(chain, patient, granting(patient.id, terms)).outcomes).toEqual([
      { id: patient.id, index: 1 },
    ]);
    const { state, tip } = chain.view();
    expect(consentAt(chain, patient, 1)).toEqual({
      ...terms,
      grantedBy: patient.id,
      grantedHeight: tip.height,
      grantedTime: tip.time,
      revokedBy: null,
      revokedHeight: null,
      revokedTime: null,
      salt: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(listCount(state, 'consents', patient.id)).toBe(2);
    expect(consentAt(chain, patient, 2)).toBeUndefined();
  });

  it('is upcoming, active or expired by the time, and revoked by its patient', () => {
    const { chain, b, patient } = setting();
    const from = chain.view().tip.time + 10_000;
    const period = { from, until: from + 5_000 };
    submit(chain, patient, grantTo(chain, patient.id, b.id, { period }));
    const granted = consentAt(chain, patient, 0) as Consent;
    const times = [from - 1, from, from + 4_999, from + 5_000];
    expect(times.map((time) => consentState(granted, time))).toEqual([
      'upcoming',
      'active',
      'active',
      'expired',
    ]);
    const revocation = revoking(patient.id, 0);
    expect(submit(chain, patient, revocation)).toMatchObject({
      code: 'OK',
      outcomes: [{ id: patient.id, index: 0 }],
    });
    const revoked = consentAt(chain, patient, 0) as Consent;
    const { tip } = chain.view();
    expect(revoked).toMatchObject({ revokedHeight: tip.height, revokedTime: tip.time });
    expect(consentState(revoked, from)).toBe('revoked');
    expect(codeOfSubmit(chain, patient, revocation)).toBe('CONSENT_REVOKED');
  });

  it('is revoked by its own patient only', () => {
    const { chain, a, b, patient } = setting();
    submit(chain, patient, grantTo(chain, patient.id, b.id));
    const stranger = enrol(chain, a, 'patient 2');
    const revocation = revoking(patient.id, 0);
    expect(codeOfSubmit(chain, stranger, revocation)).toBe('TX_NOT_PERMITTED');
    expect(codeOfSubmit(chain, patient, revoking(patient.id, 1))).toBe('CONSENT_NOT_FOUND');
    expect(codeOfSubmit(chain, asPerson(a), revocation)).toBe('TX_NOT_PERMITTED');
  });

  it('is granted by patients, to institutions and clinicians that stand', () => {
    const { chain, a, b, patient } = setting();
    const other = enrol(chain, a, 'patient 2');
    credential(chain, a, 'doctor 1');
    const doctor = credential(chain, a, 'doctor 2');
    expect(codeOfSubmit(chain, asPerson(a), grantTo(chain, patient.id, b.id))).toBe('TX_NOT_PERMITTED');
    expect(codeOfSubmit(chain, doctor, grantTo(chain, patient.id, b.id))).toBe('TX_NOT_PERMITTED');
    expect(codeOfSubmit(chain, patient, grantTo(chain, patient.id, other.id))).toBe('VALUE_INVALID');
    expect(codeOfSubmit(chain, patient, grantTo(chain, patient.id, '0'.repeat(64)))).toBe(
      'ACCOUNT_NOT_FOUND',
    );
    submit(chain, asPerson(a), actionOf('identity.withdrawCredential', { index: 1 }));
    expect(codeOfSubmit(chain, patient, grantTo(chain, patient.id, doctor.id))).toBe('CREDENTIAL_WITHDRAWN');
  });

  it('that has ended before it begins is refused', () => {
    const { chain, b, patient } = setting();
    const { time } = chain.view().tip;
    const over = grantTo(chain, patient.id, b.id, { period: { from: time - 2_000, until: time + 1_000 } });
    expect(codeOfSubmit(chain, patient, over)).toBe('VALUE_INVALID');
  });

  it('has one encoding: sets in order, each tag once, no tag both permitted and excluded, a period that runs', () => {
    const { chain, b, patient } = setting();
    const good = granting(patient.id, consentTerms(chain, b.id));
    const tag = (text: string) =>
      Uint8Array.from({ length: 16 }, () => Number.parseInt(text.slice(0, 2), 16));
    const malformed: Readonly<Record<string, PlainValue>>[] = [
      { categories: [tag(TAG_B), tag(TAG_A)] },
      { categories: [tag(TAG_A), tag(TAG_A)] },
      { categories: [Uint8Array.of(1)] },
      { permittedLabels: [tag(TAG_B)] },
      { purposes: [] },
      { purposes: ['TREAT', 'CAREMGT'] },
      { purposes: ['CURIOSITY'] },
      { period: { from: 5, until: 5 } },
      { note: 'free text' },
    ];
    for (const fields of malformed) {
      const body = { ...(good.body as Record<string, PlainValue>), ...fields };
      expect(codeOfSubmit(chain, patient, { ...good, body })).toBe('TX_ACTION_MALFORMED');
    }
    expect(canonicalSet(['TREAT', 'CAREMGT', 'TREAT'])).toEqual(['CAREMGT', 'TREAT']);
  });

  it('over the bound of one patient is refused', () => {
    const { chain, b, patient } = setting();
    const view = chain.view();
    const state = createOverlay(view.state);
    const count = { count: CONSENTS_PER_PATIENT_MAX - 1, salt: '0'.repeat(32) };
    state.put(COUNTS.number, COUNTS.keyOf('consents', patient.id), encode(countShape, count));
    const candidates = [1, 2].map(() =>
      chain.tx(patient.id, patient.key, [grantTo(chain, patient.id, b.id)]),
    );
    const { execution } = chain.build(candidates, { view: { ...view, state } });
    expect(execution.results.map((result) => result.code)).toEqual(['OK', 'TX_QUOTA_EXCEEDED']);
  });
});
