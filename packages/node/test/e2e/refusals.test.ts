import {
  concat,
  fromHex,
  genesisHash,
  secretKeyFromSeed,
  signPayload,
  signTx,
  TX_BYTES_MAX,
  TX_VALIDITY_MS_MAX,
  type Tx,
  toHex,
  utf8,
} from '@consilium/core';
import { type Client, noop, rotateKey, type Signer } from '@consilium/sdk';
import { expect, test } from 'vitest';
import { systemRandom } from '../../src/crypto/system-random.ts';
import { peerIdOf } from '../../src/net/network-key.ts';
import { startNetNode } from '../support/net-node.ts';
import { handInBytes, txStateAt, untilAllAt } from './support/asking.ts';
import { createNetwork, type Network, type Validator } from './support/network.ts';
import { until } from './support/waiting.ts';

test("A transaction signed with a key that was rotated in the block before fails with its code on every node alike. Garbage, truncated, oversize, non-canonical, wrongly signed, replayed and expired transactions are refused with their own codes; a stranger's libp2p node is refused at the gate.", async () => {
  await using network = await createNetwork();
  await network.start();
  const { validators } = network;
  const [north, east] = validators as [Validator, Validator];
  const client = network.client();

  await expectRotatedKeyFails(network, client, north);

  const committed = await client.submit([noop()], east.signer);
  if (committed.state !== 'committed') throw new Error(`not committed but ${committed.state}`);
  await untilAllAt(validators, committed.height);
  const cases = refusedTxs(network, east.signer, committed.tx);
  for (const validator of validators) {
    const answers = await Promise.all(cases.map(async ({ bytes }) => handInBytes(validator, bytes)));
    expect(cases.map(({ name }, index) => [name, answers[index]])).toEqual(
      cases.map(({ name, code }) => [name, code]),
    );
  }

  await expectStrangerRefused(network);
  expect(await client.submit([noop()], east.signer)).toMatchObject({ state: 'committed', code: 'OK' });
}, 300_000);

async function expectRotatedKeyFails(network: Network, client: Client, owner: Validator): Promise<void> {
  const { validators } = network;
  const { account } = owner.signer;
  const newKey = secretKeyFromSeed(systemRandom.bytes(32));
  const rotation = client.buildTx([rotateKey(genesisHash(network.genesis), account, newKey)], owner.signer);
  // It waits at every node while the key is rotated; none may keep it for its good signature of before.
  const waiting = client.buildTx([noop()], owner.signer);
  const outcomes = await fetch(`${owner.apiUrl}/v1/txs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ txs: [toHex(rotation.bytes), toHex(waiting.bytes)] }),
  });
  expect(await outcomes.json()).toEqual({
    outcomes: [
      { id: rotation.id, state: 'received' },
      { id: waiting.id, state: 'received' },
    ],
  });
  const rotated = await client.send(rotation);
  if (rotated.state !== 'committed') throw new Error(`not committed but ${rotated.state}`);
  await untilAllAt(validators, rotated.height);

  const late = client.buildTx([noop()], owner.signer);
  for (const validator of validators) {
    expect(await handInBytes(validator, late.bytes)).toBe('TX_KEY_ROTATED');
    expect(await handInBytes(validator, waiting.bytes)).toBe('TX_KEY_ROTATED');
    expect(await txStateAt(validator, waiting.id)).toMatchObject({
      state: 'refused',
      code: 'TX_KEY_ROTATED',
    });
  }
  const current = { account, key: newKey };
  expect(await client.submit([noop()], current)).toMatchObject({ state: 'committed', code: 'OK' });
}

interface RefusedTx {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly code: string;
}

function refusedTxs({ genesis }: Network, signer: Signer, committed: Tx): RefusedTx[] {
  const payload = {
    genesis: genesisHash(genesis),
    sender: signer.account,
    validUntil: Date.now() + 60_000,
    nonce: '07'.repeat(16),
    actions: [noop()],
  };
  const good = signTx(signer.key, payload);
  const signed = (changes: Partial<typeof payload>): Uint8Array =>
    signTx(signer.key, { ...payload, ...changes }).bytes;
  const stranger = secretKeyFromSeed(systemRandom.bytes(32));
  return [
    { name: 'garbage', bytes: systemRandom.bytes(300), code: 'ENCODING_INVALID' },
    { name: 'truncated', bytes: good.bytes.subarray(0, -10), code: 'ENCODING_INVALID' },
    { name: 'too short for a signature', bytes: good.bytes.subarray(0, 20), code: 'ENCODING_INVALID' },
    { name: 'not canonical', bytes: withLongInteger(good, signer), code: 'ENCODING_INVALID' },
    { name: 'oversize', bytes: new Uint8Array(TX_BYTES_MAX + 1), code: 'ENCODING_TOO_LARGE' },
    { name: 'far oversize', bytes: new Uint8Array(8 * TX_BYTES_MAX), code: 'ENCODING_TOO_LARGE' },
    { name: 'wrongly signed', bytes: withOtherSignature(good), code: 'TX_SIGNATURE_INVALID' },
    { name: 'signed by another', bytes: signTx(stranger, payload).bytes, code: 'TX_SIGNATURE_INVALID' },
    { name: 'replayed', bytes: committed.bytes, code: 'TX_DUPLICATE' },
    { name: 'expired', bytes: signed({ validUntil: Date.now() - 60_000 }), code: 'TX_EXPIRED' },
    {
      name: 'valid for too long',
      bytes: signed({ validUntil: Date.now() + 2 * TX_VALIDITY_MS_MAX }),
      code: 'TX_VALIDITY_TOO_LONG',
    },
    { name: 'of another network', bytes: signed({ genesis: '11'.repeat(32) }), code: 'TX_NETWORK_MISMATCH' },
    { name: 'of nobody', bytes: signed({ sender: '22'.repeat(32) }), code: 'TX_ACCOUNT_UNKNOWN' },
    {
      name: 'of an unknown action',
      bytes: signed({ actions: [{ ...noop(), version: 99 }] }),
      code: 'TX_ACTION_UNKNOWN',
    },
  ];
}

/** The same payload with the version of its action in two bytes where one will do, well signed. */
function withLongInteger({ bytes, genesis }: Tx, { key }: Signer): Uint8Array {
  const payload = bytes.subarray(0, bytes.length - 64);
  const at = toHex(payload).indexOf(`${toHex(utf8('version'))}01`) / 2 + 'version'.length;
  expect(Number.isInteger(at)).toBe(true);
  const longer = concat(payload.subarray(0, at), Uint8Array.of(0x18), payload.subarray(at));
  return concat(longer, fromHex(signPayload(key, 'transaction', genesis, longer)));
}

function withOtherSignature({ bytes }: Tx): Uint8Array {
  const other = bytes.slice();
  const last = other.length - 33;
  other[last] = (other[last] ?? 0) ^ 1;
  return other;
}

/** It speaks the protocol of this very network and knows everybody's keys and addresses; its own key is not admitted. */
async function expectStrangerRefused({ genesis, validators }: Network): Promise<void> {
  const stranger = await startNetNode(1, { genesis: genesisHash(genesis) });
  try {
    stranger.net.admit([
      stranger.peer,
      ...validators.map(({ institution, card }) => ({
        institution,
        networkKey: card.networkKey,
        addresses: card.addresses,
      })),
    ]);
    const peerId = peerIdOf(stranger.peer.networkKey).toString();
    for (const { name, log } of validators)
      await until(
        () => `the refusal at ${name}; its log ends: ${log().slice(-2_000)}`,
        () => log().includes('P2P_STRANGER_REFUSED') && log().includes(peerId),
      );
    expect(stranger.calls).toEqual([]);
    expect(stranger.messages).toEqual([]);
  } finally {
    await stranger.net.stop();
  }
}
