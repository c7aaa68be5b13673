// Owns: what a daemon signs with: the validator's key of its home, or a signer apart that keeps key and record. Does not own:
// either of them.
import { type Hex32, type Hex64, type SecretKey, signedBytes } from '@consilium/core';
import { createSodiumSigner } from '../crypto/ed25519-sodium.ts';
import type { SignStatement } from '../custody/types.ts';
import type { ExpectedKeys } from '../replica/expected-keys.ts';
import type { SigningDeps } from '../replica/open.ts';
import type { SigningMode } from '../replica/types.ts';
import type { AttachedSigner } from '../signer/attach.ts';
import type { SignerStanding } from '../signer/remote-signer.ts';
import { keyFor } from './held-keys.ts';

export interface NodeSigning {
  /** Whether it signs with the secret of this validator key. */
  readonly holds: (publicKey: Hex32) => boolean;
  readonly replica: SigningDeps;
  readonly statement: SignStatement;
  readonly standing: () => SignerStanding;
  onReturn(listener: () => void): void;
}

/** `held`: the key in use, and the next one while they rotate. Each time with the one that the ledger expects there. */
export function ownSigning(held: readonly SecretKey[], genesis: Hex32, expected: ExpectedKeys): NodeSigning {
  const signers = new Map(held.map((secret) => [secret.publicKey, createSodiumSigner(secret)]));
  const sign = (bytes: Uint8Array, key: Hex32 | undefined): Hex64 => {
    const signBytes = signers.get(keyFor(held, key).publicKey);
    if (signBytes === undefined) throw new Error('invariant: every held key has its signer');
    return signBytes(bytes);
  };
  return {
    holds: (publicKey) => signers.has(publicKey),
    replica: { signBytes: (bytes) => sign(bytes, expected.running()) },
    statement: (domain, payload, done, epoch) => {
      const key = epoch === undefined ? expected.running() : expected.ofEpoch(epoch);
      done(sign(signedBytes(domain, genesis, payload), key));
    },
    standing: () => 'attached',
    onReturn: () => undefined,
  };
}

export function signingThrough({ remote, publicKey }: AttachedSigner): NodeSigning {
  return {
    holds: (key) => key === publicKey,
    replica: { signer: remote.signer },
    statement: remote.statement,
    standing: () => remote.standing,
    onReturn: (listener) => remote.onReturn(listener),
  };
}

/** What the node does with regard to signing, when whoever signs for it stands like this. */
export function signingMode(mode: SigningMode, standing: SignerStanding): SigningMode {
  if (mode === 'observer' || standing === 'attached') return mode;
  return standing === 'changed' ? 'stopped' : mode === 'signing' ? 'away' : mode;
}
