// Owns: the signer of a node whose key and record are elsewhere: what is known of its record, what was asked and not yet
// answered, and that it goes on only where it left off (docs/protocol.md 4.7). Does not own: the socket (attach.ts).
import type { ErrorCode, Hex32, Hex64 } from '@consilium/core';
import type { SignStatement } from '../custody/types.ts';
import { SIGNER_ANSWER_MS, SIGNER_REQUESTS_MAX } from '../limits.ts';
import type { Clock, Report } from '../ports.ts';
import { comparePositions, EMPTY_RECORD, type SigningRecord, signedHash } from '../signing/record.ts';
import type { RecordStatus } from '../signing/record-file.ts';
import type { Signer, SignRequest } from '../signing/signer.ts';
import type { SignerAnswer, SignerRequest, Welcome } from './protocol.ts';

/** `changed`: its record is not the one that this node left: it asks for nothing more in this run. */
export type SignerStanding = 'attached' | 'away' | 'changed';

export interface RemoteSignerDeps {
  readonly genesis: Hex32;
  readonly clock: Clock;
  readonly report: Report;
}

interface Asked {
  readonly atMs: number;
  /** What the record says once this is signed; undefined for what goes by no record. */
  readonly becomes: SigningRecord | undefined;
  answer(answer: { readonly signature: Hex64 } | { readonly code: ErrorCode }): void;
}

export class RemoteSigner {
  /** For the replica. `heldByLog` is not told: the signer goes by its own memory. */
  readonly signer: Signer;
  readonly #deps: RemoteSignerDeps;
  readonly #asked = new Map<number, Asked>();
  readonly #listeners: (() => void)[] = [];
  /** Asked of a signer that went away before it answered: each of these may have become its record. */
  #unanswered: SigningRecord[] = [];
  #record: SigningRecord = EMPTY_RECORD;
  /** undefined until it was attached once. */
  #status: RecordStatus | undefined;
  #send: ((request: SignerRequest) => void) | undefined;
  #isChanged = false;
  /** Its record must be marked as doubted, and is not yet. */
  #mustMark = false;
  #nextId = 1;

  constructor(deps: RemoteSignerDeps) {
    this.#deps = deps;
    const statusOf = (): RecordStatus => this.#statusOnceAttached();
    this.signer = {
      get status() {
        return statusOf();
      },
      // The signer weighs that itself, by its memory.
      isHarmed: false,
      record: () => this.#record,
      settle: (_logged, done) => done(),
      sign: (request, _heldByLog, done) => this.#sign(request, done),
      distrust: (done) => {
        this.#isChanged = true;
        this.#mustMark = true;
        this.#send?.(MARK);
        done();
      },
    };
  }

  get standing(): SignerStanding {
    if (this.#isChanged) return 'changed';
    return this.#send === undefined ? 'away' : 'attached';
  }

  /** Whether it is to be reached again: also once more, to be told what must not be forgotten. */
  get isWanted(): boolean {
    return !this.#isChanged || this.#mustMark;
  }

  /** An answer is overdue. */
  get isStalled(): boolean {
    const [oldest] = this.#asked.values();
    return oldest !== undefined && this.#deps.clock.monotonicMs() - oldest.atMs > SIGNER_ANSWER_MS;
  }

  readonly statement: SignStatement = (domain, payload, done) =>
    this.#ask((id) => ({ type: 'statement', id, domain, payload }), {
      becomes: undefined,
      answer: (answer) => done('signature' in answer ? answer.signature : undefined),
    });

  /** Told when the signer is back and what waited may be asked again. */
  onReturn(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** An attached signer has said who it is; `send` reaches it until `detached`. False: it is not gone on with. */
  attached(welcome: Welcome, send: (request: SignerRequest) => void): boolean {
    if (this.#mustMark) {
      this.#send = send;
      send(MARK);
      return true;
    }
    const { report } = this.#deps;
    if (!this.#goesOn(welcome)) {
      this.#isChanged = true;
      const { height, round, kind } = welcome;
      report({ level: 'error', code: 'signer.changed', height, round, kind });
      return false;
    }
    const isReturn = this.#status !== undefined;
    this.#status ??= welcome.status;
    this.#record = recordOf(welcome);
    this.#unanswered = [];
    this.#send = send;
    report({ level: 'info', code: 'signer.attached', record: welcome.status });
    if (isReturn) for (const listener of this.#listeners) listener();
    return true;
  }

  /** False: it answers what was not asked. */
  answered(answer: SignerAnswer): boolean {
    if (answer.type === 'marked') this.#mustMark = false;
    if (answer.type === 'pong' || answer.type === 'marked') return true;
    if (answer.type === 'welcome' || answer.type === 'farewell') return false;
    const waiting = this.#asked.get(answer.id);
    if (waiting === undefined) return false;
    this.#asked.delete(answer.id);
    waiting.answer(answer.type === 'signed' ? { signature: answer.signature } : { code: answer.code });
    return true;
  }

  /** Everything that waits for an answer is answered: away. */
  detached(): void {
    if (this.#send === undefined) return;
    this.#send = undefined;
    const waiting = [...this.#asked.values()];
    this.#asked.clear();
    this.#unanswered = [...this.#unanswered, ...waiting.flatMap(({ becomes }) => becomes ?? [])];
    this.#deps.report({ level: 'warn', code: 'signer.away' });
    for (const { answer } of waiting) answer({ code: 'SIGNER_AWAY' });
  }

  #statusOnceAttached(): RecordStatus {
    if (this.#status === undefined) throw new Error('invariant: a signer is asked after it was attached');
    return this.#status;
  }

  #ask(request: (id: number) => SignerRequest, asking: Omit<Asked, 'atMs'>): void {
    if (this.#isChanged) return asking.answer({ code: 'SIGNING_REFUSED' });
    if (this.#send === undefined || this.#asked.size >= SIGNER_REQUESTS_MAX)
      return asking.answer({ code: 'SIGNER_AWAY' });
    const id = this.#nextId;
    this.#nextId += 1;
    this.#asked.set(id, { ...asking, atMs: this.#deps.clock.monotonicMs() });
    this.#send(request(id));
  }

  #sign(request: SignRequest, done: Parameters<Signer['sign']>[2]): void {
    const { height, round, kind, payload } = request;
    const becomes = recordAfter(request, this.#deps.genesis);
    const answer: Asked['answer'] = (given) => {
      if ('code' in given) {
        // What else goes wrong at the signer ends it, not this node.
        const refused = given.code === 'SIGNING_REFUSED' ? given.code : 'SIGNER_AWAY';
        return done({ refused, onRecord: this.#record });
      }
      const { signature } = given;
      if (comparePositions(becomes, this.#record) > 0) this.#record = { ...becomes, signature };
      done({ signature });
    };
    this.#ask((id) => ({ type: 'sign', id, kind, height, round, payload }), { becomes, answer });
  }

  /** The record is the one that this node left there, or one that it asked for and did not hear of. */
  #goesOn(welcome: Welcome): boolean {
    if (this.#status === undefined) return true;
    if (welcome.doubted && !this.#record.doubted) return false;
    return [this.#record, ...this.#unanswered].some((known) => isSameMessage(known, welcome));
  }
}

const MARK: SignerRequest = { type: 'distrust', id: 0 };

function recordAfter({ height, round, kind, payload }: SignRequest, genesis: Hex32): SigningRecord {
  return { ...EMPTY_RECORD, height, round, kind, hash: signedHash(kind, genesis, payload) };
}

function recordOf({ height, round, kind, hash, signature, doubted }: Welcome): SigningRecord {
  return { height, round, kind, hash, signature, doubted };
}

function isSameMessage(a: SigningRecord, b: SigningRecord): boolean {
  return comparePositions(a, b) === 0 && a.hash === b.hash;
}
