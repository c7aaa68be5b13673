// Owns: the HTTP API of a daemon with what stands behind it: who may ask, and the log of what they did. Does not own: the
// life of the parts that it asks (start-node.ts).
import type { ApiDeps } from '../api/deps.ts';
import { createApi } from '../api/index.ts';
import { openAdminLog } from '../audit/admin-log.ts';
import { readMark, writeMark } from '../audit/chain-mark.ts';
import type { Config } from '../config/settings.ts';
import { systemRandom } from '../crypto/system-random.ts';
import type { OpenHome } from '../files/home.ts';
import type { Clock, Report } from '../ports.ts';
import { openGate } from './gate.ts';

export interface OpenApiDeps {
  readonly config: Config;
  readonly home: OpenHome;
  readonly clock: Clock;
  readonly report: Report;
  readonly api: Omit<ApiDeps, 'adminLog' | 'gate'>;
}

/** Listens; gives the address. What must be closed is added to the closers, in the order of opening. */
export async function openApi(
  { config, home, clock, report, api: deps }: OpenApiDeps,
  closers: (() => void | Promise<void>)[],
): Promise<string> {
  const gate = await openGate(home.paths, systemRandom);
  const adminLog = await openAdminLog({
    folder: home.paths.state,
    clock,
    report,
    mark: readMark(home.store),
    keepMark: (mark) => writeMark(home.store, mark),
  });
  closers.push(() => adminLog.close());
  const api = await createApi({ ...deps, gate, adminLog }, { host: config.api.host, port: config.api.port });
  const { url } = await api.start();
  closers.push(() => api.stop());
  return url;
}
