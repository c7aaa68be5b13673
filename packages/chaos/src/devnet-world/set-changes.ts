// Owns: the boards of a devnet's hospitals: now and then one proposes to admit or to remove one, and all the others approve,
// again and again until the ledger says that it is done. Does not own: whether and when a scenario wants that.
import { readFile } from 'node:fs/promises';
import {
  CHANGE_PROPOSALS,
  cardFromJson,
  followers,
  type Hex32,
  OPEN_PROPOSALS,
  readRow,
  SAFE_SET_COUNT,
  type StateReader,
  type ValidatorCard,
  validatorsAfterNext,
} from '@consilium/core';
import { verifySodium } from '@consilium/node';
import { homePaths } from '@consilium/node/setup';
import { type Action, approveProposal, proposeAdmission, proposeRemoval, type Signer } from '@consilium/sdk';
import type { Prng } from '@consilium/sim';
import type { DevnetContext } from './injector.ts';

const MEETING_MS = 1_500;
/** Probability that a meeting without anything open opens something. */
const PROPOSES = 0.25;

interface Board {
  readonly id: Hex32;
  readonly signer: Signer;
  readonly card: ValidatorCard;
}

/** As the ledger has it. */
interface Sitting {
  readonly set: readonly Hex32[];
  /** Let in without a vote: their nodes ask for their place in the set by themselves. */
  readonly followers: readonly Hex32[];
  readonly open: readonly { readonly id: Hex32; readonly approvals: readonly Hex32[] }[];
}

/** Gives what ends it: its last meeting goes on beside the run. */
export async function startSetChanges(context: DevnetContext, prng: Prng): Promise<() => void> {
  const { devnet, nodes } = context;
  const boards = await Promise.all(
    nodes.map(async ({ id, entry }): Promise<Board> => {
      const card = cardFromJson(await readFile(homePaths(entry.home).validatorCard, 'utf8'), verifySodium);
      return { id, card, signer: await devnet.signer(entry.name) };
    }),
  );
  let running = true;
  const arm = (): void => {
    context.after(MEETING_MS, () => {
      if (!running) return;
      context.beside('a meeting of the boards', async () => {
        await meet(context, boards, prng);
        arm();
      });
    });
  };
  arm();
  return () => {
    running = false;
  };
}

async function meet(context: DevnetContext, boards: readonly Board[], prng: Prng): Promise<void> {
  const { workload } = context;
  const door = prng.pick(workload.doors);
  // Whoever is asked may be down, or may have left the set: the next meeting asks another.
  const answer = await door.client.read(sittingIn).catch(() => undefined);
  if (answer === undefined) return;
  const { set, open } = answer.value;
  const inSet = boards.filter(({ id }) => set.includes(id));
  const write = (board: Board, action: Action): Promise<unknown> =>
    workload.write(door, [action], board.signer, 'received');
  for (const { id, approvals } of open)
    for (const board of inSet.filter((each) => !approvals.includes(each.id)))
      await write(board, approveProposal(id));
  if (open.length > 0 || !prng.chance(PROPOSES)) return;
  const change = drawChange(boards, answer.value, prng);
  if (change !== undefined) await write(prng.pick(inSet), change);
}

function drawChange(boards: readonly Board[], { set, followers }: Sitting, prng: Prng): Action | undefined {
  const outside = boards.filter(({ id }) => !set.includes(id) && !followers.includes(id));
  const mayRemove = set.length > SAFE_SET_COUNT;
  if (outside.length > 0 && (!mayRemove || prng.chance(0.5)))
    return proposeAdmission(prng.pick(outside).card);
  return mayRemove ? proposeRemoval(prng.pick(set), null) : undefined;
}

function sittingIn(state: StateReader): Sitting {
  const open = readRow(state, OPEN_PROPOSALS) ?? [];
  const set = validatorsAfterNext(state);
  return {
    set: set.map(({ id }) => id),
    followers: followers(state).map(({ institution }) => institution),
    open: open.map(({ id }) => ({ id, approvals: readRow(state, CHANGE_PROPOSALS, id)?.approvals ?? [] })),
  };
}
