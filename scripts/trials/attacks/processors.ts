// Owns: that an attacker takes none of the processor time of those whom it attacks, as on a machine of its own: they run on
// one processor, it on others. Linux with taskset (util-linux) and two processors; elsewhere nothing is parted, and said so.
import { execFile } from 'node:child_process';
import { setPriority } from 'node:os';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** Before whatever else runs on this machine, where the system lets us. */
const NICENESS = -10;

export interface Parting {
  /** Whether attacker and attacked have processors of their own. */
  readonly apart: boolean;
  /** Whether both go before the rest of the machine. */
  readonly first: boolean;
  /** Goes before the words of a command that is to run where the attacker does. */
  readonly attackerPrefix: readonly string[];
}

/** From now on this process, and all that it starts, runs on one processor; what it starts with the prefix, on the others. */
export async function partProcessors(tell: (line: string) => void): Promise<Parting> {
  const first = goFirst();
  if (!first) tell('not allowed to go before other processes: a busy machine makes the shares noisy');
  try {
    const allowed = await allowedProcessors();
    const [own, ...others] = allowed;
    if (own === undefined || others.length === 0) throw new Error('there is one processor only');
    await run('taskset', ['--all-tasks', '--cpu-list', '--pid', String(own), String(process.pid)]);
    return { apart: true, first, attackerPrefix: ['taskset', '--cpu-list', others.join(',')] };
  } catch (error) {
    tell(`attacker and daemons share the processors: ${error instanceof Error ? error.message : error}`);
    return { apart: false, first, attackerPrefix: [] };
  }
}

function goFirst(): boolean {
  try {
    setPriority(NICENESS);
    return true;
  } catch {
    return false;
  }
}

async function allowedProcessors(): Promise<readonly number[]> {
  const { stdout } = await run('taskset', ['--cpu-list', '--pid', String(process.pid)]);
  return processorsOf(stdout.slice(stdout.lastIndexOf(':') + 1));
}

/** Of a list such as `0-2,5`. */
export function processorsOf(list: string): readonly number[] {
  return list
    .trim()
    .split(',')
    .flatMap((range) => {
      const [from = Number.NaN, to = from] = range.split('-').map(Number);
      return Array.from({ length: to - from + 1 }, (_, n) => from + n);
    });
}
