// How slow this machine is now, because of other things that run on it: so that a time which is promised for a free
// machine can be judged on a busy one.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';

const WORK_CPU_MS = 400;
const BURN = `const used = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
const from = used(); const at = performance.now();
while (used() - from < ${WORK_CPU_MS}) for (let i = 0; i < 1e5; i += 1) Math.sqrt(i);
process.stdout.write(String((performance.now() - at) / (used() - from)));`;

/** 1 on a free machine; 3 when work on every core takes three times as long as the processor worked on it. */
export async function slowness(): Promise<number> {
  const factors = await Promise.all(Array.from({ length: availableParallelism() }, burn));
  return Math.max(1, ...factors);
}

async function burn(): Promise<number> {
  const child = spawn(process.execPath, ['-e', BURN], { stdio: ['ignore', 'pipe', 'inherit'] });
  let told = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    told += text;
  });
  await once(child, 'close');
  return Number(told);
}
