// Owns: the demo keys as a function of the seed (HKDF-SHA256 under a name for each use). Whoever knows the seed has
// them all: they are marked development, and the chain's id begins with `dev-`. Does not own: files.
import { DEVELOPMENT_CHAIN_PREFIX, hashHex, type SecretKey, utf8 } from '@consilium/core';
import { type NodeSecrets, secretOfSeed } from '@consilium/node/setup';
import { createWallet, deriveNamedKey, type PatientWallet } from '@consilium/sdk';

export function hospitalSecrets(seed: string, hospital: string): NodeSecrets {
  const keyFor = (use: string): SecretKey => derive(seed, `hospital/${hospital}/${use}`);
  const custody = secretOfSeed('custody', keyFor('custody').seed);
  return { account: keyFor('account'), validator: keyFor('validator'), network: keyFor('network'), custody };
}

export function clinicianSecret(seed: string, clinician: string): SecretKey {
  return derive(seed, `clinician/${clinician}`);
}

/** The wallet with the seed phrase only: a patient is enrolled by whoever plays the story. */
export function patientWallet(seed: string, patient: string): PatientWallet {
  const entropy = derive(seed, `patient/${patient}`).seed;
  return createWallet((length) => entropy.slice(0, length));
}

/** `dev-` and the seed where it can stand in an id, else a digest of it. */
export function chainIdOf(seed: string): string {
  const name = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/.test(seed) ? seed : hashHex(utf8(seed)).slice(0, 16);
  return `${DEVELOPMENT_CHAIN_PREFIX}${name}`;
}

function derive(seed: string, name: string): SecretKey {
  return deriveNamedKey(utf8(seed), `devnet/${name}`);
}
