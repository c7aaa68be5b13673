// Owns: signing for a node whose word is not taken: the rules of signer.ts, with this signer's own memory of what it signed
// in place of the node's log (docs/protocol.md 4.7). Does not own: who asks (signer/).
import type { Done } from '../ports.ts';
import { type SigningRecord, signedHash } from './record.ts';
import type { RecordFileOptions, RecordStatus } from './record-file.ts';
import { openSignedHistory } from './signed-history.ts';
import { createSigner, type SignerDeps, type SignRequest, type SignResult } from './signer.ts';

export interface RememberingSigner {
  /** `damaged` also when the memory holds what the record does not know: an old copy was brought back. */
  readonly status: RecordStatus;
  record(): SigningRecord;
  /** Order: the record is durable, then the memory, then the signature exists for whoever asks. */
  sign(request: SignRequest, done: (result: SignResult) => void): void;
  distrust(done: Done): void;
}

export interface RememberingOptions extends RecordFileOptions {
  /** Name of the memory's file on the disk. */
  readonly historyName: string;
}

export function createRememberingSigner(deps: SignerDeps, options: RememberingOptions): RememberingSigner {
  const { genesis, historyName } = options;
  const signer = createSigner(deps, options);
  const history = openSignedHistory(deps.disk, { ...options, name: historyName }, signer.record());

  const sign: RememberingSigner['sign'] = (request, done) => {
    const { height, round, kind, payload } = request;
    const hash = signedHash(kind, genesis, payload);
    const isHeld = history.holds(request, hash);
    if (!isHeld && !history.isAbove(request)) {
      const { height: onHeight, round: onRound, kind: onKind } = signer.record();
      deps.report({
        level: 'error',
        code: 'signing.refused',
        reason: 'SIGNING_REFUSED',
        height,
        round,
        kind,
      });
      return done({
        refused: 'SIGNING_REFUSED',
        onRecord: { height: onHeight, round: onRound, kind: onKind },
      });
    }
    signer.sign(request, isHeld, (result) => {
      if ('refused' in result) return done(result);
      const { signature } = result;
      history.add({ height, round, kind, hash, signature, doubted: false }, (error) =>
        done(error === undefined ? result : { refused: error.code, onRecord: request }),
      );
    });
  };
  const status = history.isAheadOfRecord ? 'damaged' : signer.status;
  if (status === 'whole') signer.settle(undefined, () => undefined);
  return {
    status,
    record: () => signer.record(),
    sign,
    distrust: (done) => signer.distrust(done),
  };
}
