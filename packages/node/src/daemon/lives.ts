// Owns: the working parts of a daemon over their lives. A full disk ends one: then the node rests, and only reads are
// answered; when there is room again the next life begins from what the disk holds, as after a crash: files are opened
// anew, and nothing whose sync failed is believed. What asks the parts goes on meanwhile. Does not own: one life
// (working-parts.ts), which failures end the process.
import { ConsiliumError, type Hex32, isConsiliumError } from '@consilium/core';
import type { ApiDeps, NodeStatus } from '../api/deps.ts';
import { DISK_FULL_RETRY_MS, DISK_RESUME_BYTES_MIN } from '../limits.ts';
import { freeBytes } from '../observe/disk-space.ts';
import type { NodeFacts } from '../observe/metrics.ts';
import { readinessOf } from '../observe/readiness.ts';
import { WHY_RESTING } from '../observe/why.ts';
import type { Cancel, Clock, Done, Kv } from '../ports.ts';
import type { CommitNews } from './commit-news.ts';
import type { NodeFactsSource } from './node-facts.ts';
import { createPendingCalls } from './pending-calls.ts';
import type { WorkingParts } from './working-parts.ts';

export interface LivesDeps {
  readonly folder: string;
  readonly clock: Clock;
  readonly news: CommitNews;
  /** Begins a life. `fail` is told, once or several times, what ends it. */
  readonly open: (fail: (error: ConsiliumError) => void) => Promise<WorkingParts>;
  readonly report: ApiDeps['report'];
  readonly genesis: ApiDeps['genesis'];
  /** The process is to end. */
  readonly end: (error: ConsiliumError) => void;
}

export interface Lives {
  readonly api: Omit<ApiDeps, 'adminLog' | 'gate'>;
  readonly kv: Kv;
  readonly facts: NodeFactsSource;
  readonly first: WorkingParts;
  start(): void;
  close(): Promise<void>;
}

type Mode = 'working' | 'resting' | 'closed';

/** What is told while nothing can be asked. */
interface Remembered {
  readonly status: NodeStatus;
  readonly metrics: Omit<NodeFacts, 'ready'>;
  readonly readiness: ReturnType<NodeFactsSource['readiness']>;
  readonly why: ReturnType<ApiDeps['why']>;
}

const diskFull = (): ConsiliumError => new ConsiliumError('DISK_FULL');

/** Throws what the first life throws. */
export async function openLives(deps: LivesDeps): Promise<Lives> {
  const lives = new NodeLives(deps);
  await lives.begin();
  return lives;
}

class NodeLives implements Lives {
  readonly #deps: LivesDeps;
  readonly #calls = createPendingCalls();
  #parts: WorkingParts | undefined;
  #mode: Mode = 'working';
  #remembered: Remembered | undefined;
  #turn: Promise<void> = Promise.resolve();
  #cancel: Cancel = () => undefined;
  #lifeCount = 0;
  readonly api: Lives['api'];
  readonly kv: Kv;
  readonly facts: NodeFactsSource;

  constructor(deps: LivesDeps) {
    this.#deps = deps;
    this.kv = this.#createKv();
    this.facts = this.#createFacts();
    this.api = this.#createApi();
  }

  async begin(): Promise<void> {
    this.#lifeCount += 1;
    const life = this.#lifeCount;
    let early: ConsiliumError | undefined;
    this.#parts = await this.#deps.open((error) => {
      // What an earlier life still says of its end is not about this one.
      if (life !== this.#lifeCount) return;
      if (this.#parts === undefined) early ??= error;
      else this.#failed(error);
    });
    if (early !== undefined) this.#failed(early);
  }

  get first(): WorkingParts {
    return this.#working();
  }

  start(): void {
    if (this.#mode === 'working') this.#working().node.start();
  }

  close(): Promise<void> {
    this.#mode = 'closed';
    this.#cancel();
    this.#calls.refuse(new ConsiliumError('API_STOPPING'));
    this.#turn = this.#turn.then(() => this.#parts?.close());
    return this.#turn;
  }

  #working(): WorkingParts {
    if (this.#parts === undefined) throw diskFull();
    return this.#parts;
  }

  #failed(error: ConsiliumError): void {
    if (error.code !== 'DISK_FULL' || this.#parts === undefined) return this.#deps.end(error);
    if (this.#mode !== 'working') return;
    this.#mode = 'resting';
    this.#remembered = remember(this.#parts);
    this.#deps.report({ level: 'error', code: 'node.disk-full', height: this.#remembered.status.height });
    this.#calls.refuse(error);
    const { rest } = this.#parts;
    this.#then(async () => {
      await rest();
      this.#plan();
    });
  }

  #plan(): void {
    if (this.#mode !== 'resting') return;
    this.#cancel = this.#deps.clock.after(DISK_FULL_RETRY_MS, () => this.#then(() => this.#look()));
  }

  async #look(): Promise<void> {
    if (this.#mode !== 'resting') return;
    const free = await freeBytes(this.#deps.folder);
    if (free !== undefined && free < DISK_RESUME_BYTES_MIN) return this.#plan();
    const old = this.#parts;
    this.#parts = undefined;
    await old?.close();
    if (this.#mode !== 'resting') return;
    try {
      await this.begin();
    } catch (error) {
      if (!isConsiliumError(error, 'DISK_FULL')) throw error;
      return this.#plan();
    }
    this.#wake();
  }

  #wake(): void {
    if (this.#mode !== 'resting' || this.#parts === undefined) return;
    this.#mode = 'working';
    this.#remembered = undefined;
    this.#parts.node.start();
    this.#deps.report({ level: 'info', code: 'node.disk-recovered', height: this.api.status().height });
  }

  /** One thing after the other; what refuses the next life for good ends the process. */
  #then(work: () => Promise<void>): void {
    this.#turn = this.#turn.then(work).catch((error: unknown) => {
      if (!isConsiliumError(error)) throw error;
      this.#deps.end(error);
    });
  }

  #createKv(): Kv {
    return {
      get: (table, key) => this.#working().home.store.get(table, key),
      write: (batch, done: Done) => {
        if (this.#parts === undefined) queueMicrotask(() => done(diskFull()));
        else this.#parts.home.store.write(batch, done);
      },
    };
  }

  #createFacts(): NodeFactsSource {
    return {
      metrics: () => this.#remembered?.metrics ?? this.#working().node.facts.metrics(),
      readiness: () => this.#remembered?.readiness ?? this.#working().node.facts.readiness(),
      stop: () => undefined,
    };
  }

  #createApi(): Lives['api'] {
    const { clock, report, genesis, news } = this.#deps;
    const working = (): OpenApi => this.#working().node.api;
    const isResting = (): boolean => this.#mode !== 'working';
    const calls = this.#calls;
    return {
      clock,
      report,
      genesis,
      submit: (bytes, done) => {
        if (isResting()) return done({ state: 'refused', code: 'DISK_FULL' });
        const refuse = ({ code }: ConsiliumError): void => done({ state: 'refused', code });
        working().submit(bytes, calls.add(done, refuse));
      },
      txState: (id: Hex32) => (isResting() ? { state: 'unknown' } : working().txState(id)),
      status: () => this.#remembered?.status ?? working().status(),
      why: () => this.#remembered?.why ?? working().why(),
      makeBackup: async (out) => {
        if (isResting()) throw diskFull();
        return working().makeBackup(out);
      },
      makeSnapshot: async () => {
        if (isResting()) throw diskFull();
        return working().makeSnapshot();
      },
      snapshot: () => working().snapshot(),
      onCommit: (listener) => news.listen(listener),
      custody: {
        storeBlobs: (blobs, done) =>
          isResting() ? done(diskFull()) : working().custody.storeBlobs(blobs, calls.add(done, done)),
        push: (bytes, timeoutMs, done) =>
          isResting() ? done(diskFull()) : working().custody.push(bytes, timeoutMs, calls.add(done, done)),
        release: (bytes, wait, done) =>
          isResting() ? done(diskFull()) : working().custody.release(bytes, wait, calls.add(done, done)),
        own: (bytes, done) =>
          isResting() ? done(diskFull()) : working().custody.own(bytes, calls.add(done, done)),
        readBlobs: (ids, done) => {
          const none = (): void => done(ids.map(() => null));
          if (isResting()) none();
          else working().custody.readBlobs(ids, calls.add(done, none));
        },
      },
    };
  }
}

type OpenApi = WorkingParts['node']['api'];

/** It votes no longer, and what it knows of the others grows old. */
function remember({ node }: WorkingParts): Remembered {
  const { awake: _, ...told } = node.api.status();
  const status: NodeStatus = {
    ...told,
    awake: false,
    signing: told.signing === 'observer' ? 'observer' : 'stopped',
    peers: told.peers.map((peer) => ({ ...peer, connected: false })),
    mempool: { txs: 0, bytes: 0 },
  };
  const { signing } = status;
  const readiness = { ...node.facts.readiness(), diskFull: true };
  return {
    status,
    why: { ...node.api.why(), ...WHY_RESTING, readiness: readinessOf(readiness) },
    metrics: { ...node.facts.metrics(), awake: false, mempool: status.mempool, peers: 0, signing },
    readiness,
  };
}
