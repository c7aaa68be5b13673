// Owns: that no node outlives the supervisor, however it dies. A running node sees its standard input close and stops; a
// paused one sees nothing. So a shell of a few hundred KB waits for the supervisor's end of a pipe to close, wakes what
// is left, and kills what is still there after a moment. (The kernel wakes stopped processes of an orphaned group only
// when the parent that died was in another group of the same session, which it is not here.)
import { type ChildProcess, spawn } from 'node:child_process';

export interface Guardian {
  /** The processes that must not outlive this one, from now on. */
  watch(pids: readonly number[]): void;
  /** Lets them be. */
  stop(): void;
}

/** Each line that comes replaces the list. Signals that a terminal sends to the whole group are not for it. */
const SCRIPT = `trap '' HUP INT QUIT TERM
pids=
while read -r line; do pids=$line; done
[ -z "$pids" ] && exit 0
kill -CONT $pids 2>/dev/null
sleep 2
kill -KILL $pids 2>/dev/null
exit 0`;

export function createGuardian(): Guardian {
  let pids: readonly number[] = [];
  let stopped = false;
  let child = begin();

  function begin(): ChildProcess {
    const started = spawn('/bin/sh', ['-c', SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'] });
    // Somebody killed it: the next one takes over.
    started.once('exit', () => {
      if (stopped) return;
      child = begin();
      tell();
    });
    started.stdin?.on('error', () => {});
    return started;
  }

  function tell(): void {
    child.stdin?.write(`${pids.join(' ')}\n`);
  }

  return {
    watch: (next) => {
      pids = next;
      tell();
    },
    stop: () => {
      stopped = true;
      child.stdin?.end('\n');
    },
  };
}
