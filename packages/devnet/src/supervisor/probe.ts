// Owns: asking a node's probes until they say yes.
import { setTimeout as delay } from 'node:timers/promises';
import { PROBE_INTERVAL_MS, PROBE_MS_MAX } from '../limits.ts';

/** `livez`: the daemon turns. `readyz`: it is caught up and reaches enough others. */
export type Probe = 'livez' | 'readyz';

/** `metrics`: base URL of the listener. */
export async function passesProbe(metrics: string, probe: Probe): Promise<boolean> {
  try {
    const response = await fetch(`${metrics}/${probe}`, { signal: AbortSignal.timeout(PROBE_MS_MAX) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

/** False when the signal came first. */
export async function untilProbe(metrics: string, probe: Probe, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    if (await passesProbe(metrics, probe)) return !signal.aborted;
    await delay(PROBE_INTERVAL_MS, undefined, { signal }).catch(() => {});
  }
  return false;
}
