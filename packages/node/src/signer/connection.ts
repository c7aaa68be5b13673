// Owns: frames over one socket between a node and its signer: bounded, given up after silence, closed once. Does not own:
// what they say (protocol.ts).
import type { Socket } from 'node:net';
import { SIGNER_FRAME_BYTES_MAX, SIGNER_SILENT_MS, SIGNER_WAITING_BYTES_MAX } from '../limits.ts';
import { encodeFrames, FrameReader } from '../net/frames.ts';

export interface ConnectionHandler {
  /** False: no frame of the protocol; the connection is closed. */
  onFrame(frame: Uint8Array): boolean;
  /** Once. */
  onClose(): void;
}

export interface Connection {
  send(frame: Uint8Array): void;
  /** Sends what waits, then closes; hears nothing more. */
  end(): void;
  close(): void;
}

export function createConnection(socket: Socket, handler: ConnectionHandler): Connection {
  let isEnded = false;
  const frames = new FrameReader(SIGNER_FRAME_BYTES_MAX, (frame) => {
    if (!isEnded && !socket.destroyed && !handler.onFrame(frame)) socket.destroy();
  });
  socket.setTimeout(SIGNER_SILENT_MS, () => socket.destroy());
  socket.on('data', (chunk) => {
    if (frames.push(chunk) !== undefined) socket.destroy();
  });
  // An error is followed by 'close'.
  socket.on('error', () => undefined);
  socket.once('close', () => handler.onClose());
  return {
    send: (frame) => {
      if (socket.destroyed || !socket.writable) return;
      if (socket.writableLength > SIGNER_WAITING_BYTES_MAX) socket.destroy();
      else socket.write(encodeFrames([frame]));
    },
    end: () => {
      isEnded = true;
      socket.destroySoon();
    },
    close: () => socket.destroy(),
  };
}
