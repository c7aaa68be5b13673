// Owns: whether the API may listen where its settings say, and its files of TLS. Does not own: the settings (config).
import { resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import { ConsiliumError } from '@consilium/core';
import type { TlsOptions } from '../api/tls.ts';
import type { Config } from '../config/settings.ts';
import { readSmallFile } from '../files/atomic-file.ts';
import { checkOwnerOnly } from '../files/owner-only.ts';
import { TLS_FILE_BYTES_MAX } from '../limits.ts';
import type { Report } from '../ports.ts';
import { isLoopback } from './gate.ts';

type ApiConfig = Config['api'];

/** Throws `API_EXPOSED` {host} or `API_TLS_INVALID` {setting}. Tokens without TLS are a matter of what lies before it. */
export function checkDoor(api: ApiConfig, report: Report): void {
  const { host, auth, tlsCert, tlsKey, clientCa } = api;
  const exposed = !isLoopback(host);
  if (exposed && auth === 'open') throw new ConsiliumError('API_EXPOSED', { host, auth });
  if ((tlsCert === '') !== (tlsKey === '')) throw missing(tlsCert === '' ? 'api.tls_cert' : 'api.tls_key');
  if (auth === 'mtls' && tlsCert === '') throw missing('api.tls_cert');
  if (auth === 'mtls' && clientCa === '') throw missing('api.client_ca');
  if (exposed && tlsCert === '') report({ level: 'warn', code: 'api.tokens-in-clear', host });
}

function missing(setting: string): ConsiliumError {
  return new ConsiliumError('API_TLS_INVALID', { setting, rule: 'missing' });
}

/**
 * undefined: plain HTTP. Paths are relative to the home. Throws `FILE_MISSING`, `KEY_FILE_MODE` {file} for a key that
 * others can read, `API_TLS_INVALID` {cause} when the parts do not go together.
 */
export async function readTls(
  { auth, tlsCert, tlsKey, clientCa }: ApiConfig,
  home: string,
): Promise<TlsOptions | undefined> {
  if (tlsCert === '') return undefined;
  const cert = await readPem(resolve(home, tlsCert), false);
  const key = await readPem(resolve(home, tlsKey), true);
  const ca = auth === 'mtls' ? { clientCa: await readPem(resolve(home, clientCa), false) } : {};
  const tls = { cert, key, ...ca };
  try {
    createSecureContext({ cert, key, ...(auth === 'mtls' && { ca: ca.clientCa }) });
  } catch (error) {
    // OpenSSL's reason names the fault, never the content.
    const cause = error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN';
    throw new ConsiliumError('API_TLS_INVALID', { cause });
  }
  return tls;
}

async function readPem(file: string, isSecret: boolean): Promise<string> {
  const { bytes, mode } = await readSmallFile(file, TLS_FILE_BYTES_MAX);
  if (isSecret) checkOwnerOnly(file, mode);
  return new TextDecoder().decode(bytes);
}
