// Every attack by its name.
import { flood, floodOfValidTransactions, oversizeFrames, stranger } from './peers.ts';
import type { Attack, Attacker } from './plan.ts';
import { oversizeBytes, slowDrip, tenThousandConnections, wrongKey } from './tcp.ts';

export const ATTACKERS: Readonly<Record<Attack, Attacker>> = {
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
