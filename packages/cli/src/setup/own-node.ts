// Owns: asking the node of a home on this machine as its operator: address from its configuration, token from its keys.
// Does not own: what is asked (commands/).
import { resolve } from 'node:path';
import {
  type AskNode,
  ConsiliumError,
  createAskNode,
  type Fetch,
  isConsiliumError,
  withToken,
} from '@consilium/sdk';
import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { usage } from '../usage.ts';
import { certificateHash } from './certificate.ts';
import { pathOf, readText } from './files.ts';

export interface OwnNodeOptions {
  readonly home?: string;
  /** Where its API listens, when not where its configuration says. */
  readonly node?: string;
}

export function addHomeOption(command: Command): Command {
  return command.option('--home <folder>', 'home of the node on this machine');
}

export function addNodeOption(command: Command): Command {
  return command.option('--node <url>', 'where its API listens, when not where its configuration says');
}

/** Throws `USAGE_INVALID`. */
export function homeOf({ home }: { readonly home?: string | undefined }): string {
  if (home === undefined) throw usage('--home is missing: the folder of the node on this machine');
  return home;
}

export interface OwnNode {
  readonly home: string;
  /** Base of its API. */
  readonly url: string;
  /** The parsed answer. Throws `NODE_NOT_RUNNING` {home, node}, or the code of the node's refusal. */
  readonly get: (path: string, timeoutMs?: number) => Promise<unknown>;
  readonly post: (path: string, body: unknown, timeoutMs?: number) => Promise<unknown>;
}

/**
 * Reads the home; asks nothing yet. Throws `USAGE_INVALID` without `--home`, `HOME_MISSING`, what is wrong with the
 * configuration, and `FILE_MISSING`, `KEY_FILE_MODE` or `TOKEN_FILE_INVALID` {file} of the operator's token.
 */
export async function openOwnNode(io: Io, options: OwnNodeOptions): Promise<OwnNode> {
  const { homePaths, loadConfig, readTokenFile } = await import('@consilium/node/own-home');
  const paths = homePaths(pathOf(io, homeOf(options)));
  const { config } = await loadConfig(paths.config, io.env, {});
  const token = await readTokenFile(paths.operatorToken);
  const fetch = await fetchOf(paths.home, config.api.tlsCert);
  const scheme = config.api.tlsCert === '' ? 'http' : 'https';
  const url = options.node ?? `${scheme}://${localHost(config.api.host)}:${config.api.port}`;
  const ask = asNotRunning(createAskNode(withToken(fetch, token)), paths.home);
  const timeout = (timeoutMs: number | undefined) => (timeoutMs === undefined ? {} : { timeoutMs });
  return {
    home: paths.home,
    url,
    get: (path, timeoutMs) => ask(url, { path, ...timeout(timeoutMs) }),
    post: (path, body, timeoutMs) => ask(url, { path, body, ...timeout(timeoutMs) }),
  };
}

/** With TLS the node must show the very certificate that its configuration names. */
async function fetchOf(home: string, tlsCert: string): Promise<Fetch> {
  if (tlsCert === '') return (target, init) => globalThis.fetch(target, init);
  const file = resolve(home, tlsCert);
  const pinned = certificateHash(await readText(file), file);
  const { createSecureFetch } = await import('@consilium/sdk/node');
  return createSecureFetch({ pinned });
}

/** A node that listens everywhere is asked on this machine. */
function localHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

function asNotRunning(ask: AskNode, home: string): AskNode {
  return async (node, request) => {
    try {
      return await ask(node, request);
    } catch (error) {
      if (!isConsiliumError(error, 'NODE_UNREACHABLE')) throw error;
      throw new ConsiliumError('NODE_NOT_RUNNING', { home, node, ...reasonOf(error) });
    }
  };
}

function reasonOf({ data }: ConsiliumError): { readonly reason?: string | number | boolean } {
  return data['reason'] === undefined ? {} : { reason: data['reason'] };
}
