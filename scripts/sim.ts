// Owns: `npm run sim`: the same as `consilium chaos swarm`.
import { run } from '../packages/cli/src/main.ts';

process.exitCode = await run(['chaos', 'swarm', ...process.argv.slice(2)]);
