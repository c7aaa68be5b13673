// Owns: the HTTP API of a daemon with what stands behind it: who may ask, and the log of what they did. Does not own: the
// life of the parts that it asks (start-node.ts).
import type { ApiDeps } from '../api/deps.ts';
import { createApi } from '../api/index.ts';
import type { AdminAct } from '../audit/admin-line.ts';
import { type AdminLog, openAdminLog } from '../audit/admin-log.ts';
import { readMark, writeMark } from '../audit/chain-mark.ts';
import type { Config } from '../config/settings.ts';
import { systemRandom } from '../crypto/system-random.ts';
import type { HomePaths } from '../files/home.ts';
import type { Clock, Kv, Report } from '../ports.ts';
import { checkDoor, readTls } from './api-door.ts';
import type { Closers } from './closers.ts';
import { openGate } from './gate.ts';

export interface OpenApiDeps {
  readonly config: Config;
  readonly home: { readonly paths: HomePaths; readonly store: Kv };
  readonly clock: Clock;
  readonly report: Report;
  readonly api: Omit<ApiDeps, 'adminLog' | 'gate'>;
}

/** Listens; gives the address. What must be closed is added to the closers, in the order of opening. */
export async function openApi(
  { config, home, clock, report, api: deps }: OpenApiDeps,
  closers: Closers,
): Promise<string> {
  const { host, port, auth, hosts } = config.api;
  checkDoor(config.api, report);
  const tls = await readTls(config.api, home.paths.home);
  const adminLog = await openAdminLog({
    folder: home.paths.state,
    clock,
    report,
    mark: readMark(home.store),
    keepMark: (mark) => writeMark(home.store, mark),
  });
  closers.push(() => adminLog.close());
  const note = (act: AdminAct): void => noteAlone(adminLog, act, report);
  const gate = await openGate({ paths: home.paths, auth, random: systemRandom, clock, report, note });
  closers.push(() => gate.stop());
  const api = await createApi({ ...deps, gate, adminLog }, { host, port, hosts, ...(tls && { tls }) });
  const { url } = await api.start();
  closers.push(() => api.stop());
  return url;
}

/** What nobody waits for: that it could not be noted is at least said. */
function noteAlone(adminLog: AdminLog, act: AdminAct, report: Report): void {
  adminLog.append(act).catch(() => {
    report({ level: 'error', code: 'admin.not-noted', action: act.action });
  });
}
