// The daemon of the fault kit: the production node with parts of this kit at its ports. It is called as `consilium node
// start` is. Owns: its life as a process, and listening for what the world tells it. Does not own: the node, the parts.
import { readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { codeOf } from '@consilium/core';
import {
  isSettingName,
  type NodeParts,
  type OpenHome,
  outliveDamage,
  type SettingName,
  startNode,
} from '@consilium/node';
import { DAEMON_STOP_MS_MAX } from '../limits.ts';
import { createDeath } from './death.ts';
import { withFaultyHome, withFaultyVault } from './faulty-disk.ts';
import { createHostileNet, type HostileNet } from './hostile-net.ts';
import {
  kitFolder,
  NODE_FAULTS_FILE,
  NODE_FAULTS_SOCKET,
  type NodeFault,
  parseNodeFaults,
  wallAt,
} from './node-faults.ts';
import { SIGNED_FILE, withWitness } from './witness.ts';

async function main(): Promise<void> {
  const { home, genesis, set } = readArguments();
  const folder = kitFolder(home);
  const file = join(folder, NODE_FAULTS_FILE);
  let faults = readFaults(file);
  const { parts, look } = createParts(folder, () => faults);
  const server = await listen(join(folder, NODE_FAULTS_SOCKET), () => {
    faults = readFaults(file);
    look();
  });
  outliveDamage();
  const node = await startNode({ home, genesisFile: genesis, environment: {}, flags: set }, parts);
  const ended = await Promise.race([node.failed, stopAsked()]);
  setTimeout(() => process.exit(1), DAEMON_STOP_MS_MAX).unref();
  server.close();
  await node.stop();
  process.stdin.destroy();
  if (ended instanceof Error) throw ended;
}

/** `folder`: that of the kit. `look`: to be called when the faults have changed. */
function createParts(
  folder: string,
  faults: () => readonly NodeFault[],
): { readonly parts: NodeParts; look(): void } {
  // No handler, no last write: the kernel ends it before the call returns.
  const death = createDeath(() => void process.kill(process.pid, 'SIGKILL'));
  let store: OpenHome['store'] | undefined;
  let hostile: HostileNet | undefined;
  const parts: NodeParts = {
    clock: (clock) => ({ ...clock, wallMs: () => wallAt(faults(), clock.wallMs()) }),
    home: (opened) => {
      store = opened.store;
      return withFaultyHome(opened, { faults, death });
    },
    vault: (vault) => withFaultyVault(vault, { faults, death }),
    net: (net, prepared) => {
      if (store === undefined) throw new Error('invariant: the home is opened before the net');
      hostile = createHostileNet(net, prepared, { store, faults });
      return withWitness(hostile.net, prepared.keys.account.account, join(folder, SIGNED_FILE));
    },
  };
  return { parts, look: () => hostile?.look() };
}

function readArguments(): {
  readonly home: string;
  readonly genesis: string;
  readonly set: Partial<Record<SettingName, string>>;
} {
  const { values } = parseArgs({
    allowPositionals: true,
    options: {
      home: { type: 'string', default: '' },
      genesis: { type: 'string', default: '' },
      set: { type: 'string', multiple: true, default: [] },
      'exit-with-parent': { type: 'boolean' },
    },
  });
  const set: Partial<Record<SettingName, string>> = {};
  for (const text of values.set) {
    const name = text.slice(0, text.indexOf('='));
    if (!isSettingName(name)) throw new Error(`--set takes NAME=VALUE, not '${text}'`);
    set[name] = text.slice(name.length + 1);
  }
  return { home: values.home, genesis: values.genesis, set };
}

function readFaults(file: string): readonly NodeFault[] {
  try {
    return parseNodeFaults(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

function listen(path: string, onLine: () => void): Promise<Server> {
  // Of an earlier life that was killed.
  rmSync(path, { force: true });
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => {
      onLine();
      socket.end('done\n');
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve(server));
  });
}

function stopAsked(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
    process.stdin.once('end', () => resolve());
    process.stdin.once('error', () => resolve());
    process.stdin.resume();
  });
}

try {
  await main();
  process.exitCode = 0;
} catch (error) {
  process.stdout.write(
    `${JSON.stringify({ level: 'error', code: codeOf(error) ?? 'INTERNAL_ERROR', what: String(error) })}\n`,
  );
  process.exit(1);
}
