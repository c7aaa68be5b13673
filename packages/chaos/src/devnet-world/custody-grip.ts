// Owns: what the adversary knows of the custodian in whose daemon it sits: its keys and its store. Does not own: what it does
// with it (byzantine/).
import { signEd25519 } from '@consilium/core';
import { createSealer, type NodeNet, type Prepared } from '@consilium/node';
import { packageKey, storedPackage } from '@consilium/node/custody';
import { sodiumGroup } from '@consilium/node/engines';
import { type Kv, stateReader, TABLES } from '@consilium/node/replica';
import { createPrng } from '@consilium/sim';
import type { CustodyGrip } from '../byzantine/custody-lies.ts';

/** `seed`: of what it draws. */
export function gripOnOwn(
  net: Pick<NodeNet, 'send'>,
  { keys, genesisHash }: Prepared,
  store: Pick<Kv, 'get'>,
  seed: number,
): CustodyGrip {
  const self = keys.account.account;
  if (keys.validator === undefined) throw new Error('invariant: a hospital of the devnet holds its own key');
  const { secret } = keys.validator;
  const prng = createPrng(seed, `custody lies ${self}`);
  return {
    ...{ self, genesisHash, group: sodiumGroup },
    sealer: createSealer([keys.custody.secret] as Parameters<typeof createSealer>[0], (error) => {
      throw error;
    }),
    sign: (bytes) => signEd25519(secret, bytes),
    randomBytes: (length) => prng.bytes(length),
    state: () => stateReader(store),
    package: (batch, epoch) => storedPackage(store.get(TABLES.packages, packageKey(batch, epoch))),
    send: (to, bytes) => void net.send(to, 'custody', bytes),
  };
}
