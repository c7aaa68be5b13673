// A signer as a process of its own, started as an operator starts it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { CONSILIUM_BIN } from './daemon.ts';

export interface SignerProcess {
  start(): Promise<void>;
  /** SIGKILL, and gone. */
  kill(): Promise<void>;
}

export function createSignerProcess(home: string, socket: string): SignerProcess {
  let child: ChildProcess | undefined;
  return {
    start: async () => {
      const log = openSync(`${home}.log`, 'a');
      const words = ['signer', 'start', '--home', home, '--socket', socket, '--exit-with-parent'];
      child = spawn(process.execPath, [CONSILIUM_BIN, ...words], { stdio: ['pipe', log, log] });
      closeSync(log);
      await once(child, 'spawn');
    },
    kill: async () => {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
