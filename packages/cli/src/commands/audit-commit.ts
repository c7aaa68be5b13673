// Owns: `audit commit`: one root on the ledger over all entries that wait, now or again and again.
import { setTimeout as pause } from 'node:timers/promises';
import {
  type CommitOptions,
  type CommittedBatch,
  commitEntries,
  isConsiliumError,
  type Signer,
} from '@consilium/sdk';
import { openAuditQueue, type StoredQueue } from '@consilium/sdk/node';
import { addCommand, type Register } from '../command.ts';
import type { Io } from '../io.ts';
import { AUDIT_EVERY_SECONDS_MAX } from '../limits.ts';
import { batchLine } from '../print/audit.ts';
import { refusalLine } from '../print/refusal.ts';
import { plural } from '../print/text.ts';
import { addStoreOption, auditStore, type StoreOptions } from '../setup/audit-store.ts';
import { accountSigner, addSigningOption, identityOf } from '../setup/identity.ts';
import { addNetworkOptions, type Network, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { addPatienceOption, type PatienceOption, withPatience } from '../setup/patience.ts';
import { integerOf, usage } from '../usage.ts';

interface Options extends NetworkOptions, Omit<StoreOptions, 'genesis'>, PatienceOption {
  readonly every?: string;
}

export const registerAuditCommit: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'commit',
      summary: 'commit one root over the entries that wait in the store; with --every until it is stopped',
      examples: [
        'npx consilium audit commit --as inselspital',
        'npx consilium audit commit --every 60 --as inselspital',
      ],
    },
    (command) =>
      addPatienceOption(
        addNetworkOptions(
          addStoreOption(
            addSigningOption(
              command.option('--every <seconds>', 'commit what waits again and again, until Ctrl-C'),
              'the institution',
            ),
          ),
        ),
      ),
    (_args, options) =>
      withNetwork(place.io, options, async (network) => {
        const everySeconds = secondsOf(options.every);
        const { devnet } = network;
        const signer = accountSigner(await identityOf(place.io, options, devnet), 'the institution');
        await using queue = await openAuditQueue(await auditStore(place.io, options, devnet));
        const work = { io: place.io, network, queue, signer };
        const batches = await withPatience(options, (patience) =>
          everySeconds === undefined
            ? commitAll(work, patience)
            : commitEvery(work, everySeconds * 1000, patience),
        );
        const entries = batches.reduce((sum, { count }) => sum + count, 0);
        const last = batches.at(-1) ?? null;
        return {
          data: { batches: batches.length, entries, last },
          lines: [
            entries === 0
              ? 'nothing waits'
              : `${plural(batches.length, 'batch', 'batches')}, ${plural(entries, 'entry', 'entries')} committed`,
          ],
        };
      }),
  );

function secondsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = integerOf(text, '--every', 1);
  if (seconds > AUDIT_EVERY_SECONDS_MAX) throw usage(`--every is 1 to ${AUDIT_EVERY_SECONDS_MAX} seconds`);
  return seconds;
}

interface Work {
  readonly io: Io;
  readonly network: Network;
  readonly queue: StoredQueue;
  readonly signer: Signer;
}

/** What waits now; more than one batch when there is too much for one. */
async function commitAll(
  { io, network, queue, signer }: Work,
  options: CommitOptions,
): Promise<CommittedBatch[]> {
  const done: CommittedBatch[] = [];
  const onWait: CommitOptions['onWait'] = (reason) => io.err(`waiting: ${refusalLine(reason)}\n`);
  for (;;) {
    const batch = await commitEntries(network.client, queue, signer, { ...options, onWait });
    if (batch === null) return done;
    io.err(`${batchLine(batch)}\n`);
    done.push(batch);
  }
}

/** Until it is stopped, which is how it ends in order: a batch that is under way then is known to the next start. */
async function commitEvery(
  work: Work,
  everyMs: number,
  options: CommitOptions & { readonly signal: AbortSignal },
): Promise<CommittedBatch[]> {
  const done: CommittedBatch[] = [];
  const { signal } = options;
  try {
    while (!signal.aborted) {
      const begunMs = performance.now();
      done.push(...(await commitAll(work, options)));
      await pause(Math.max(0, everyMs - (performance.now() - begunMs)), undefined, { signal });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    if (isConsiliumError(error) && error.code !== 'INTERRUPTED') throw error;
  }
  return done;
}
