// Owns: the socket of a signer: for its user only, one node at a time, everybody else sent away with a code. Does not own:
// what an attached node is answered (session.ts).
import { chmod, lstat, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { ConsiliumError, type ErrorCode } from '@consilium/core';
import { errnoOf } from '../files/errors.ts';
import type { Report } from '../ports.ts';
import { type Connection, createConnection } from './connection.ts';
import { encodeAnswer } from './protocol.ts';
import { createSession, type Session, type SessionDeps } from './session.ts';

export interface SignerServerDeps extends Omit<SessionDeps, 'send'> {
  readonly report: Report;
}

export interface SignerServer {
  /** The attached node is let go; what is on its way to the disk ends. */
  stop(): Promise<void>;
}

/** One attached node. */
interface Attached {
  readonly connection: Connection;
  readonly session: Session;
}

/** Throws `LISTEN_FAILED` {socket, errno} also while another signer serves this socket. */
export async function startSignerServer(deps: SignerServerDeps, path: string): Promise<SignerServer> {
  await removeStale(path);
  const sockets = new Set<Socket>();
  let attached: Attached | undefined;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    if (attached !== undefined) return sendAway(deps.report, socket, 'SIGNER_BUSY');
    attached = attach(deps, socket, (gone) => {
      if (attached === gone) attached = undefined;
    });
  });
  await listen(server, path);
  return {
    stop: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
      await rm(path, { force: true });
    },
  };
}

/** It makes room for the next node only when nothing of it is on its way to the disk any more. */
function attach(deps: SignerServerDeps, socket: Socket, onGone: (attached: Attached) => void): Attached {
  const { report } = deps;
  let isClosed = false;
  const goneIfIdle = (): void => {
    if (!isClosed || session.isBusy) return;
    report({ level: 'info', code: 'signer.detached' });
    onGone(attached);
  };
  const session = createSession({
    ...deps,
    send: (answer) => {
      if (answer.type === 'welcome')
        report({ level: 'info', code: 'signer.attached', record: answer.status });
      connection.send(encodeAnswer(answer));
      queueMicrotask(goneIfIdle);
    },
  });
  const connection = createConnection(socket, {
    onFrame: (frame) => {
      const code = session.received(frame);
      if (code === undefined) return true;
      report({ level: 'warn', code: 'signer.refused', reason: code });
      connection.send(encodeAnswer({ type: 'farewell', code }));
      connection.end();
      return true;
    },
    onClose: () => {
      isClosed = true;
      goneIfIdle();
    },
  });
  const attached = { connection, session };
  return attached;
}

function sendAway(report: Report, socket: Socket, code: ErrorCode): void {
  report({ level: 'warn', code: 'signer.refused', reason: code });
  const connection = createConnection(socket, { onFrame: () => true, onClose: () => undefined });
  connection.send(encodeAnswer({ type: 'farewell', code }));
  connection.end();
}

async function listen(server: Server, path: string): Promise<void> {
  // From its first moment the socket is for its owner only: the mask of this process, which makes no other file meanwhile.
  const mask = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, () => resolve());
    });
    await chmod(path, 0o600);
  } catch (error) {
    server.close();
    throw new ConsiliumError('LISTEN_FAILED', { socket: path, errno: errnoOf(error) });
  } finally {
    process.umask(mask);
  }
}

/** What a signer that was killed left behind; a socket that somebody serves, or a file that is none, stays. */
async function removeStale(path: string): Promise<void> {
  try {
    if (!(await lstat(path)).isSocket())
      throw new ConsiliumError('LISTEN_FAILED', { socket: path, errno: 'EEXIST' });
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    throw error;
  }
  if (await isServed(path)) throw new ConsiliumError('LISTEN_FAILED', { socket: path, errno: 'EADDRINUSE' });
  await rm(path, { force: true });
}

function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
