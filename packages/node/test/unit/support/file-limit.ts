// Owns: a process whose files cannot grow past a limit: a real disk error that needs no full disk.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Runs a module and returns what it printed. Writes past `limitKb` (of 1 KB or half a KB, by shell) give EFBIG. */
export async function runUnderFileLimit(source: string, limitKb: number): Promise<string> {
  // Unheard, the signal of the limit would end the process before the error is seen.
  const program = `process.on('SIGXFSZ', () => {});\n${source}\nprocess.exit(0);`;
  const node = [process.execPath, '--input-type=module', '--eval', program];
  const limited = ['-c', `ulimit -f ${limitKb}; exec "$0" "$@"`, ...node];
  const { stdout } = await promisify(execFile)('sh', limited, { timeout: 20_000 });
  return stdout;
}
