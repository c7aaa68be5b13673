// Owns: the replica of a daemon with its pool, its custody, and what the HTTP API and the probes ask of it. Does not own:
// the life of the adapters (start-node.ts).
import { type ConsensusParams, ConsiliumError, isConsiliumError, paramsAt } from '@consilium/core';
import type { ApiDeps, NodeStatus } from '../api/deps.ts';
import { isLedgerKeySodium, verifySodium } from '../crypto/ed25519-sodium.ts';
import { hashBlocksNative } from '../crypto/hash-blocks-native.ts';
import { sha256Native } from '../crypto/sha256-native.ts';
import { systemRandom } from '../crypto/system-random.ts';
import type { Custody } from '../custody/custody.ts';
import type { Count } from '../custody/types.ts';
import type { OpenHome } from '../files/home.ts';
import { DEFAULT_MEMPOOL_LIMITS, type Mempool } from '../mempool/mempool.ts';
import type { NodeNet } from '../net/index.ts';
import type { Clock, Net, Report } from '../ports.ts';
import { openChain } from '../queries/index.ts';
import { readTip, stateReader } from '../replica/chain.ts';
import { createLedgerPool, createSignatures } from '../replica/ledger-pool.ts';
import { type OpenedReplica, openReplica } from '../replica/open.ts';
import { Pruner, type PrunerDeps } from '../replica/pruner.ts';
import type { Committed } from '../replica/replica.ts';
import { splitNet } from '../replica/split-net.ts';
import type { Trust } from '../sync/join-rows.ts';
import { type BackupDeps, makeBackup } from '../upkeep/make-backup.ts';
import type { LocalVault } from '../vault/vault.ts';
import { whenAnswered } from '../when-done.ts';
import type { CommitNews } from './commit-news.ts';
import { joinChain } from './join-chain.ts';
import { createNodeFacts, type NodeFactsSource } from './node-facts.ts';
import { nodeStatus } from './node-status.ts';
import { openCustody } from './open-custody.ts';
import { type OwnActs, openOwnActs } from './open-own-acts.ts';
import { openSnapshots } from './open-snapshots.ts';
import { type Participation, participationOf } from './participation.ts';
import type { Prepared } from './prepared.ts';
import type { NodeSigning } from './signing.ts';
import { whyReport } from './why-facts.ts';

export interface OpenNodeDeps {
  readonly prepared: Prepared;
  readonly signing: NodeSigning;
  readonly home: OpenHome;
  readonly clock: Clock;
  readonly net: NodeNet;
  readonly vault: LocalVault;
  readonly report: Report;
  readonly count: Count;
  readonly protocolVersionMax: number | undefined;
  readonly onCommitted: (committed: Committed, participation: Participation) => void;
  readonly onCommittedAge: (ageMs: number) => void;
  readonly news: CommitNews;
  readonly fail: (error: ConsiliumError) => void;
  /** Where a home with an empty store begins, if not at genesis. */
  readonly trust: Trust | undefined;
  readonly signal: AbortSignal | undefined;
}

export interface OpenedNode {
  /** All but who may ask, and what is noted of it. */
  readonly api: Omit<ApiDeps, 'adminLog' | 'gate'>;
  start(): void;
  stop(): Promise<void>;
  readonly facts: NodeFactsSource;
  endObservation(height: number): void;
}

export async function openNode(deps: OpenNodeDeps): Promise<OpenedNode> {
  const { prepared, signing, home, clock, report, vault, count, news, fail } = deps;
  const parts = splitNet(deps.net);
  await joinChain({ ...deps, net: parts });
  const snapshots = await openSnapshots(deps, parts.snapshot);
  let custody: Custody | undefined;
  let acts: OwnActs | undefined;
  const onCommit = (committed: Committed): void => {
    deps.onCommitted(committed, participationOf(home.store, committed));
    custody?.committed(committed);
    snapshots.committed(committed);
    acts?.committed(committed);
    news.tell(committed);
  };
  const { opened, pool } = await openWithPool({ ...deps, net: parts.replica }, onCommit);
  const keeping = await openCustody(
    { prepared, signing, home, vault, peers: parts.custody, clock, report, count, fail },
    opened,
    pool,
  );
  const { custody: opening } = keeping;
  custody = opening;
  acts = openOwnActs({ prepared, signing, home, clock, report, net: parts.replica }, opened, pool);
  const status = (): NodeStatus => nodeStatus(deps, opened.replica, pool);
  const facts = createNodeFacts({
    home: home.paths.home,
    kv: home.store,
    clock,
    precisionMs: () => paramsOf(home, prepared).precisionMs,
    status,
    replica: opened.replica,
    custody: () => opening.status(),
    ...{ pool, vault, net: deps.net, data: home.paths.data },
  });
  const pruner = createPruner(deps, opened);
  return {
    facts,
    endObservation: (height) => opened.guard.endObservation(height),
    start: () => {
      opened.start();
      keeping.start();
      pruner.start();
      snapshots.start();
      acts?.start();
    },
    stop: async () => {
      facts.stop();
      pruner.stop();
      snapshots.stopServing();
      acts?.stop();
      opening.stop();
      opened.replica.stop();
      pool.stop();
      await snapshots.stop();
    },
    api: {
      clock,
      report,
      genesis: prepared.genesis,
      submit: (bytes, done) => pool.submit(bytes, done),
      txState: (id) => pool.statusOf(id),
      status,
      why: () => {
        const { replica } = opened;
        return whyReport({ name: prepared.config.name, kv: home.store, clock, pool, facts, replica });
      },
      snapshot: () => openChain(home.store.snapshot()),
      onCommit: (listener) => news.listen(listener),
      custody: opening,
      makeSnapshot: () => snapshots.make(),
      makeBackup: createBackups(deps),
    },
  };
}

/** One at a time. */
function createBackups({ prepared, home, vault, clock }: OpenNodeDeps): ApiDeps['makeBackup'] {
  const { genesisHash: genesis } = prepared;
  const readBlob: BackupDeps['readBlob'] = (id) => whenAnswered((done) => vault.read(id, done));
  let running = false;
  return async (out) => {
    if (running) throw new ConsiliumError('API_BUSY', { what: 'a backup' });
    running = true;
    const snapshot = home.store.snapshot();
    try {
      const { paths } = home;
      return await makeBackup({ paths, genesis, snapshot, readBlob, nowMs: () => clock.wallMs() }, out);
    } finally {
      snapshot.close();
      running = false;
    }
  };
}

function createPruner({ prepared, home, clock, report }: OpenNodeDeps, { ledger }: OpenedReplica): Pruner {
  const { keepBlocks, keepDays } = prepared.config.store;
  const compact: PrunerDeps['compact'] = (ranges, done) => {
    const failed = (error: unknown): void => {
      if (!isConsiliumError(error)) throw error;
      report({ level: 'warn', code: 'store.compact-failed', reason: error.code });
    };
    void home.store.compact(ranges).catch(failed).then(done);
  };
  return new Pruner(
    { kv: home.store, clock, report, tip: () => ledger.tip, compact },
    {
      keep: { blocks: keepBlocks, days: keepDays },
      evidenceWindowHeights: () => paramsOf(home, prepared).evidenceWindowHeights,
    },
  );
}

async function openWithPool(
  {
    prepared,
    signing,
    home,
    clock,
    net,
    report,
    fail,
    protocolVersionMax,
    onCommittedAge,
  }: Omit<OpenNodeDeps, 'net'> & { readonly net: Net },
  onCommit: (committed: Committed) => void,
): Promise<{ opened: OpenedReplica; pool: Mempool }> {
  const { config, keys, genesis, genesisHash } = prepared;
  const signatures = createSignatures(verifySodium);
  const { rebroadcastMs, statusMs } = config.timing;
  let pool: Mempool | undefined;
  let opened: OpenedReplica | undefined;
  opened = await new Promise<OpenedReplica>((resolve, reject) => {
    openReplica(
      {
        genesis,
        genesisHash,
        self: keys.account.account,
        disk: home.disk,
        kv: home.store,
        net,
        clock,
        random: systemRandom,
        report,
        protocolVersionMax,
        holdsKey: signing.holds,
        verify: verifySodium,
        verifySender: (tx, key) => signatures.verifySender(tx, key),
        hashBlocks: hashBlocksNative,
        isLedgerKey: isLedgerKeySodium,
        sha256: sha256Native,
        ...signing.replica,
        createPool: (ledger) => {
          const onAdmitted = (): void => opened?.replica.poolGrew();
          const limits = { ...DEFAULT_MEMPOOL_LIMITS, ...config.mempool };
          const poolDeps = { clock, report, net, signatures, onAdmitted, onCommittedAge };
          pool = createLedgerPool(poolDeps, ledger, limits);
          return pool;
        },
        onCommit,
        onFailure: fail,
      },
      { rebroadcastMs, statusMs },
      (result) => (result instanceof Error ? reject(result) : resolve(result)),
    );
  });
  if (pool === undefined) throw new Error('invariant: the replica opened without a pool');
  const { replica } = opened;
  signing.onReturn(() => replica.signerReturned());
  return { opened, pool };
}

/** In force at the next height. */
function paramsOf(home: OpenHome, { genesis }: Prepared): ConsensusParams {
  const state = stateReader(home.store);
  return paramsAt(state, genesis, (readTip(home.store)?.height ?? 0) + 1);
}
