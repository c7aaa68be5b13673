import { describe, expect, it } from 'vitest';
import {
  actionOf,
  CREDENTIALS,
  clinicianCredential,
  credentialState,
  type Hex32,
  INSTITUTIONS,
  KEYS,
  listCount,
  readRow,
  signPossession,
} from '../../../src/index.ts';
import { type Chain, createChain, type Hospital, keyOf } from '../../kit/chain.ts';
import {
  accountOf,
  asPerson,
  codeOfSubmit,
  credential,
  credentialing,
  enrol,
  enrolment,
  personOf,
  rotation,
  submit,
} from '../../kit/people.ts';

const X25519_KEY = '5e'.repeat(32);

function two(chain: Chain): [Hospital, Hospital] {
  return chain.hospitals as unknown as [Hospital, Hospital];
}

/** A point of order 8 times the group's: canonical, on the curve, outside the prime-order subgroup. */
const KEY_WITH_TORSION: Hex32 = 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa';

describe('enrolment of a patient', () => {
  it('opens an account that the patient alone can use', () => {
    const chain = createChain();
    const [a] = two(chain);
    const patient = enrol(chain, a, 'patient 1');
    expect(accountOf(chain, patient.id)).toMatchObject({
      kind: 'patient',
      key: patient.key.publicKey,
      previousKey: null,
      institution: a.id,
      credential: null,
    });
    expect(codeOfSubmit(chain, patient, actionOf('chain.noop', {}))).toBe('OK');
  });

  it('salts each action apart, so that equal values do not show as equal', () => {
    const chain = createChain();
    const [a] = two(chain);
    const both = [enrolment(chain, a, 'patient 1'), enrolment(chain, a, 'patient 2')];
    expect(submit(chain, asPerson(a), ...both).outcomes.map(({ id }) => id)).toEqual([
      personOf('patient 1').id,
      personOf('patient 2').id,
    ]);
    const salts = ['patient 1', 'patient 2'].map((name) => accountOf(chain, personOf(name).id).salt);
    expect(new Set(salts).size).toBe(2);
  });

  it('of a key that is in use, in whatever role, is refused', () => {
    const chain = createChain();
    const [a, b] = two(chain);
    enrol(chain, a, 'patient 1');
    expect(codeOfSubmit(chain, asPerson(a), enrolment(chain, a, 'patient 1'))).toBe('ACCOUNT_EXISTS');
    expect(codeOfSubmit(chain, asPerson(b), enrolment(chain, b, 'patient 1'))).toBe('ACCOUNT_EXISTS');
    const possession = signPossession(b.validator, chain.deps.genesisHash, a.id);
    const key = b.validator.publicKey;
    const theft = actionOf('identity.enrolPatient', { key, possession, encryptionKey: X25519_KEY });
    expect(codeOfSubmit(chain, asPerson(a), theft)).toBe('ACCOUNT_EXISTS');
  });

  it('without proof of possession for this institution and network is refused', () => {
    const chain = createChain();
    const [a, b] = two(chain);
    const key = keyOf('patient 1');
    const { genesisHash } = chain.deps;
    const wrong = [
      signPossession(keyOf('somebody else'), genesisHash, a.id),
      signPossession(key, genesisHash, b.id),
      signPossession(key, '0'.repeat(64), a.id),
    ];
    for (const possession of wrong) {
      const action = actionOf('identity.enrolPatient', {
        key: key.publicKey,
        possession,
        encryptionKey: X25519_KEY,
      });
      expect(codeOfSubmit(chain, asPerson(a), action)).toBe('KEY_INVALID');
    }
  });

  it('of a key outside the prime-order group is refused, whatever signature it brings', () => {
    const chain = createChain();
    const [a] = two(chain);
    const deps = { ...chain.deps, verify: () => true };
    const codes = [KEY_WITH_TORSION, keyOf('patient 1').publicKey].map((key) => {
      const action = actionOf('identity.enrolPatient', {
        key,
        possession: '00'.repeat(64),
        encryptionKey: X25519_KEY,
      });
      const built = chain.build([chain.tx(a.id, a.account, [action])], { deps });
      return built.execution.results[0]?.code;
    });
    expect(codes).toEqual(['KEY_INVALID', 'OK']);
  });

  it('is for institutions only', () => {
    const chain = createChain();
    const [a] = two(chain);
    const patient = enrol(chain, a, 'patient 1');
    const doctor = credential(chain, a, 'doctor 1');
    for (const sender of [patient, doctor]) {
      expect(codeOfSubmit(chain, sender, enrolment(chain, a, 'patient 2'))).toBe('TX_NOT_PERMITTED');
    }
  });
});

describe('a credential', () => {
  it('is issued under the next index of its institution, without a gap', () => {
    const chain = createChain();
    const [a, b] = two(chain);
    const issue = (by: Hospital, name: string) => submit(chain, asPerson(by), credentialing(chain, by, name));
    expect(issue(a, 'doctor 1').outcomes).toEqual([{ id: personOf('doctor 1').id, index: 0 }]);
    expect(issue(b, 'doctor 2').outcomes).toEqual([{ id: personOf('doctor 2').id, index: 0 }]);
    expect(issue(a, 'doctor 3').outcomes).toEqual([{ id: personOf('doctor 3').id, index: 1 }]);
    const { state, tip } = chain.view();
    expect([a, b].map(({ id }) => listCount(state, 'credentials', id))).toEqual([2, 1]);
    expect(readRow(state, CREDENTIALS, a.id, 1)).toMatchObject({
      clinician: personOf('doctor 3').id,
      role: 'doctor',
      speciality: '394579002',
      emergency: false,
      issuedHeight: tip.height,
      issuedTime: tip.time,
      withdrawnHeight: null,
    });
    expect(readRow(state, CREDENTIALS, a.id, 2)).toBeUndefined();
  });

  it('ends at once when the institution withdraws it', () => {
    const chain = createChain();
    const [a] = two(chain);
    const doctor = credential(chain, a, 'doctor 1');
    expect(clinicianCredential(chain.view().state, accountOf(chain, doctor.id))?.role).toBe('doctor');
    const withdrawal = actionOf('identity.withdrawCredential', { index: 0 });
    expect(submit(chain, asPerson(a), withdrawal)).toMatchObject({
      code: 'OK',
      outcomes: [{ id: doctor.id, index: 0 }],
    });
    const { state, tip } = chain.view();
    const row = readRow(state, CREDENTIALS, a.id, 0);
    const institution = readRow(state, INSTITUTIONS, a.id);
    expect(row).toMatchObject({ withdrawnHeight: tip.height, withdrawnTime: tip.time });
    expect(row && institution && credentialState(row, institution)).toBe('withdrawn');
    expect(clinicianCredential(state, accountOf(chain, doctor.id))).toBeUndefined();
    expect(codeOfSubmit(chain, asPerson(a), withdrawal)).toBe('CREDENTIAL_WITHDRAWN');
  });

  it('of another institution, or one that was never issued, is not found', () => {
    const chain = createChain();
    const [a, b] = two(chain);
    credential(chain, a, 'doctor 1');
    const withdraw = (index: number) => actionOf('identity.withdrawCredential', { index });
    expect(codeOfSubmit(chain, asPerson(b), withdraw(0))).toBe('CREDENTIAL_NOT_FOUND');
    expect(codeOfSubmit(chain, asPerson(a), withdraw(1))).toBe('CREDENTIAL_NOT_FOUND');
  });

  it('that has ended is followed by a new one for the same account; one that stands is not', () => {
    const chain = createChain();
    const [a, b] = two(chain);
    const doctor = credential(chain, a, 'doctor 1');
    const renewal = credentialing(chain, a, 'doctor 1', { role: 'nurse', speciality: null, emergency: true });
    expect(codeOfSubmit(chain, asPerson(a), renewal)).toBe('ACCOUNT_EXISTS');
    submit(chain, asPerson(a), actionOf('identity.withdrawCredential', { index: 0 }));
    expect(codeOfSubmit(chain, asPerson(b), credentialing(chain, b, 'doctor 1'))).toBe('ACCOUNT_EXISTS');
    expect(submit(chain, asPerson(a), renewal).outcomes).toEqual([{ id: doctor.id, index: 1 }]);
    expect(clinicianCredential(chain.view().state, accountOf(chain, doctor.id))).toMatchObject({
      role: 'nurse',
      speciality: null,
      emergency: true,
    });
  });

  it('is not issued to a key that its clinician has rotated away', () => {
    const chain = createChain();
    const [a] = two(chain);
    const doctor = credential(chain, a, 'doctor 1');
    submit(chain, doctor, rotation(chain, doctor.id, keyOf('doctor 1, second key')));
    submit(chain, asPerson(a), actionOf('identity.withdrawCredential', { index: 0 }));
    expect(codeOfSubmit(chain, asPerson(a), credentialing(chain, a, 'doctor 1'))).toBe('ACCOUNT_EXISTS');
    const second = credentialing(chain, a, 'doctor 1, second key');
    expect(submit(chain, asPerson(a), second).outcomes).toEqual([{ id: doctor.id, index: 1 }]);
  });

  it('is not issued to the key of a patient', () => {
    const chain = createChain();
    const [a] = two(chain);
    enrol(chain, a, 'patient 1');
    expect(codeOfSubmit(chain, asPerson(a), credentialing(chain, a, 'patient 1'))).toBe('ACCOUNT_EXISTS');
  });

  it('holds codes only: a role of the list, and a speciality without room for a name', () => {
    const chain = createChain();
    const [a] = two(chain);
    const { body } = credentialing(chain, a, 'doctor 1');
    const fields = body as Record<string, string>;
    for (const wrong of [
      { role: 'chief' },
      { speciality: 'Dr. Jane Doe' },
      { speciality: '' },
      { extra: 1 },
    ]) {
      const action = { type: 'identity.issueCredential', version: 1, body: { ...fields, ...wrong } };
      expect(codeOfSubmit(chain, asPerson(a), action)).toBe('TX_ACTION_MALFORMED');
    }
  });
});

describe('rotation of a key', () => {
  it('keeps the account and its id, and remembers the key before', () => {
    const chain = createChain();
    const [a] = two(chain);
    const patient = enrol(chain, a, 'patient 1');
    const second = keyOf('patient 1, second key');
    expect(submit(chain, patient, rotation(chain, patient.id, second)).outcomes).toEqual([
      { id: patient.id, index: null },
    ]);
    expect(accountOf(chain, patient.id)).toMatchObject({
      key: second.publicKey,
      previousKey: patient.key.publicKey,
    });
    expect(readRow(chain.view().state, KEYS, second.publicKey)?.account).toBe(patient.id);
    expect(codeOfSubmit(chain, { ...patient, key: second }, actionOf('chain.noop', {}))).toBe('OK');
  });

  it('is open to every kind of account', () => {
    const chain = createChain();
    const [a] = two(chain);
    const people = [asPerson(a), enrol(chain, a, 'patient 1'), credential(chain, a, 'doctor 1')];
    people.forEach((person, index) => {
      const action = rotation(chain, person.id, keyOf(`new key ${index}`));
      expect(codeOfSubmit(chain, person, action)).toBe('OK');
    });
  });

  it('to a key in use, or to one of its own old keys, is refused', () => {
    const chain = createChain();
    const [a] = two(chain);
    const patient = enrol(chain, a, 'patient 1');
    const other = enrol(chain, a, 'patient 2');
    expect(codeOfSubmit(chain, patient, rotation(chain, patient.id, other.key))).toBe('ACCOUNT_EXISTS');
    expect(codeOfSubmit(chain, patient, rotation(chain, patient.id, patient.key))).toBe('ACCOUNT_EXISTS');
    const second = keyOf('patient 1, second key');
    submit(chain, patient, rotation(chain, patient.id, second));
    const back = rotation(chain, patient.id, patient.key);
    expect(codeOfSubmit(chain, { ...patient, key: second }, back)).toBe('ACCOUNT_EXISTS');
  });

  it('to a key whose possession is proven for another account is refused', () => {
    const chain = createChain();
    const [a] = two(chain);
    const patient = enrol(chain, a, 'patient 1');
    const action = rotation(chain, a.id, keyOf('patient 1, second key'));
    expect(codeOfSubmit(chain, patient, action)).toBe('KEY_INVALID');
  });
});
