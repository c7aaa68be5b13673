// Owns: what is owed to records when a network is healed: custodians hold again all that they should, every record opens to
// what was written, and nobody honest released anything false.
import {
  type Cluster,
  members,
  type RecordsWorkload,
  rereadRecords,
  startRecordsWorkload,
} from '@consilium/sim';
import { type History, reached, violate } from '../history/history.ts';
import { SETTLED_MS_MAX } from '../limits.ts';

export interface RecordsLoad {
  stop(): void;
  /** Lets time pass until it is so; convicts when it does not become so. */
  settle(history: History): void;
}

/** `rate`: doings of its people in a second. */
export function startRecords(cluster: Cluster, rate: number): RecordsLoad {
  const workload = startRecordsWorkload(cluster, { meanUs: 1_000_000 / rate });
  return {
    stop: () => workload.stop(),
    settle: (history) => settle(cluster, history, workload),
  };
}

function settle(cluster: Cluster, history: History, { records, seen }: RecordsWorkload): void {
  const { scheduler } = cluster;
  const rereading = rereadRecords(cluster, records);
  const missing = (): number =>
    members(cluster)
      .filter(({ id }) => !history.hostile.has(id) && !history.excused.has(id))
      .reduce((sum, { custody }) => sum + (custody?.status().missing ?? 1), 0);
  const isSettled = (): boolean => missing() === 0 && rereading.unread().length === 0;
  const isOver = (): boolean => history.violations.length > 0 || isSettled();
  const over = scheduler.run(isOver, scheduler.nowUs() + SETTLED_MS_MAX * 1000);
  rereading.stop();
  if (records.length > 0) {
    reached(history, 'records-reread');
    history.looked.add('records');
  }
  if (!over) {
    const unread = `${rereading.unread().length} of ${records.length} records do not open`;
    violate(history, 'records', `${unread}, ${missing()} batches are missing`);
  }
  for (const liar of seen.liars)
    if (history.hostile.has(liar)) reached(history, 'liar-named');
    else violate(history, 'records', `${liar.slice(0, 8)} released what is false`);
}
