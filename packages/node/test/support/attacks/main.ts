// One attacker as a process of its own: takes a plan as the first line of its input, says `ready` when it has begun, goes on
// until its input ends, and then tells what it did as one line of JSON.
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { flood, floodOfValidTransactions, oversizeFrames, stranger } from './peers.ts';
import type { Attack, Attacker, AttackPlan, Tally } from './plan.ts';
import { oversizeBytes, slowDrip, tenThousandConnections, wrongKey } from './tcp.ts';

const ATTACKERS: Readonly<Record<Attack, Attacker>> = {
  stranger,
  'wrong-key': wrongKey,
  'oversize-frame': async (plan, tally, signal) => {
    await Promise.all([oversizeFrames(plan, tally, signal), oversizeBytes(plan, tally, signal)]);
  },
  'slow-drip': slowDrip,
  'ten-thousand-connections': tenThousandConnections,
  flood,
  'flood-of-valid-transactions': floodOfValidTransactions,
};

const ending = new AbortController();
const tally: Tally = {};
const lines = createInterface({ input: process.stdin });
lines.once('line', (line) => {
  const plan = JSON.parse(line) as AttackPlan;
  void ATTACKERS[plan.attack](plan, tally, ending.signal);
});
lines.once('close', () => {
  ending.abort();
  process.stdout.write(`${JSON.stringify(tally)}\n`, () => process.exit(0));
});
while (Object.keys(tally).length === 0 && !ending.signal.aborted) await delay(20);
process.stdout.write('ready\n');
