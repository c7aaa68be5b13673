#!/usr/bin/env node
// Owns: that the command runs on a Node that can run it. Does not own: any command (see src/entry.ts).
// Plain JavaScript: it is what an older Node gets to read.
import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NODE_MAJOR_MIN = 24;
const EXIT_CONFIGURATION = 78;
const here = realpathSync(fileURLToPath(import.meta.url));

const refuse = (code, sentence) => {
  process.stderr.write(`${code}: ${sentence}\n`);
  process.exitCode = EXIT_CONFIGURATION;
};

const refuseNode = () =>
  refuse(
    'NODE_TOO_OLD',
    `Consilium needs Node ${NODE_MAJOR_MIN} or newer and this is ${process.version}; ` +
      'in a clone run `npm ci`, which brings it, elsewhere install it.',
  );

/** The Node that the `node` package brings, in this folder or one above. */
const findBundledNode = () => {
  for (let folder = dirname(here); folder !== dirname(folder); folder = dirname(folder)) {
    const path = join(folder, 'node_modules', 'node', 'bin', 'node');
    if (existsSync(path)) return realpathSync(path);
  }
  return undefined;
};

/** A terminal sends Ctrl-C and hang-up to both processes by itself; twice would mean "at once" to the command. */
const signalsToForward = () => {
  const atTerminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY);
  return atTerminal
    ? { forward: ['SIGTERM'], ignore: ['SIGINT', 'SIGHUP'] }
    : { forward: ['SIGTERM', 'SIGINT', 'SIGHUP'], ignore: [] };
};

const runWith = (node) => {
  const child = spawn(node, [here, ...process.argv.slice(2)], { stdio: 'inherit' });
  const signals = signalsToForward();
  for (const name of signals.forward) process.on(name, () => child.kill(name));
  for (const name of signals.ignore) process.on(name, () => {});
  child.on('error', refuseNode);
  child.on('exit', (code, signal) => {
    if (signal === null) {
      process.exitCode = code;
      return;
    }
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
};

const runHere = async () => {
  try {
    const { run } = await import('../src/entry.ts');
    process.exitCode = await run(process.argv.slice(2));
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    refuse('DEPENDENCIES_MISSING', `${error.message}; in a clone run \`npm ci\` first.`);
  }
};

const isNewEnough = () => Number(process.versions.node.split('.')[0]) >= NODE_MAJOR_MIN;

const main = () => {
  if (isNewEnough()) return runHere();
  const node = findBundledNode();
  return node === undefined || node === realpathSync(process.execPath) ? refuseNode() : runWith(node);
};

await main();
