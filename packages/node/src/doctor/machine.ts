// Owns: what the doctor asks of the machine. Tests plant their own. Does not own: what an answer means (checks-*.ts).
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { totalmem } from 'node:os';
import { promisify } from 'node:util';
import { errnoOf } from '../files/errors.ts';
import { DOCTOR_COMMAND_MS_MAX, DOCTOR_CONNECT_MS_MAX } from '../limits.ts';
import { freeBytes } from '../observe/disk-space.ts';
import { openFiles } from '../observe/open-files.ts';

export interface Machine {
  readonly nodeJsVersion: string;
  readonly memoryBytes: number;
  /** 0: not known. */
  readonly openFilesMax: number;
  readonly freeBytes: (folder: string) => Promise<number | undefined>;
  /** Whether something keeps the clock; undefined: the system does not say. */
  readonly clockIsKept: () => Promise<boolean | undefined>;
  readonly canListen: (host: string, port: number) => Promise<'free' | 'taken' | 'not-here'>;
  readonly canReach: (host: string, port: number) => Promise<boolean>;
  readonly isAlive: (pid: number) => boolean;
}

export const systemMachine = (): Machine => ({
  nodeJsVersion: process.versions.node,
  memoryBytes: totalmem(),
  openFilesMax: openFiles().max,
  freeBytes,
  clockIsKept,
  canListen,
  canReach,
  isAlive,
});

async function clockIsKept(): Promise<boolean | undefined> {
  try {
    const asked = ['show', '--property=NTPSynchronized', '--value'];
    const options = { timeout: DOCTOR_COMMAND_MS_MAX };
    const { stdout } = await promisify(execFile)('timedatectl', asked, options);
    const word = stdout.trim();
    return word === '' ? undefined : word === 'yes';
  } catch {
    return undefined;
  }
}

async function canListen(host: string, port: number): Promise<'free' | 'taken' | 'not-here'> {
  const server = createServer();
  try {
    server.listen({ host, port, exclusive: true });
    await once(server, 'listening');
    return 'free';
  } catch (error) {
    const errno = errnoOf(error);
    return errno === 'EADDRNOTAVAIL' || errno === 'ENOTFOUND' ? 'not-here' : 'taken';
  } finally {
    server.close();
  }
}

async function canReach(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(DOCTOR_CONNECT_MS_MAX) });
    return true;
  } catch {
    return false;
  } finally {
    socket.on('error', () => {});
    socket.destroy();
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}
