// Owns: asking a node's probes until they say yes.
import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { PROBE_INTERVAL_MS, PROBE_MS_MAX } from '../limits.ts';

/** `livez`: the daemon turns. `readyz`: it is caught up and reaches enough others. */
export type Probe = 'livez' | 'readyz';

/** `metrics`: base URL of the listener. Plain HTTP without a pool: it is asked many times a second, by processes that wait. */
export function passesProbe(metrics: string, probe: Probe): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = get(`${metrics}/${probe}`, { agent: false, timeout: PROBE_MS_MAX }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.once('timeout', () => asked.destroy());
    asked.once('error', () => resolve(false));
  });
}

/** False when the signal came first. */
export async function untilProbe(metrics: string, probe: Probe, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    if (await passesProbe(metrics, probe)) return !signal.aborted;
    await delay(PROBE_INTERVAL_MS, undefined, { signal }).catch(() => {});
  }
  return false;
}
