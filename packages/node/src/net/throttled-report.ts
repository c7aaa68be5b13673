// Owns: that a refusal which a stranger can cause at will does not fill the log. Does not own: the log.
import { REPORT_INTERVAL_MS } from '../limits.ts';
import type { Report, ReportedEvent } from '../ports.ts';

/** Passes the first event of a code and peer at once, later ones once per interval with the count of those left out. */
export function createThrottledReport(report: Report, nowMs: () => number): Report {
  const seen = new Map<string, { atMs: number; left: number }>();
  return (event: ReportedEvent): void => {
    const key = `${event.code} ${event['peer'] ?? ''}`;
    const last = seen.get(key);
    if (last !== undefined && nowMs() - last.atMs < REPORT_INTERVAL_MS) {
      last.left += 1;
      return;
    }
    seen.set(key, { atMs: nowMs(), left: 0 });
    report(last === undefined || last.left === 0 ? event : { ...event, leftOut: last.left });
  };
}
