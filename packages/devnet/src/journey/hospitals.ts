// Owns: steps 3 to 5: a hospital dies and comes back; a fifth is voted in and one is voted out.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cardFromJson, createValidatorSet, verifyEd25519, votesOf } from '@consilium/core';
import {
  type Action,
  approveProposal,
  ConsiliumError,
  type ProvenTx,
  proposeAdmission,
  proposeRemoval,
} from '@consilium/sdk';
import { commit, commitNothing, until } from './acting.ts';
import type { Story } from './types.ts';

/** SIGKILL, and commits go on: the other three are a quorum. */
export async function killOne(story: Story, victim: string, witness: string): Promise<void> {
  await story.devnet.command(victim, 'kill');
  const { title } = story.devnet.node(victim);
  const tx = await commitNothing(story, witness);
  story.tell(3, `${title} is killed; the other three commit`, tx);
}

export async function bringBack(story: Story, victim: string, witness: string): Promise<void> {
  const { devnet } = story;
  await devnet.command(victim, 'start');
  await until(story, `${victim} has caught up`, async () => {
    const { nodes } = await devnet.status();
    const [one, other] = [victim, witness].map((name) => nodes.find((node) => node.name === name));
    return one?.height != null && one.height === other?.height && one.stateRoot === other.stateRoot;
  });
  const { height, time } = await story.client.tip();
  story.tell(4, `${devnet.node(victim).title} comes back and has caught up`, { height, time });
}

/** The newcomer's daemon runs, more than two thirds approve, and its signature stands in a certificate. */
export async function voteIn(story: Story, newcomer: string, voters: readonly string[]): Promise<void> {
  const { devnet } = story;
  const node = devnet.file.nodes.find(({ name }) => name === newcomer) ?? (await devnet.add(newcomer));
  if (await decides(story, node.institution)) return;
  const card = cardFromJson(await readFile(join(node.home, 'validator.json'), 'utf8'), verifyEd25519);
  const approved = await decideSet(story, proposeAdmission(card), voters);
  story.tell(5, `${node.title} is voted in by ${approved.count} hospitals`, approved.tx);
  await until(story, `${newcomer} votes`, async () => {
    const tx = await commitNothing(story, voters[0] ?? '');
    return signedBy(story, node.institution, tx.height);
  });
  const { height, time } = await story.client.tip();
  story.tell(5, `${node.title} votes: its signature stands in a certificate`, { height, time });
}

export async function voteOut(story: Story, leaving: string, voters: readonly string[]): Promise<void> {
  const { institution, title } = story.devnet.node(leaving);
  if (!(await decides(story, institution))) return;
  const approved = await decideSet(story, proposeRemoval(institution, null), voters);
  story.tell(5, `${title} is voted out by ${approved.count} hospitals`, approved.tx);
  await until(story, `${leaving} decides no more`, async () => {
    await commitNothing(story, voters[0] ?? '');
    return !(await decides(story, institution));
  });
}

async function decides({ client }: Story, institution: string): Promise<boolean> {
  const { value } = await client.validators();
  return value.some((validator) => validator.id === institution);
}

interface Approved {
  readonly tx: ProvenTx;
  readonly count: number;
}

/** The first voter proposes, the others approve until it is decided. */
async function decideSet(story: Story, change: Action, voters: readonly string[]): Promise<Approved> {
  const [proposer = '', ...others] = voters;
  let tx = await commit(story, [change], await story.devnet.signer(proposer));
  const proposal = tx.outcomes[0]?.id;
  if (proposal == null) throw new ConsiliumError('PROPOSAL_NOT_FOUND');
  for (const voter of others)
    tx = await commit(story, [approveProposal(proposal)], await story.devnet.signer(voter));
  return { tx, count: voters.length };
}

/** Whether the certificate of this height, as a later block carries it or the node has it, names the validator. */
async function signedBy({ client }: Story, institution: string, height: number): Promise<boolean> {
  const { certificate } = await client.block(height);
  const { value } = await client.validators();
  const deciding = value.filter((validator) => validator.standing !== 'joining');
  const set = createValidatorSet(
    deciding.map(({ id, validatorKey }) => ({ id, key: validatorKey, power: 1 })),
  );
  return votesOf(certificate, set).some((vote) => vote.validator === institution);
}
