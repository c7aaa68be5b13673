// Owns: a second machine with the disk and the keys of a node, on ports of its own.
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { copyFile, cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { daemonEntry } from './daemon-entry.ts';
import { copyDisk } from './damage.ts';
import { makeKitFolder } from './node-faults.ts';

export interface TwinOptions {
  readonly from: string;
  readonly home: string;
  readonly genesis: string;
  /** As for the daemon that it is a copy of. */
  readonly words: readonly string[];
}

/** Gives what ends it at once. It ends with this process too. */
export async function startTwin({ from, home, genesis, words }: TwinOptions): Promise<() => void> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  await makeKitFolder(home);
  await copyDisk(from, home);
  await cp(join(from, 'keys'), join(home, 'keys'), { recursive: true });
  for (const name of ['config.toml', 'validator.json', 'genesis.json'])
    await copyFile(join(from, name), join(home, name));
  const log = openSync(join(home, 'log'), 'a', 0o600);
  const ports = ['api.port=0', 'metrics.port=0', 'p2p.listen=/ip4/127.0.0.1/tcp/0'];
  const args = ['node', 'start', '--home', home, '--genesis', genesis, '--exit-with-parent'];
  const settings = [...ports.flatMap((setting) => ['--set', setting]), ...words];
  const child = spawn(process.execPath, [daemonEntry(), ...args, ...settings], { stdio: ['pipe', log, log] });
  closeSync(log);
  child.stdin?.on('error', () => undefined);
  child.on('error', () => undefined);
  return () => void child.kill('SIGKILL');
}
