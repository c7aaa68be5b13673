// Owns: faults of the disk on a devnet: damage while the daemon is down, and what the daemon's own disk answers.
import type { Injection, Undo } from '../../run/world.ts';
import { cutEnd, flipBit, loseDisk, loseLog } from '../damage.ts';
import {
  type DevnetContext,
  type DevnetNode,
  each,
  type Inject,
  type Injectors,
  order,
} from '../injector.ts';
import type { NodeFault } from '../node-faults.ts';

type Damage = (home: string, injection: Injection) => Promise<void>;

export const DISK_FAULTS: Injectors = {
  'flipped-bit': damaged((home, { params, prng }) => flipBit(home, String(params['where']), prng)),
  truncation: damaged((home, { params, prng }) => cutEnd(home, String(params['where']), prng)),
  'folder-entry-lost': damaged((home) => loseLog(home)),
  'disk-lost': damaged((home) => loseDisk(home)),
  'disk-failing': each((context, node) => refusing(context, node, { kind: 'disk-failing' })),
  'disk-full': each((context, node) => fillDisk(context, node)),
  'disk-slow': each((context, node, { params }) =>
    order(context, node, { kind: 'disk-slow', factor: Number(params['factor']) }),
  ),
};

/** Goes down, is damaged, and comes back with the undo. It may refuse to. */
export function damaged(damage: Damage): Inject {
  return each(({ history }, { id, entry, control }, injection) => {
    history.excused.add(id);
    return control.takeDown(() => damage(entry.home, injection));
  });
}

/** The file system is full where the node has one of its own; elsewhere the daemon's own disk says that it is. */
function fillDisk(context: DevnetContext, node: DevnetNode): Undo {
  const { name, control, smallDisk } = node;
  const facts = { by: smallDisk === undefined ? 'the daemon' : 'the file system' };
  context.say({ kind: 'report', node: name, level: 'info', code: 'chaos.disk-full', facts });
  if (smallDisk === undefined) return refusing(context, node, { kind: 'disk-full' });
  context.history.excused.add(node.id);
  const expected = control.expectEnd();
  context.beside(`a full disk of ${name}`, () => smallDisk.fill());
  return () =>
    context.beside(`room again for ${name}`, async () => {
      await smallDisk.empty();
      expected();
    });
}

/** A daemon whose writes are refused ends by itself, and is started again with the undo. */
function refusing(context: DevnetContext, node: DevnetNode, fault: NodeFault): Undo {
  context.history.excused.add(node.id);
  const expected = node.control.expectEnd();
  const lift = order(context, node, fault);
  return () => {
    lift();
    context.beside(`${node.name} after ${fault.kind}`, async () => {
      await node.orders.idle();
      expected();
    });
  };
}
