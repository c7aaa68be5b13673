// Owns: what a daemon signs with: the validator's key of its home, or a signer apart that keeps key and record. Does not own:
// either of them.
import { type Hex32, type SecretKey, signedBytes } from '@consilium/core';
import { createSodiumSigner } from '../crypto/ed25519-sodium.ts';
import type { SignStatement } from '../custody/types.ts';
import type { SigningDeps } from '../replica/open.ts';
import type { SigningMode } from '../replica/types.ts';
import type { AttachedSigner } from '../signer/attach.ts';
import type { SignerStanding } from '../signer/remote-signer.ts';

export interface NodeSigning {
  /** The validator's. */
  readonly publicKey: Hex32;
  readonly replica: SigningDeps;
  readonly statement: SignStatement;
  readonly standing: () => SignerStanding;
  onReturn(listener: () => void): void;
}

export function ownSigning(secret: SecretKey, genesis: Hex32): NodeSigning {
  const signBytes = createSodiumSigner(secret);
  return {
    publicKey: secret.publicKey,
    replica: { signBytes },
    statement: (domain, payload, done) => done(signBytes(signedBytes(domain, genesis, payload))),
    standing: () => 'attached',
    onReturn: () => undefined,
  };
}

export function signingThrough({ remote, publicKey }: AttachedSigner): NodeSigning {
  return {
    publicKey,
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
