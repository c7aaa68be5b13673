// `npm run devnet`: a local network of hospitals in the foreground until Ctrl-C; its flags are those of
// `npx consilium devnet up`.
import { run } from '@consilium/cli';

process.exitCode = await run(['devnet', 'up', ...process.argv.slice(2)]);
