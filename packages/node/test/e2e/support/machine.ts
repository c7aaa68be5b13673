// How slow this machine is now, by its processor and by other things that run on it: so that a time which is promised
// for a free machine of a known speed can be judged on another.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';

/** The yardstick is work like that of a starting daemon (finding, reading and linking modules), none of it ours. */
const YARDSTICK = `const from = performance.now();
await import('typebox');
await import('typebox/value');
process.stdout.write(String(performance.now() - from));`;

/**
 * What the yardstick takes on each core of the machine on which the times were promised. There a devnet's start took 3.6
 * to 5.0 s; on a machine of six tenths of that speed, five starts took 16 to 17 yardsticks each.
 */
const PROMISED_MS = 260;
const ROUNDS = 3;

/** 1 on a free machine of the promised speed or better; 3 when each core takes three times as long for the same work. */
export async function slowness(): Promise<number> {
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    rounds.push(Math.max(...(await Promise.all(Array.from({ length: availableParallelism() }, measure)))));
  }
  const [, median = 0] = rounds.sort((a, b) => a - b);
  return Math.max(1, median / PROMISED_MS);
}

async function measure(): Promise<number> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', YARDSTICK], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: import.meta.dirname,
    env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' },
  });
  let told = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    told += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`the yardstick ended with ${String(code)}`);
  return Number(told);
}
