// Owns: an attacker as a process of its own, from its plan to what it tells at the end. Does not own: what it does.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { AttackPlan, Tally } from '../../../packages/node/test/support/attacks/plan.ts';
import type { Parting } from './processors.ts';

const ATTACKER = fileURLToPath(
  new URL('../../../packages/node/test/support/attacks/main.ts', import.meta.url),
);

export async function startAttack(
  plan: AttackPlan,
  { attackerPrefix }: Parting,
): Promise<{ readonly end: () => Promise<Tally> }> {
  const [command = process.execPath, ...words] = [...attackerPrefix, process.execPath, ATTACKER];
  const child: ChildProcess = spawn(command, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  if (child.stdin === null || child.stdout === null) throw new Error('invariant: the attacker has pipes');
  const lines = createInterface({ input: child.stdout });
  const said = lines[Symbol.asyncIterator]();
  child.stdin.write(`${JSON.stringify(plan)}\n`);
  if ((await said.next()).value !== 'ready') throw new Error(`the attacker of ${plan.attack} did not begin`);
  const { stdin } = child;
  return {
    end: async () => {
      stdin.end();
      const { value } = await said.next();
      if (child.exitCode === null) await once(child, 'exit');
      return JSON.parse(String(value)) as Tally;
    },
  };
}
