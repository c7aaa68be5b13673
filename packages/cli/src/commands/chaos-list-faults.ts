// Owns: `chaos list-faults`: what can be broken, and how.
import { addCommand, noOptions, type Register } from '../command.ts';

export const registerChaosListFaults: Register = (place) =>
  addCommand(
    place,
    {
      usage: 'list-faults',
      summary: 'every fault: its undo, what it needs, where it is available, whether it can be proven',
      examples: ['npx consilium chaos list-faults', 'npx consilium chaos list-faults --json'],
    },
    noOptions,
    async () => (await import('@consilium/chaos')).listFaults(),
  );
