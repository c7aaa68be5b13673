// Owns: `npm run trial -- NAME`: runs one of `trials/`, prints its figures as JSON, and ends with 0 if its promise held,
// 1 if it did not, 64 for a name that is none. Does not own: any trial.
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import type { Trial } from './trials/trial.ts';

const folder = new URL('./trials/', import.meta.url);
const tell = (line: string): void => void process.stderr.write(`${line}\n`);

process.exitCode = await main(process.argv.slice(2));

async function main([name, ...args]: readonly string[]): Promise<number> {
  const names = readdirSync(folder)
    .filter((file) => file.endsWith('.ts') && file !== 'trial.ts')
    .map((file) => basename(file, '.ts'));
  if (name === undefined || !names.includes(name)) {
    tell('usage: npm run trial -- NAME [OPTIONS]');
    for (const each of names) tell(`  ${each}: ${(await load(each)).about}`);
    return name === undefined || name === '--help' ? 0 : 64;
  }
  try {
    const figures = await (await load(name)).run({ args, tell });
    process.stdout.write(`${JSON.stringify({ trial: name, held: true, ...figures }, null, 2)}\n`);
    return 0;
  } catch (error) {
    tell(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.stdout.write(`${JSON.stringify({ trial: name, held: false }, null, 2)}\n`);
    return 1;
  }
}

async function load(name: string): Promise<Trial> {
  const module: { trial: Trial } = await import(new URL(`${name}.ts`, folder).href);
  return module.trial;
}
