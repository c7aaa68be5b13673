// Owns: that an attacker takes none of the processor time of those whom it attacks, as on a machine of its own: they run on
// one processor, it on others. Linux with taskset (util-linux), nice and two processors; elsewhere nothing is parted, and said
// so.
import { execFile } from 'node:child_process';
import { setPriority } from 'node:os';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Parting {
  /** Whether attacker and attacked have processors of their own. */
  readonly apart: boolean;
  /** Whether daemons and honest clients go before the rest of the machine. */
  readonly first: boolean;
  /** Goes before the words of a command that is to run where the attacker does. */
  readonly attackerPrefix: readonly string[];
}

/** From now on this process, and all that it starts, runs on one processor; what it starts with the prefix, on the others. */
export async function partProcessors(tell: (line: string) => void): Promise<Parting> {
  const pid = String(process.pid);
  try {
    const [own, ...others] = await allowedProcessors();
    if (own === undefined || others.length === 0) throw new Error('there is one processor only');
    await run('taskset', ['--all-tasks', '--cpu-list', '--pid', String(own), pid]);
    const first = goFirst(tell);
    const ordinary = first ? ['nice', '-n', String(-FIRST)] : [];
    return { apart: true, first, attackerPrefix: [...ordinary, 'taskset', '--cpu-list', others.join(',')] };
  } catch (error) {
    tell(`attacker and daemons share the processors: ${causeOf(error)}`);
    return { apart: false, first: false, attackerPrefix: [] };
  }
}

/** The least nice, which is nearly always next. Not a class of its own: that would go before the kernel's work for the network too. */
const FIRST = -20;

/**
 * A commit is a dozen messages from process to process. Each waits for whoever else has the processor, if it may: then the
 * throughput says how busy the machine is, and rises under an attack that keeps the daemons awake.
 */
function goFirst(tell: (line: string) => void): boolean {
  try {
    setPriority(FIRST);
    return true;
  } catch (error) {
    tell(
      `not allowed to go before other processes: a busy machine makes the shares noisy: ${causeOf(error)}`,
    );
    return false;
  }
}

function causeOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
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
