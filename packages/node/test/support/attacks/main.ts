// One attacker as a process of its own: takes a plan as the first line of its input, says `ready` when it has begun, goes on
// until its input ends, and then tells what it did as one line of JSON.
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { ATTACKERS } from './attackers.ts';
import type { AttackPlan, Tally } from './plan.ts';

const ending = new AbortController();
const tally: Tally = {};
const lines = createInterface({ input: process.stdin });
lines.once('line', (line) => {
  const plan = JSON.parse(line) as AttackPlan;
  void ATTACKERS[plan.attack](plan, tally, ending.signal);
});
lines.once('close', () => {
  ending.abort();
  const { user, system } = process.cpuUsage();
  const told = { ...tally, cpuSeconds: (user + system) / 1e6 };
  process.stdout.write(`${JSON.stringify(told)}\n`, () => process.exit(0));
});
while (Object.keys(tally).length === 0 && !ending.signal.aborted) await delay(20);
process.stdout.write('ready\n');
