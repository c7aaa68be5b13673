// Owns: faults of disks in the simulator, and those of processes and operators that need a disk's help.
import { SIGNING_RECORD_FILE, WAL_FILE } from '@consilium/node/replica';
import type { SimHome, SimNode } from '@consilium/sim';
import { CRASH_POINTS, type CrashPointName } from '../../faults/crash-points.ts';
import type { Injection, Undo } from '../../run/world.ts';
import { atCrashPoint } from '../crash-points.ts';
import { each, type Inject, type Injectors, nothingToUndo, type SimContext } from '../injector.ts';

export const DISK_FAULTS: Injectors = {
  'crash-point': each(crashAtPoint),
  'torn-write': each((context, node) => {
    if (!node.isUp) return nothingToUndo;
    node.losePower(true);
    return () => bringUp(context, node);
  }),
  'flipped-bit': whileDown((node, { params, prng }) => {
    const place = String(params['where']);
    if (place === 'store') return node.kv.damage();
    if (place === 'vault') return damageOneBlob(node, prng);
    return node.disk.flipBit(fileOf(place));
  }),
  truncation: whileDown((node, { params }) => node.disk.cut(fileOf(String(params['where'])))),
  'folder-entry-lost': each((context, node, { prng }) => {
    excuse(context, node);
    node.losePower();
    const lost = prng.pick(['store', 'log', 'signing-record']);
    // A store without the file that names the others is found damaged.
    if (lost === 'store') node.kv.damage();
    else node.disk.remove(fileOf(lost));
    return () => bringUp(context, node);
  }),
  'disk-failing': bad(() => ({ failing: true })),
  'disk-full': bad(() => ({ full: true })),
  // Late is not faulty: its node answers for all that it said.
  'disk-slow': each((_context, node, { params }) =>
    node.home.addFault({ slowness: Number(params['factor']) }),
  ),
  'disk-lost': each((context, node) => {
    excuse(context, node);
    node.loseAll();
    return () => bringUp(context, node);
  }),
  'deleted-signing-record': whileDown((node) => node.disk.remove(SIGNING_RECORD_FILE)),
  'restored-backup': each(restoreBackup),
};

const FILES: Readonly<Record<string, string>> = { log: WAL_FILE, 'signing-record': SIGNING_RECORD_FILE };

function fileOf(place: string): string {
  const file = FILES[place];
  if (file === undefined) throw new Error(`invariant: no such file of a node: ${place}`);
  return file;
}

function excuse({ history }: SimContext, { id }: SimNode): void {
  history.excused.add(id);
}

type Harm = (node: SimNode, injection: Injection) => boolean;

/** The process ends, its disk is harmed, and it is started again at the undo. */
function whileDown(harm: Harm): Inject {
  return each((context, node, injection) => {
    excuse(context, node);
    node.kill();
    harm(node, injection);
    return () => bringUp(context, node);
  });
}

function bad(faultOf: () => Parameters<SimHome['addFault']>[0]): Inject {
  return each((context, node) => {
    excuse(context, node);
    const lift = node.home.addFault(faultOf());
    return () => {
      lift();
      bringUp(context, node);
    };
  });
}

function damageOneBlob({ vault }: SimNode, prng: Injection['prng']): boolean {
  const ids = vault.ids();
  if (ids.length === 0) return false;
  vault.damage(prng.pick(ids));
  return true;
}

function crashAtPoint(context: SimContext, node: SimNode, { params }: Injection): Undo {
  const point = String(params['point']);
  if (!isPoint(point)) throw new Error(`no such crash point: ${point}`);
  let died = false;
  const stop = atCrashPoint(node, point, () => {
    died = true;
    if (Number(params['power']) === 1) node.losePower();
    else node.kill();
  });
  return () => {
    stop();
    if (died) bringUp(context, node);
  };
}

function isPoint(name: string): name is CrashPointName {
  return CRASH_POINTS.some((point) => point.name === name);
}

/**
 * The copy is made now and brought back when it has its age, or at the undo. Such a node may sign twice, and be named for
 * it: the protocol counts it among its liars.
 */
function restoreBackup({ cluster, history }: SimContext, node: SimNode, { params }: Injection): Undo {
  history.hostile.add(node.id);
  const copy = node.home.copy();
  let isDue = true;
  const restore = (): void => {
    if (!isDue) return;
    isDue = false;
    node.kill();
    node.home.restore(copy);
    node.start();
  };
  cluster.scheduler.after(Number(params['age']) * 1000, restore);
  return restore;
}

/** What docs/operate.md tells an operator to do, by the code with which the node ended. */
const REMEDIES: Readonly<Record<string, (node: SimNode) => void>> = {
  STORE_DAMAGED: ({ kv }) => kv.wipe(),
  WAL_DAMAGED: ({ disk }) => {
    disk.remove(WAL_FILE);
  },
};

/** A look at a node that was started takes an operator so long; and so many looks, before it is left alone. */
const LOOK_US = 50_000;
const LOOKS_MAX = 3;

function bringUp(context: SimContext, node: SimNode, looks: number = LOOKS_MAX): void {
  node.start();
  if (looks === 0) return;
  const look = (): void => {
    const remedy = node.isUp ? undefined : REMEDIES[node.failure ?? ''];
    if (remedy === undefined) return;
    remedy(node);
    bringUp(context, node, looks - 1);
  };
  context.cluster.scheduler.after(LOOK_US, look);
}
