// Owns: TLS of the API: what is asked of a client, and which certificate it showed. Does not own: the files (daemon).
import type { Socket } from 'node:net';
import { type SecureContextOptions, type TlsOptions as ServerTlsOptions, TLSSocket } from 'node:tls';
import type { Hex32 } from '@consilium/core';
import { TLS_HANDSHAKE_MS_MAX } from './limits.ts';

/** PEM. */
export interface TlsOptions {
  readonly cert: string;
  readonly key: string;
  /** Clients may show a certificate of this authority. */
  readonly clientCa?: string;
}

/**
 * A client without a certificate gets as far as HTTP, where it is told what it lacks; only one that TLS has verified counts
 * as shown (`certificateOf`).
 */
export function bounded({ cert, key, clientCa }: TlsOptions): SecureContextOptions & ServerTlsOptions {
  const ofClients =
    clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: false };
  return { cert, key, minVersion: 'TLSv1.2', handshakeTimeout: TLS_HANDSHAKE_MS_MAX, ...ofClients };
}

const fingerprints = new WeakMap<TLSSocket, Hex32>();

/** SHA-256 of the client certificate, if there is one and its authority is the one asked for. */
export function certificateOf(socket: Socket): Hex32 | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const known = fingerprints.get(socket) ?? fingerprintOf(socket);
  if (known !== undefined) fingerprints.set(socket, known);
  return known;
}

function fingerprintOf(socket: TLSSocket): Hex32 | undefined {
  return socket.getPeerX509Certificate()?.fingerprint256.replaceAll(':', '').toLowerCase();
}
