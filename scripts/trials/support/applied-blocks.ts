// Owns: how fast one node takes decided blocks over, in this process: the real replica, log, record and store on disk, fed
// by peers that have every answer at hand. Does not own: sockets, encryption, and the start of a process.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { actionOf, signEd25519 } from '../../../packages/core/src/index.ts';
import { type Chain, createChain, type Hospital } from '../../../packages/core/test/kit/chain.ts';
import { isLedgerKeySodium, verifySodium } from '../../../packages/node/src/crypto/ed25519-sodium.ts';
import { hashBlocksNative } from '../../../packages/node/src/crypto/hash-blocks-native.ts';
import { sha256Native } from '../../../packages/node/src/crypto/sha256-native.ts';
import { systemRandom } from '../../../packages/node/src/crypto/system-random.ts';
import { participationOf } from '../../../packages/node/src/daemon/participation.ts';
import type { BlocksRequest, DecidedBlock } from '../../../packages/node/src/messages/wire.ts';
import { decodeMessage, encodeMessage } from '../../../packages/node/src/messages/wire.ts';
import type { Kv, Net, NetHandler } from '../../../packages/node/src/ports.ts';
import { createLedgerPool, createSignatures } from '../../../packages/node/src/replica/ledger-pool.ts';
import {
  type OpenedReplica,
  openReplica,
  SIGNING_RECORD_FILE,
} from '../../../packages/node/src/replica/open.ts';
import { initialiseRecordFile } from '../../../packages/node/src/signing/record-file.ts';
import { openStore } from '../../../packages/node/src/store/store.ts';
import { createSystemClock } from '../../../packages/node/src/system-clock.ts';
import { createMemoryDisk } from '../../../packages/node/test/support/memory-disk.ts';

export interface AppliedBlocks {
  readonly blocks: number;
  readonly seconds: number;
  readonly blocksPerSecond: number;
  /** Of this process, on all its threads: what is left of it on a machine that has more to do. */
  readonly processorSeconds: number;
}

/** Blocks of one transaction each, as a quiet hour makes them. The time that the peers took is not counted. */
export async function measureAppliedBlocks(blocks: number): Promise<AppliedBlocks> {
  const chain = createChain();
  const decided = decideBlocks(chain, blocks);
  const folder = await mkdtemp(join(tmpdir(), 'consilium-applied-'));
  try {
    await using store = await openStore(join(folder, 'store'));
    const took = await takeOver(chain, decided, store);
    return { blocks, blocksPerSecond: Math.round(blocks / took.seconds), ...took };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function decideBlocks(chain: Chain, blocks: number): DecidedBlock[] {
  const signatures = createSignatures(verifySodium);
  const deps = {
    ...chain.deps,
    verify: verifySodium,
    verifySender: signatures.verifySender.bind(signatures),
    isLedgerKey: isLedgerKeySodium,
  };
  return Array.from({ length: blocks }, (_, index) => {
    const sender = chain.hospitals[index % chain.hospitals.length] as Hospital;
    const tx = chain.tx(sender.id, sender.account, [actionOf('chain.noop', {})]);
    const { block, execution } = chain.build([tx], { deps });
    chain.apply(block, execution);
    const certificate = chain.certificate();
    if (certificate === null) throw new Error('a block was decided without a certificate');
    return { block, certificate };
  });
}

interface Peers extends Net {
  tellTip(): void;
  /** Time that the peers took to answer. */
  readonly answeringMs: () => number;
}

function createPeers(chain: Chain, others: readonly Hospital[], decided: readonly DecidedBlock[]): Peers {
  let handler: NetHandler | undefined;
  let answeringMs = 0;
  const answer = (peer: Hospital, { requestId, fromHeight, count }: BlocksRequest): void => {
    const begun = performance.now();
    const blocks = decided.slice(fromHeight - 1, fromHeight - 1 + count);
    const bytes = encodeMessage({ type: 'blocks', requestId, blocks });
    answeringMs += performance.now() - begun;
    handler?.onMessage(peer.id, 'sync', bytes);
  };
  return {
    answeringMs: () => answeringMs,
    start: (given) => {
      handler = given;
    },
    connected: () => others.map(({ id }) => id),
    send: (to, channel, bytes) => {
      const peer = others.find(({ id }) => id === to);
      if (channel !== 'sync' || peer === undefined) return true;
      const message = decodeMessage(bytes);
      if (message.type === 'blocks-request') setImmediate(() => answer(peer, message));
      return true;
    },
    pause: () => undefined,
    penalize: (_peer, code) => {
      throw new Error(`an honest peer was blamed: ${code}`);
    },
    admit: () => undefined,
    tellTip: () => {
      const height = decided.length + 1;
      const status = { type: 'status', base: 1, round: 0, awake: false, timeMs: Date.now() } as const;
      const bytes = encodeMessage({ ...status, height, lastBlockId: chain.view().tip.id });
      for (const { id } of others) handler?.onMessage(id, 'agreement', bytes);
    },
  };
}

async function takeOver(
  chain: Chain,
  decided: readonly DecidedBlock[],
  kv: Kv,
): Promise<Pick<AppliedBlocks, 'seconds' | 'processorSeconds'>> {
  const { genesis, deps, hospitals } = chain;
  const [self, ...others] = hospitals as [Hospital, ...Hospital[]];
  const net = createPeers(chain, others, decided);
  const [clock, disk, signatures] = [createSystemClock(), createMemoryDisk(), createSignatures(verifySodium)];
  const owner = { name: SIGNING_RECORD_FILE, genesis: deps.genesisHash, validator: self.id };
  initialiseRecordFile(disk, owner, () => undefined);
  const { promise: taken, resolve, reject } = Promise.withResolvers<void>();
  const report = (): void => undefined;
  const opened = await new Promise<OpenedReplica>((open, fail) => {
    openReplica(
      {
        ...{ genesis, genesisHash: deps.genesisHash, self: self.id, disk, kv, net, clock, report },
        random: systemRandom,
        verify: verifySodium,
        verifySender: (tx, key) => signatures.verifySender(tx, key),
        hashBlocks: hashBlocksNative,
        isLedgerKey: isLedgerKeySodium,
        sha256: sha256Native,
        signBytes: (bytes) => signEd25519(self.validator, bytes),
        createPool: (ledger) =>
          createLedgerPool({ clock, report, net, signatures, onAdmitted: () => undefined }, ledger),
        onCommit: (committed) => {
          participationOf(kv, committed);
          if (committed.block.header.height === decided.length) resolve();
        },
        onFailure: reject,
      },
      { rebroadcastMs: 60_000, statusMs: 60_000 },
      (result) => (result instanceof Error ? fail(result) : open(result)),
    );
  });
  opened.start();
  const [begun, usedBefore] = [performance.now(), process.cpuUsage()];
  net.tellTip();
  await taken;
  const { user, system } = process.cpuUsage(usedBefore);
  const answeringSeconds = net.answeringMs() / 1_000;
  opened.replica.stop();
  return {
    seconds: rounded((performance.now() - begun) / 1_000 - answeringSeconds),
    processorSeconds: rounded((user + system) / 1_000_000 - answeringSeconds),
  };
}

function rounded(seconds: number): number {
  return Math.round(seconds * 100) / 100;
}
