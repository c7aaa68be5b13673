import { readFile } from 'node:fs/promises';
import { cardFromJson, findValidator, type ValidatorCard, verifyEd25519 } from '@consilium/core';
import { expect, test } from 'vitest';
import { consiliumJson } from './support/command.ts';
import { startLoad } from './support/load.ts';
import { createNetwork, type Network, type Validator } from './support/network.ts';
import { until } from './support/waiting.ts';

test('A hospital rotates its validator key and its network key with an overlap, by the vote of the others, under load: it never loses its vote but for two restarts (real sockets).', async () => {
  await using network = await createNetwork();
  await network.start();
  const [north, east, south, west] = network.validators as [Validator, Validator, Validator, Validator];
  const load = startLoad(network, [north, east, south]);
  await load.more(5);

  const { folder, genesisFile } = network;
  const request = ['validator', 'request', '--home', west.paths.home, '--rotate', 'validator,network'];
  const { card: file } = await consiliumJson<{ card: string }>(folder, ...request);
  const card = cardFromJson(await readFile(file, 'utf8'), verifyEd25519);
  // It holds both keys from its next start on, and goes on with the old ones.
  await restart(west);
  const by = ({ apiUrl, paths }: Validator): string[] => [
    ...['--as', paths.accountKey, '--node', apiUrl, '--genesis', genesisFile, '--yes'],
  ];
  const words = ['validator', 'propose', 'rotate', file, ...by(north)];
  const { proposal } = await consiliumJson<{ proposal: string }>(folder, ...words);
  for (const other of [east, south])
    await consiliumJson(folder, 'validator', 'approve', proposal, ...by(other));
  await untilItVotes(network, west, card);

  // Within the overlap it comes up with its new network key, and is let in.
  await restart(west);
  await untilItVotes(network, west, card);
  await load.stop();
  expect(load.refused).toEqual([]);
  expect(west.log()).not.toContain('signing.key-missing');
}, 300_000);

async function restart(validator: Validator): Promise<void> {
  await validator.stop();
  await validator.start();
  await validator.ready();
}

/** Its signature stands in the certificate of a height whose set names the key of this card. */
async function untilItVotes(
  network: Network,
  { institution, log }: Validator,
  card: ValidatorCard,
): Promise<void> {
  const client = network.client();
  const { height: from } = await client.tip();
  await until(
    () => `a vote with the new key; the log ends: ${log().slice(-2_000)}`,
    async () => {
      const { height, validators } = await client.tip();
      if (height <= from || findValidator(validators, institution)?.key !== card.validatorKey) return false;
      const { certificate } = await client.block(height);
      return certificate.signatures.some(({ index }) => validators[index]?.id === institution);
    },
  );
}
