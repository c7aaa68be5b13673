// Owns: what a command shows a node that asks for it: token, client certificate, and whose certificate it takes from the
// node. Files only: a secret in the words of a command is seen by everybody on the machine.
import { type Fetch, withToken } from '@consilium/sdk';
import { createSecureFetch, readToken } from '@consilium/sdk/node';
import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { usage } from '../usage.ts';
import { checkOwnerOnly, pathOf, readText } from './files.ts';

export interface DoorOptions {
  readonly tokenFile?: string;
  readonly caFile?: string;
  readonly clientCert?: string;
  readonly clientKey?: string;
}

export function addDoorOptions(command: Command): Command {
  return command
    .option('--token-file <file>', "file with this caller's token (else CONSILIUM_TOKEN_FILE)")
    .option('--ca-file <file>', "authority of the node's certificate, PEM (else CONSILIUM_CA_FILE)")
    .option('--client-cert <file>', 'certificate to show, PEM (else CONSILIUM_CLIENT_CERT)')
    .option('--client-key <file>', 'its private key, PEM (else CONSILIUM_CLIENT_KEY)');
}

/** undefined: nothing is shown, and the system's authorities count. */
export async function fetchThrough(io: Io, options: DoorOptions): Promise<Fetch | undefined> {
  const token = fileOf(io, options.tokenFile, 'CONSILIUM_TOKEN_FILE');
  const fetch = await secureFetch(io, options);
  if (token === undefined) return fetch;
  const plain: Fetch = (url, init) => globalThis.fetch(url, init);
  return withToken(fetch ?? plain, await readToken(token));
}

async function secureFetch(io: Io, options: DoorOptions): Promise<Fetch | undefined> {
  const ca = fileOf(io, options.caFile, 'CONSILIUM_CA_FILE');
  const cert = fileOf(io, options.clientCert, 'CONSILIUM_CLIENT_CERT');
  const key = fileOf(io, options.clientKey, 'CONSILIUM_CLIENT_KEY');
  if ((cert === undefined) !== (key === undefined)) throw usage('--client-cert and --client-key go together');
  if (key !== undefined) await checkOwnerOnly(key);
  if (ca === undefined && cert === undefined) return undefined;
  return createSecureFetch({
    ...(ca !== undefined && { ca: await readText(ca) }),
    ...(cert !== undefined && { cert: await readText(cert) }),
    ...(key !== undefined && { key: await readText(key) }),
  });
}

function fileOf(io: Io, option: string | undefined, variable: string): string | undefined {
  const named = option ?? io.env[variable];
  return named === undefined || named === '' ? undefined : pathOf(io, named);
}
