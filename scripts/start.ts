// `npm start`: four hospitals and one story, told step by step.
import { runStart } from '../packages/devnet/src/journey/command.ts';

process.exitCode = await runStart(process.argv.slice(2));
