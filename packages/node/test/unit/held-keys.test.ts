import {
  currentEpoch,
  type Hex32,
  signedBytes,
  signValidatorCard,
  utf8,
  verifyEd25519,
} from '@consilium/core';
import { encryptionKeyFromSeed, sealShares } from '@consilium/sealing';
import { describe, expect, it } from 'vitest';
import { type Chain, createChain, type Hospital, keyOf } from '../../../core/test/kit/chain.ts';
import { decide, stripSignatures } from '../../../core/test/kit/people.ts';
import { createSealer } from '../../src/crypto/sealer.ts';
import { networkKeyFor } from '../../src/daemon/held-keys.ts';
import { ownSigning } from '../../src/daemon/signing.ts';
import type { NodeKey } from '../../src/keys/key-file.ts';
import { genesisWrites } from '../../src/replica/chain.ts';
import { expectedKeys } from '../../src/replica/expected-keys.ts';
import { TABLES } from '../../src/tables.ts';

const NEXT = keyOf('next validator key');
const NEXT_NETWORK = keyOf('next network key');

/** The store of a node that stands where the chain stands. */
function storeOf(chain: Chain) {
  const { tip } = chain.view();
  const empty = { changes: [], treeNodes: [], stateRoot: tip.id };
  const [tipRow] = genesisWrites(empty, tip);
  return {
    get: (table: number, key: Uint8Array) => {
      if (table === TABLES.state) return chain.view().state.get(key[0] as number, key.slice(1));
      return table === TABLES.meta ? (tipRow?.value ?? undefined) : undefined;
    },
  };
}

function rotated(): { chain: Chain; own: Hospital } {
  const chain = createChain();
  const [own, b, c] = chain.hospitals as [Hospital, Hospital, Hospital];
  const content = {
    ...stripSignatures(own.card),
    validatorKey: NEXT.publicKey,
    networkKey: NEXT_NETWORK.publicKey,
  };
  const card = signValidatorCard(content, own.account, NEXT);
  decide(chain, { type: 'rotate', institution: own.id, card }, [own, b, c]);
  return { chain, own };
}

describe('A daemon that holds two validator keys', () => {
  it('votes with the old one until the second height after the decision, and with the new one from it', () => {
    const { chain, own } = rotated();
    const kv = storeOf(chain);
    const signing = ownSigning([own.validator, NEXT], chain.deps.genesisHash, expectedKeys(kv, own.id));
    const bytes = utf8('a vote');
    const signerNow = (): Hex32 | undefined => {
      const signature = signing.replica.signBytes?.(bytes) ?? '';
      return [own.validator, NEXT].find(({ publicKey }) => verifyEd25519(publicKey, signature, bytes))
        ?.publicKey;
    };
    expect(signerNow()).toBe(own.validator.publicKey);
    chain.commit([], { author: chain.hospitals[1]?.id as Hex32 });
    expect(signerNow()).toBe(NEXT.publicKey);
    expect([own.validator, NEXT, NEXT_NETWORK].map(({ publicKey }) => signing.holds(publicKey))).toEqual([
      ...[true, true, false],
    ]);
  });

  it('gives its word as a custodian with the key by which the epoch knows it', () => {
    const { chain, own } = rotated();
    chain.commit([], { author: chain.hospitals[1]?.id as Hex32 });
    const { genesisHash } = chain.deps;
    const signing = ownSigning([own.validator, NEXT], genesisHash, expectedKeys(storeOf(chain), own.id));
    const payload = utf8('a receipt');
    const signerOf = (epoch?: number): Hex32 | undefined => {
      let given = '';
      signing.statement(
        'custodyReceipt',
        payload,
        (signature) => {
          given = signature ?? '';
        },
        epoch,
      );
      const bytes = signedBytes('custodyReceipt', genesisHash, payload);
      return [own.validator, NEXT].find(({ publicKey }) => verifyEd25519(publicKey, given, bytes))?.publicKey;
    };
    expect(signerOf(0)).toBe(own.validator.publicKey);
    expect(signerOf(currentEpoch(chain.view().state))).toBe(NEXT.publicKey);
    expect(signerOf()).toBe(NEXT.publicKey);
  });

  it('signs with the first where nothing is known yet', () => {
    const [own] = createChain().hospitals as [Hospital];
    const nothing = { get: () => undefined };
    const signing = ownSigning([own.validator, NEXT], '0'.repeat(64), expectedKeys(nothing, own.id));
    const bytes = utf8('anything');
    const signature = signing.replica.signBytes?.(bytes) ?? '';
    expect(verifyEd25519(own.validator.publicKey, signature, bytes)).toBe(true);
  });
});

describe('A daemon that holds two network keys', () => {
  it('comes up with the one that its ledger names', () => {
    const { chain, own } = rotated();
    const keyOfRole = (secret: NodeKey['secret']): NodeKey => ({
      ...{ role: 'network', name: own.name, account: own.id, secret, development: true },
    });
    const [old, next] = [keyOfRole(own.network), keyOfRole(NEXT_NETWORK)];
    expect(networkKeyFor(storeOf(chain), old, next)).toBe(next);
    expect(networkKeyFor(storeOf(createChain()), old, next)).toBe(old);
    expect(networkKeyFor(storeOf(chain), old, undefined)).toBe(old);
    expect(networkKeyFor({ get: () => undefined }, old, next)).toBe(old);
  });
});

describe('A daemon that holds two custody keys', () => {
  it('opens what was sealed to either, and nothing that was sealed to another', async () => {
    const [first, second, other] = [1, 2, 3].map((seed) =>
      encryptionKeyFromSeed(new Uint8Array(32).fill(seed)),
    ) as [
      ReturnType<typeof encryptionKeyFromSeed>,
      ReturnType<typeof encryptionKeyFromSeed>,
      ReturnType<typeof encryptionKeyFromSeed>,
    ];
    const sealer = createSealer([first, second], (error) => {
      throw error;
    });
    const info = utf8('shares');
    const aad = utf8('record');
    const share = new Uint8Array(32).fill(9);
    const openedBy = async (key: typeof first): Promise<Uint8Array | undefined> => {
      const { enc, sealed } = await sealShares(key.publicKey, info, [{ aad, share }]);
      const items = [{ position: 0, aad, sealed: sealed[0] as Uint8Array }];
      return new Promise((resolve) => sealer.unsealShares(enc, info, items, ([opened]) => resolve(opened)));
    };
    expect(await openedBy(first)).toEqual(share);
    expect(await openedBy(second)).toEqual(share);
    expect(await openedBy(other)).toBeUndefined();
  });
});
