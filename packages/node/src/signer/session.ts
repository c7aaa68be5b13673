// Owns: what a signer answers to one attached node: first who it is, then signatures by the record's rules. Does not own: the
// socket, and that one node at a time is attached (server.ts).
import {
  type ConsiliumError,
  type ErrorCode,
  type Hex32,
  type Hex64,
  isConsiliumError,
  signedBytes,
} from '@consilium/core';
import { SIGNER_REQUESTS_MAX } from '../limits.ts';
import type { RememberingSigner } from '../signing/remembering-signer.ts';
import {
  decodeRequest,
  type Hello,
  SIGNER_PROTOCOL_VERSION,
  type SignerAnswer,
  type SignerRequest,
} from './protocol.ts';

export interface SessionDeps {
  readonly genesis: Hex32;
  readonly validator: Hex32;
  readonly publicKey: Hex32;
  /** Opened anew for each node: its record is what the disk says. */
  readonly openSigner: () => RememberingSigner;
  readonly signBytes: (bytes: Uint8Array) => Hex64;
  readonly send: (answer: SignerAnswer) => void;
  /** A write of the record or of the memory failed: the signer must end. */
  readonly fail: (code: ErrorCode) => void;
}

export interface Session {
  /** Undefined when the node is served on; else the code with which it is sent away. */
  received(frame: Uint8Array): ErrorCode | undefined;
  /** Whether a request is still on its way to the disk. */
  readonly isBusy: boolean;
}

export function createSession(deps: SessionDeps): Session {
  let signer: RememberingSigner | undefined;
  let underWay = 0;

  const greet = (hello: Hello): ErrorCode | undefined => {
    if (hello.version !== SIGNER_PROTOCOL_VERSION) return 'SIGNER_VERSION';
    if (hello.genesis !== deps.genesis || hello.validator !== deps.validator) return 'SIGNER_OTHER_VALIDATOR';
    signer = deps.openSigner();
    const { publicKey } = deps;
    const version = SIGNER_PROTOCOL_VERSION;
    deps.send({ type: 'welcome', version, publicKey, status: signer.status, ...signer.record() });
    return undefined;
  };

  const answer = (request: Exclude<SignerRequest, Hello>, by: RememberingSigner): void => {
    if (request.type === 'ping') return deps.send({ type: 'pong' });
    const { id } = request;
    if (underWay >= SIGNER_REQUESTS_MAX) return deps.send({ type: 'refused', id, code: 'SIGNER_BUSY' });
    if (request.type === 'statement') {
      const bytes = signedBytes(request.domain, deps.genesis, request.payload);
      return deps.send({ type: 'signed', id, signature: deps.signBytes(bytes) });
    }
    underWay += 1;
    const finish = (result: SignerAnswer): void => {
      underWay -= 1;
      deps.send(result);
    };
    if (request.type === 'distrust') {
      by.distrust((error) => {
        if (error !== undefined) deps.fail(error.code);
        else finish({ type: 'marked', id });
      });
      return;
    }
    by.sign(request, (result) => {
      if ('signature' in result) return finish({ type: 'signed', id, signature: result.signature });
      finish({ type: 'refused', id, code: result.refused });
      if (result.refused !== 'SIGNING_REFUSED') deps.fail(result.refused);
    });
  };

  return {
    get isBusy() {
      return underWay > 0;
    },
    received: (frame) => {
      const request = requestIn(frame);
      if (isConsiliumError(request)) return 'SIGNER_FRAME_MALFORMED';
      if (request.type === 'hello') return signer === undefined ? greet(request) : 'SIGNER_FRAME_MALFORMED';
      if (signer === undefined) return 'SIGNER_FRAME_MALFORMED';
      answer(request, signer);
      return undefined;
    },
  };
}

function requestIn(frame: Uint8Array): SignerRequest | ConsiliumError {
  try {
    return decodeRequest(frame);
  } catch (error) {
    if (isConsiliumError(error)) return error;
    throw error;
  }
}
