// A new hospital as its board and its operator see it: proposed and approved by the others, started from what was read out to
// it, and seen to vote.
import { consiliumJson } from './command.ts';
import type { Network, Validator } from './network.ts';
import { until } from './waiting.ts';

/** Proposed by the first and approved by the others. Resolves when the last approval is committed. */
export async function admit(
  network: Network,
  newcomer: Validator,
  [first, ...others]: readonly Validator[],
): Promise<void> {
  if (first === undefined) throw new Error('invariant: somebody proposes');
  const { folder, genesisFile } = network;
  const by = ({ apiUrl, paths }: Validator): string[] => [
    ...['--as', paths.accountKey, '--node', apiUrl, '--genesis', genesisFile, '--yes'],
  ];
  const words = ['validator', 'propose', 'admit', newcomer.paths.validatorCard, ...by(first)];
  const { proposal } = await consiliumJson<{ proposal: string }>(folder, ...words);
  for (const other of others) await consiliumJson(folder, 'validator', 'approve', proposal, ...by(other));
}

/** The block at the tip of this hospital, as its operator reads it out. */
export async function trustAt(network: Network, { apiUrl }: Validator): Promise<string> {
  const asked = ['--node', apiUrl, '--genesis', network.genesisFile];
  const { trust } = await consiliumJson<{ trust: string }>(network.folder, 'status', ...asked);
  return trust;
}

export async function makeSnapshot(
  network: Network,
  { paths }: Validator,
): Promise<{ readonly height: number; readonly chunks: number; readonly bytes: number }> {
  return consiliumJson(network.folder, 'node', 'snapshot', '--home', paths.home);
}

/** Its signature stands in the certificate of the newest block. `giveUpMs`: how long that may take. */
export async function untilItVotes(
  network: Network,
  { institution, name, log }: Validator,
  giveUpMs?: number,
): Promise<void> {
  const client = network.client();
  await until(
    () => `a vote of ${name} in a certificate; its log ends: ${log().slice(-2_000)}`,
    async () => {
      const { height, validators } = await client.tip();
      const { certificate } = await client.block(height);
      return certificate.signatures.some(({ index }) => validators[index]?.id === institution);
    },
    giveUpMs,
  );
}
