// Owns: what an operator sees of a daemon from outside: its log, its metrics, its probes. Does not own: the facts that
// they show (open-node.ts), how they are shown (observe/).
import { resolve } from 'node:path';
import type { Config } from '../config/settings.ts';
import type { Count } from '../custody/types.ts';
import { createListener } from '../observe/listener.ts';
import { openLog, reportToAll } from '../observe/log.ts';
import { createMetrics, type Metrics, type NodeIdentity } from '../observe/metrics.ts';
import { readinessOf } from '../observe/readiness.ts';
import type { WriteTimes } from '../observe/timed-ports.ts';
import type { Report, ReportedEvent } from '../ports.ts';
import type { Committed } from '../replica/replica.ts';
import type { NodeFactsSource } from './node-facts.ts';
import type { Participation } from './participation.ts';

export interface Observer {
  readonly report: Report;
  committed(committed: Committed, participation: Participation): void;
  readonly txCommitted: (ageMs: number) => void;
  readonly writes: WriteTimes;
  /** By the validator's name. */
  readonly moved: Metrics['messageMoved'];
  /** What custody did. */
  readonly count: Count;
  /** Serves metrics and probes from these facts. Resolves to where. Throws `LISTEN_FAILED`. */
  listen(identity: NodeIdentity, facts: NodeFactsSource): Promise<string>;
  close(): Promise<void>;
}

export function createObserver(home: string, config: Config): Observer {
  const { level, file } = config.log;
  const log = openLog(file === '' ? { level } : { level, file: resolve(home, file) });
  let metrics: Metrics | undefined;
  let stopListening: () => Promise<void> = async () => undefined;
  const report = reportToAll(log.report, (event: ReportedEvent) => metrics?.eventReported(event));
  return {
    report,
    committed: ({ block, certificate, execution, by }, participation) => {
      const { time } = block.header;
      metrics?.blockCommitted({
        ...{ time, round: certificate.round, txs: execution.results, by },
        ...participation,
      });
    },
    txCommitted: (ageMs) => metrics?.txCommitted(ageMs),
    writes: {
      synced: (file, seconds) => metrics?.logSynced(file, seconds),
      written: (seconds) => metrics?.storeWritten(seconds),
    },
    moved: (...moved) => metrics?.messageMoved(...moved),
    count: (what, code) => metrics?.custodyCounted(what, code),
    listen: async (identity, facts) => {
      const readiness = () => readinessOf(facts.readiness());
      metrics = createMetrics(identity, () => ({ ...facts.metrics(), ready: readiness().ready }));
      const listener = createListener({ metrics, readiness, report }, config.metrics);
      const { host, port } = await listener.start();
      stopListening = () => listener.stop();
      return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
    },
    close: async () => {
      await stopListening();
      await log.close();
    },
  };
}
