// Owns: `npm run sim`. Everything else is in packages/chaos/src/cli.
import { simMain } from '../packages/chaos/src/cli/main.ts';

process.exitCode = await simMain(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
});
