// Owns: mistakes of operators on a devnet.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { homePaths } from '@consilium/node/setup';
import { approveProposal, proposeRemoval } from '@consilium/sdk';
import type { Injection, Undo } from '../../run/world.ts';
import { copyDisk, loseSigningRecord, restoreDisk } from '../damage.ts';
import { type DevnetContext, type DevnetNode, each, type Injectors, nothingToUndo } from '../injector.ts';
import { startTwin } from '../twin.ts';
import { damaged } from './disk.ts';

const MEETING_MS = 500;
/** Up to here a network may lose a hospital only when its name is confirmed. */
const CONFIRMED_UP_TO = 4;

export const OPERATOR_FAULTS: Injectors = {
  'restored-backup': each((context, node, injection) => restoreBackup(context, node, injection)),
  'copied-key': each((context, node) => copyKey(context, node)),
  'deleted-signing-record': damaged((home) => loseSigningRecord(home)),
  'wrong-genesis': each((context, node) => giveWrongGenesis(context, node)),
  'removed-validator': each((context, node) => voteOut(context, node)),
};

/** The copy is made now, and put back when it is as old as was asked for. */
function restoreBackup(context: DevnetContext, node: DevnetNode, { params, prng }: Injection): Undo {
  const { entry, control, id } = node;
  context.history.hostile.add(id);
  const copy = join(context.folder, `backup-${node.name}-${prng.below(2 ** 31)}`);
  control.takeDown(() => copyDisk(entry.home, copy))();
  return context.after(Number(params['age']), () => {
    control.takeDown(() => restoreDisk(entry.home, copy))();
  });
}

function copyKey(context: DevnetContext, { name, id, entry, control }: DevnetNode): Undo {
  context.history.hostile.add(id);
  const home = join(context.folder, `twin-${name}`);
  // Of a disk that is written to there is no copy.
  let stop: Undo = nothingToUndo;
  let wanted = true;
  control.takeDown(async () => {
    if (!wanted) return;
    const end = await startTwin({
      from: entry.home,
      home,
      genesis: context.devnet.file.genesis,
      words: context.wordsOf(name),
    });
    stop = end;
    context.atEnd(end);
    if (!wanted) end();
  })();
  return () => {
    wanted = false;
    stop();
  };
}

function giveWrongGenesis({ history }: DevnetContext, { id, entry, control }: DevnetNode): Undo {
  history.excused.add(id);
  const { genesis } = homePaths(entry.home);
  let right: string | undefined;
  const release = control.takeDown(async () => {
    right = await readFile(genesis, 'utf8');
    await writeFile(genesis, right.replace(/"dev-[^"]*"/, '"dev-another-network"'));
  });
  const expected = control.expectEnd();
  // It is started with it, and refuses.
  release();
  return () => {
    const undo = control.takeDown(async () => {
      if (right !== undefined) await writeFile(genesis, right);
    });
    expected();
    undo();
  };
}

function voteOut(context: DevnetContext, target: DevnetNode): Undo {
  let active = true;
  context.beside(`voting ${target.name} out`, async () => {
    while (active && !(await isOut(context, target))) {
      await meet(context, target);
      await new Promise((resolve) => context.after(MEETING_MS, () => resolve(undefined)));
    }
  });
  return () => {
    active = false;
  };
}

async function isOut({ workload }: DevnetContext, target: DevnetNode): Promise<boolean> {
  const [door] = workload.doors.filter(({ id }) => id !== target.id);
  const answer = await door?.client.validators().catch(() => undefined);
  return answer?.value.every(({ id }) => id !== target.id) === true;
}

/** Proposes once, and has everybody else approve what is open. */
async function meet({ workload, devnet, nodes }: DevnetContext, target: DevnetNode): Promise<void> {
  const others = workload.doors.filter(({ id }) => id !== target.id);
  const [first] = others;
  const answer = await first?.client.proposals().catch(() => undefined);
  if (first === undefined || answer === undefined) return;
  const [open] = answer.value;
  if (open === undefined) {
    const confirm = nodes.length <= CONFIRMED_UP_TO ? devnet.node(target.entry.name).title : null;
    await workload.write(first, [proposeRemoval(target.id, confirm)], first.signer);
    return;
  }
  for (const door of others) await workload.write(first, [approveProposal(open.id)], door.signer);
}
