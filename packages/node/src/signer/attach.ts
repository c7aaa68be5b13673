// Owns: that a node finds its signer, and finds it again: the socket looked at before it is trusted, hello, pings, silence,
// one try after the other. Does not own: what is asked of it (remote-signer.ts).
import { lstat } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { ConsiliumError, type Hex32, isConsiliumError } from '@consilium/core';
import { errnoOf } from '../files/errors.ts';
import { SIGNER_ATTACH_MS, SIGNER_PING_MS, SIGNER_RETRY_MS } from '../limits.ts';
import type { Cancel, Clock, Report } from '../ports.ts';
import { type Connection, createConnection } from './connection.ts';
import {
  decodeAnswer,
  encodeRequest,
  SIGNER_PROTOCOL_VERSION,
  type SignerAnswer,
  type SignerRequest,
} from './protocol.ts';
import { RemoteSigner } from './remote-signer.ts';

export interface AttachDeps {
  readonly clock: Clock;
  readonly report: Report;
}

export interface AttachOptions {
  readonly socket: string;
  readonly genesis: Hex32;
  readonly validator: Hex32;
  /** How long the first attachment may take. Milliseconds. */
  readonly attachMs?: number;
}

export interface AttachedSigner {
  readonly remote: RemoteSigner;
  /** Of the validator. */
  readonly publicKey: Hex32;
  stop(): void;
}

/**
 * Resolves once attached; from then on it attaches again by itself. Throws `SIGNER_AWAY` {socket, reason}, `SIGNER_BUSY`
 * while another node is attached, `SIGNER_OTHER_VALIDATOR`, `SIGNER_VERSION`, `SIGNER_SOCKET_MODE` {socket, mode}.
 */
export async function attachSigner(deps: AttachDeps, options: AttachOptions): Promise<AttachedSigner> {
  const { clock } = deps;
  const { genesis, attachMs = SIGNER_ATTACH_MS } = options;
  const remote = new RemoteSigner({ genesis, ...deps });
  const first = Promise.withResolvers<Hex32>();
  const endMs = clock.monotonicMs() + attachMs;
  let isFirst = true;
  let isStopped = false;
  let cancel: Cancel = () => undefined;
  let link: Link | undefined;

  const failed = (error: ConsiliumError): void => {
    if (isStopped) return;
    if (isFirst && (isFinal(error) || clock.monotonicMs() > endMs)) return first.reject(error);
    cancel = clock.after(SIGNER_RETRY_MS, () => void look());
  };
  const look = async (): Promise<void> => {
    try {
      await checkSocket(options.socket);
    } catch (error) {
      if (!isConsiliumError(error)) throw error;
      return failed(error);
    }
    if (isStopped) return;
    link = openLink(deps, options, remote, {
      onAttached: (publicKey) => {
        isFirst = false;
        first.resolve(publicKey);
      },
      onClosed: (error) => {
        remote.detached();
        if (remote.isWanted) failed(error);
      },
    });
  };
  const stop = (): void => {
    isStopped = true;
    cancel();
    link?.close();
  };
  void look();
  try {
    return { remote, publicKey: await first.promise, stop };
  } catch (error) {
    stop();
    throw error;
  }
}

/** What waiting does not mend. */
function isFinal({ code }: ConsiliumError): boolean {
  return code === 'SIGNER_OTHER_VALIDATOR' || code === 'SIGNER_VERSION' || code === 'SIGNER_SOCKET_MODE';
}

/** Whoever can write to the socket can have messages signed, and whoever made it could be no signer. */
async function checkSocket(path: string): Promise<void> {
  try {
    const { uid, mode } = await lstat(path);
    const isOwn = uid === process.getuid?.() || uid === 0;
    if (!isOwn || (mode & 0o077) !== 0)
      throw new ConsiliumError('SIGNER_SOCKET_MODE', {
        socket: path,
        mode: (mode & 0o777).toString(8).padStart(4, '0'),
        uid,
      });
  } catch (error) {
    if (isConsiliumError(error)) throw error;
    throw new ConsiliumError('SIGNER_AWAY', { socket: path, reason: errnoOf(error) });
  }
}

interface Link {
  close(): void;
}

interface LinkHandler {
  onAttached(publicKey: Hex32): void;
  onClosed(error: ConsiliumError): void;
}

function openLink(
  { clock }: AttachDeps,
  { socket: path, genesis, validator }: AttachOptions,
  remote: RemoteSigner,
  handler: LinkHandler,
): Link {
  const socket: Socket = connect(path);
  let reason: ConsiliumError = new ConsiliumError('SIGNER_AWAY', { socket: path, reason: 'closed' });
  let cancelPing: Cancel = () => undefined;
  let isWelcome = false;
  socket.once('error', (error) => {
    reason = new ConsiliumError('SIGNER_AWAY', { socket: path, reason: errnoOf(error) });
  });
  const onAnswer = (answer: SignerAnswer): boolean => {
    if (answer.type === 'farewell') {
      reason = new ConsiliumError(answer.code, { socket: path });
      return false;
    }
    if (isWelcome) return remote.answered(answer);
    if (answer.type !== 'welcome') return false;
    isWelcome = remote.attached(answer, send);
    if (isWelcome) handler.onAttached(answer.publicKey);
    return isWelcome;
  };
  const connection: Connection = createConnection(socket, {
    onFrame: (frame) => {
      const answer = answerIn(frame);
      return answer !== undefined && onAnswer(answer);
    },
    onClose: () => {
      cancelPing();
      handler.onClosed(reason);
    },
  });
  const send = (request: SignerRequest): void => connection.send(encodeRequest(request));
  const ping = (): void => {
    if (remote.isStalled) return connection.close();
    send({ type: 'ping' });
    cancelPing = clock.after(SIGNER_PING_MS, ping);
  };
  socket.once('connect', () => {
    send({ type: 'hello', version: SIGNER_PROTOCOL_VERSION, genesis, validator });
    cancelPing = clock.after(SIGNER_PING_MS, ping);
  });
  return { close: () => connection.close() };
}

function answerIn(frame: Uint8Array): SignerAnswer | undefined {
  try {
    return decodeAnswer(frame);
  } catch (error) {
    if (isConsiliumError(error)) return undefined;
    throw error;
  }
}
