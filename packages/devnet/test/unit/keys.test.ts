import { accountIdOf } from '@consilium/core';
import { expect, it } from 'vitest';
import { chainIdOf, clinicianSecret, hospitalSecrets, patientWallet } from '../../src/network/keys.ts';

it('derives the same keys from the same seed, every time', () => {
  expect(hospitalSecrets('consilium', 'a')).toEqual(hospitalSecrets('consilium', 'a'));
  expect(clinicianSecret('consilium', 'dr-arden')).toEqual(clinicianSecret('consilium', 'dr-arden'));
  expect(patientWallet('consilium', 'mara')).toEqual(patientWallet('consilium', 'mara'));
});

it('keeps the account of hospital a under the default seed: a change would end every kept devnet', () => {
  const { account } = hospitalSecrets('consilium', 'a');
  expect(accountIdOf(account.publicKey)).toBe(
    'c882656723b1be5ff3f3d8a30b48159febe2fa1ad6d28437b6f18a6550f79e79',
  );
});

it('derives other keys for another seed, another hospital and another use', () => {
  const keys = [
    ...['consilium', 'trial'].flatMap((seed) =>
      ['a', 'b'].flatMap((hospital) => Object.values(hospitalSecrets(seed, hospital))),
    ),
    clinicianSecret('consilium', 'dr-arden'),
    clinicianSecret('trial', 'dr-arden'),
  ];
  const publicKeys = keys.map(({ publicKey }) => publicKey);
  expect(new Set(publicKeys).size).toBe(18);
  expect(patientWallet('trial', 'mara').phrase).not.toBe(patientWallet('consilium', 'mara').phrase);
});

it('names every chain dev-, readable where the seed can stand in an id', () => {
  expect(chainIdOf('consilium')).toBe('dev-consilium');
  expect(chainIdOf('Two Words')).toMatch(/^dev-[0-9a-f]{16}$/);
  expect(chainIdOf('-')).toMatch(/^dev-[0-9a-f]{16}$/);
});
