// A running API over a chain in memory, with a door whose answers the test decides, and plain HTTP to ask it.
import { ConsiliumError, type Hex32, hashHex } from '@consilium/core';
import type { ApiDeps, NodeStatus } from '../../src/api/deps.ts';
import { type Api, type ApiLimits, createApi } from '../../src/api/index.ts';
import type { Problem } from '../../src/api/problems.ts';
import { type Caller, ROLES } from '../../src/api/roles.ts';
import type { TlsOptions } from '../../src/api/tls.ts';
import { type AdminLine, NO_LINE, nextLine } from '../../src/audit/admin-line.ts';
import type { PoolState, SubmitOutcome } from '../../src/mempool/outcomes.ts';
import type { Clock } from '../../src/ports.ts';
import { createEventLog, type EventLog } from './fakes.ts';
import { createMemoryChain, type MemoryChain } from './memory-chain.ts';

export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

export interface ApiHarness {
  readonly url: string;
  readonly api: Api;
  readonly chain: MemoryChain;
  readonly log: EventLog;
  readonly adminLog: ApiDeps['adminLog'];
  /** What the door says of the next transactions; undefined lets them in. */
  readonly door: {
    refusal: SubmitOutcome | undefined;
    readonly received: Uint8Array[];
    readonly pool: Map<Hex32, PoolState>;
    /** Called when a transaction was let in, before the client hears of it. */
    onReceived: (tx: Uint8Array) => void;
  };
  readonly get: <T>(path: string, headers?: Record<string, string>) => Promise<Answer<T>>;
  readonly post: <T>(path: string, body: unknown) => Promise<Answer<T>>;
  readonly postBytes: <T>(path: string, body: Uint8Array) => Promise<Answer<T>>;
}

export interface HarnessOptions {
  readonly sign?: boolean;
  readonly limits?: ApiLimits;
  readonly clock?: Clock;
  readonly hosts?: readonly string[];
  readonly port?: number;
  readonly tls?: TlsOptions;
  /** Parts of the daemon that behave otherwise. */
  readonly deps?: Partial<ApiDeps>;
}

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, fire) => {
    const timer = setTimeout(fire, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Refuses everything: for tests of the other routes. */
const BUSY = new ConsiliumError('CUSTODY_BUSY');
const NO_CUSTODY: ApiDeps['custody'] = {
  storeBlobs: (_blobs, done) => done(BUSY),
  push: (_bytes, _timeoutMs, done) => done(BUSY),
  release: (_bytes, _wait, done) => done(BUSY),
  own: (_bytes, done) => done(BUSY),
  readBlobs: (ids, done) => done(ids.map(() => null)),
};

/** The lines as they would stand in the files. */
function createMemoryAdminLog(): ApiDeps['adminLog'] {
  const lines: AdminLine[] = [];
  return {
    append: async (act) => {
      const line = nextLine(lines.at(-1) ?? NO_LINE, act, 1_000);
      lines.push(line);
      return line;
    },
    read: async (from, limit) => lines.filter(({ seq }) => seq >= from).slice(0, limit),
    head: () => {
      const { seq, hash } = lines.at(-1) ?? NO_LINE;
      return { first: Math.min(1, seq), seq, hash };
    },
  };
}

/** Tokens of the harness: each is named like its role. */
const CALLERS: Readonly<Record<string, Caller>> = Object.fromEntries(
  ROLES.map((role) => [role, { name: role, role }]),
);

export async function startApi(options: HarnessOptions = {}): Promise<ApiHarness> {
  const chain = createMemoryChain({ sign: options.sign ?? false });
  const log = createEventLog();
  const door: ApiHarness['door'] = {
    refusal: undefined,
    received: [],
    pool: new Map(),
    onReceived: () => undefined,
  };
  const deps: ApiDeps = {
    clock: options.clock ?? systemClock,
    report: log.report,
    genesis: chain.genesis,
    gate: { findToken: (token) => CALLERS[token], findCertificate: () => undefined, anonymous: 'submitter' },
    submit: (tx, done) => {
      if (door.refusal !== undefined) return done(door.refusal);
      door.received.push(tx);
      door.pool.set(hashHex(tx), { state: 'pending' });
      door.onReceived(tx);
      done({ state: 'received' });
    },
    txState: (id) => door.pool.get(id) ?? { state: 'unknown' },
    status: () => statusOf(chain),
    why: () => {
      throw new Error('not asked for');
    },
    snapshot: chain.snapshot,
    onCommit: chain.onCommit,
    custody: NO_CUSTODY,
    makeBackup: async (out) => ({ out, height: chain.height(), rows: 1, blobs: 2, bytes: 3 }),
    makeSnapshot: async () => ({ height: chain.height(), chunks: 1, rows: 2, bytes: 3 }),
    adminLog: createMemoryAdminLog(),
    ...options.deps,
  };
  const api = await createApi(deps, {
    port: options.port ?? 0,
    ...(options.limits && { limits: options.limits }),
    ...(options.hosts && { hosts: options.hosts }),
    ...(options.tls && { tls: options.tls }),
  });
  const { url } = await api.start();
  return {
    url,
    api,
    chain,
    log,
    adminLog: deps.adminLog,
    door,
    get: (path, headers = {}) => ask(url, path, { headers }),
    post: (path, body) =>
      ask(url, path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    postBytes: (path, body) =>
      ask(url, path, {
        method: 'POST',
        headers: { 'content-type': 'application/octet-stream' },
        body: new Blob([new Uint8Array(body)]),
      }),
  };
}

async function ask<T>(url: string, path: string, init: RequestInit): Promise<Answer<T>> {
  const response = await fetch(`${url}${path}`, init);
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as T,
  };
}

/** What every refusal has in common, for one comparison. */
export function refusalOf({ status, headers, body }: Answer<Problem>): {
  status: number;
  code: string;
  type: string | null;
} {
  return { status, code: body.code, type: headers.get('content-type')?.split(';')[0] ?? null };
}

export function problem(
  status: number,
  code: string,
): {
  status: number;
  code: string;
  type: string | null;
} {
  return { status, code, type: 'application/problem+json' };
}

function statusOf(chain: MemoryChain): NodeStatus {
  const header = chain.header();
  return {
    chainId: chain.genesis.chainId,
    genesis: chain.genesisHash,
    name: 'Linden',
    institution: '11'.repeat(32),
    base: 1,
    height: chain.height(),
    blockId: chain.genesisHash,
    stateRoot: header?.stateRoot ?? '00'.repeat(32),
    time: header?.time ?? chain.genesis.time,
    round: 0,
    awake: false,
    peers: [{ institution: '22'.repeat(32), name: 'Seeblick', connected: true }],
    mempool: { txs: 0, bytes: 0 },
    synced: true,
    signing: 'signing',
    role: 'validator',
    protocol: { version: 1, supported: 1, upgrade: null },
  };
}
