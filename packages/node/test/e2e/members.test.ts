import {
  type Certificate,
  certificateOf,
  genesisHash,
  headerId,
  isValidCertificate,
  lightGenesis,
  NO_ROUND,
  signPayload,
  type ValidatorSet,
  type Vote,
  type VoteContent,
  verifyEd25519,
  votePayload,
} from '@consilium/core';
import type { CertifiedBlock, Client } from '@consilium/sdk';
import { expect, test } from 'vitest';
import { readNodeKeys } from '../../src/keys/store.ts';
import { untilAllAt } from './support/asking.ts';
import { consiliumJson } from './support/command.ts';
import { untilItVotes } from './support/joining.ts';
import { type Load, startLoad } from './support/load.ts';
import { createNetwork, type Network, type Validator } from './support/network.ts';
import { eventually, until } from './support/waiting.ts';

test('A fifth hospital is admitted and the current proposer removed under load; a light client follows from genesis across both; a certificate of the old set is refused at the new height (real sockets).', async () => {
  await using network = await createNetwork();
  await network.start();
  const [north, east, south, west] = network.validators as [Validator, Validator, Validator, Validator];
  const load = startLoad(network, [north, east, south]);
  await load.more(10);

  const lake = await network.newcomer('Hospital Lake');
  await decide(network, ['admit', lake.paths.validatorCard], [north, east, south]);
  await lake.start();
  await untilItVotes(network, lake);
  await untilMembers(network, [north, east, south, west, lake]);

  await untilItProposes(network.client(), west);
  await decide(network, ['remove', west.name], [north, east, south, lake]);
  await untilMembers(network, [north, east, south, lake]);
  await load.more(10);
  const last = await stopAt(load, [north, east, south, lake]);

  const follower = network.client({ node: lake.apiUrl });
  const tip = await follower.tip();
  expect(tip.height).toBeGreaterThanOrEqual(last);
  expect(membersOf(tip.nextValidators)).toEqual(idsOf([north, east, south, lake]));
  expect(follower.memory().sets.map(({ validators }) => membersOf(validators))).toEqual([
    idsOf([north, east, south, west]),
    idsOf([north, east, south, west, lake]),
    idsOf([north, east, south, lake]),
  ]);
  await expectOldSetRefused(network, await follower.block(tip.height), tip.nextValidators);
  expect(west.running && lake.running).toBe(true);
  expect(load.refused).toEqual([]);
}, 400_000);

/** Proposed by the first and approved by the others, each with the command of its own hospital. */
async function decide(
  network: Network,
  change: readonly string[],
  [first, ...others]: readonly [Validator, ...Validator[]],
): Promise<void> {
  const { folder, genesisFile } = network;
  const by = ({ apiUrl, paths }: Validator): string[] => [
    ...['--as', paths.accountKey, '--node', apiUrl, '--genesis', genesisFile, '--yes'],
  ];
  const words = ['validator', 'propose', ...change, ...by(first)];
  const { proposal } = await consiliumJson<{ proposal: string }>(folder, ...words);
  for (const other of others) await consiliumJson(folder, 'validator', 'approve', proposal, ...by(other));
}

async function untilItProposes(client: Client, { institution, name }: Validator): Promise<void> {
  await until(`a block by ${name} at the tip`, async () => {
    const { height } = await client.tip();
    return (await client.block(height)).block.header.author === institution;
  });
}

/** The set that decides from the next height on. */
async function untilMembers(network: Network, members: readonly Validator[]): Promise<void> {
  const client = network.client();
  await until(`a set of ${members.length}`, async () => {
    const { nextValidators } = await client.tip();
    return membersOf(nextValidators).join() === idsOf(members).join();
  });
}

function membersOf(set: ValidatorSet): string[] {
  return set.map(({ id }) => id).sort();
}

function idsOf(validators: readonly Validator[]): string[] {
  return validators.map(({ institution }) => institution).sort();
}

/** A height that all of them have reached, and at which nothing is under way any more. */
async function stopAt(load: Load, validators: readonly Validator[]): Promise<number> {
  await load.stop();
  const height = Math.max(...load.acknowledged.map((one) => one.height));
  await untilAllAt(validators, height);
  return height;
}

/**
 * A quorum of the founders signs the block of the new height, with their real keys: the set of its height has another
 * member in the place of one of them.
 */
async function expectOldSetRefused(
  network: Network,
  { block }: CertifiedBlock,
  newSet: ValidatorSet,
): Promise<void> {
  const { genesis, validators } = network;
  const { height } = block.header;
  const oldSet = lightGenesis(genesis).nextValidators;
  const [, ...signers] = validators;
  const content: VoteContent = {
    type: 'precommit',
    height,
    round: 0,
    blockId: headerId(block.header),
    validRound: NO_ROUND,
  };
  const votes = await Promise.all(signers.map((validator) => voteOf(validator, network, content)));
  const old = certificateOf(content, votes, oldSet);
  const hash = genesisHash(genesis);
  expect(isValidCertificate(verifyEd25519, hash, oldSet, old)).toBe(true);
  expect(isValidCertificate(verifyEd25519, hash, newSet, old)).toBe(false);

  const client = network.client({ fetch: withCertificate(old) });
  await expect(client.tip()).rejects.toMatchObject({ code: 'PROOF_INVALID' });
  const informed = network.client({ fetch: withCertificate(old), memory: await newestMemory(network) });
  await expect(informed.block(height)).rejects.toMatchObject({ code: 'PROOF_INVALID' });
}

async function voteOf(validator: Validator, { genesis }: Network, content: VoteContent): Promise<Vote> {
  const { secret } = (await readNodeKeys(validator.paths)).validator;
  const signature = signPayload(secret, 'vote', genesisHash(genesis), votePayload(content));
  return { ...content, validator: validator.institution, signature };
}

async function newestMemory(network: Network): Promise<ReturnType<Client['memory']>> {
  const client = network.client();
  return eventually('a tip', async () => ((await client.tip()).height > 0 ? client.memory() : undefined));
}

/** Every certificate of this height in an answer is replaced by this one. */
function withCertificate(certificate: Certificate): typeof fetch {
  return async (url, init) => {
    const response = await fetch(url, init);
    const replace = (value: unknown): unknown =>
      isCertificateOf(value, certificate.height) ? certificate : value;
    const answer = JSON.parse(await response.text(), (_key, value) => replace(value));
    return Response.json(answer, { status: response.status });
  };
}

function isCertificateOf(value: unknown, height: number): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    'signatures' in value &&
    'height' in value &&
    value.height === height
  );
}
