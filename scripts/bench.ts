// `npm run bench`: figures of four hospitals on this machine.
import { runBench } from '../packages/devnet/src/bench/command.ts';

process.exitCode = await runBench(process.argv.slice(2));
