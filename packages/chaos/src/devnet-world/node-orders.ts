// Owns: telling the daemons of the fault kit which faults stand on each. Does not own: what a daemon does of it (daemon.ts).
import { rename, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { ORDER_ANSWER_MS_MAX } from '../limits.ts';
import { NODE_FAULTS_FILE, NODE_FAULTS_SOCKET, type NodeFault } from './node-faults.ts';

export interface NodeOrders {
  /** Resolves when the running daemon has it; one that is down reads it when it starts. */
  impose(fault: NodeFault): Promise<void>;
  lift(fault: NodeFault): Promise<void>;
  /** Resolves when all that was asked for before is done. */
  idle(): Promise<void>;
}

/** `folder`: that of the kit. */
export function createNodeOrders(folder: string): NodeOrders {
  const standing = new Set<NodeFault>();
  let last: Promise<void> = Promise.resolve();
  const tell = async (): Promise<void> => {
    const path = join(folder, NODE_FAULTS_FILE);
    await writeFile(`${path}.new`, JSON.stringify([...standing]));
    await rename(`${path}.new`, path);
    await poke(join(folder, NODE_FAULTS_SOCKET));
  };
  const tellInTurn = (): Promise<void> => {
    last = last.then(tell);
    return last;
  };
  return {
    impose: (fault) => {
      standing.add(fault);
      return tellInTurn();
    },
    lift: (fault) => {
      standing.delete(fault);
      return tellInTurn();
    },
    idle: () => last,
  };
}

/** Nobody listens: the daemon is down, or dies just now. A frozen one reads it when it goes on. */
function poke(path: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.setTimeout(ORDER_ANSWER_MS_MAX, () => socket.destroy());
    socket.once('connect', () => socket.write('read\n'));
    socket.once('error', () => undefined);
    socket.once('close', () => resolve());
    socket.resume();
  });
}
