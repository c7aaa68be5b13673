// Owns: commanding a running supervisor from another process. Does not own: finding its devnet.json.
import { ConsiliumError, ERRORS, type ErrorCode, type ErrorData } from '@consilium/core';
import { CONTROL_MS_MAX, PROBE_MS_MAX } from '../limits.ts';
import type { SupervisorEntry } from '../network/devnet-file.ts';
import type { Addition, NodeCommand, NodeStanding } from './types.ts';

export interface Control {
  standings(): Promise<readonly NodeStanding[]>;
  command(name: string, command: NodeCommand): Promise<void>;
  add(addition: Addition): Promise<void>;
  stop(): Promise<void>;
}

/** Every call throws `DEVNET_NOT_RUNNING` when nobody answers, else the supervisor's own refusal. */
export function createControl({ control, token }: SupervisorEntry): Control {
  const ask = async (method: string, path: string, body?: object): Promise<readonly NodeStanding[]> => {
    const response = await request(control + path, {
      method,
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(method === 'GET' ? PROBE_MS_MAX : CONTROL_MS_MAX),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as { nodes: readonly NodeStanding[] } & Refusal;
    if (!response.ok) throw refusalOf(answer);
    return answer.nodes;
  };
  return {
    standings: () => ask('GET', '/nodes'),
    command: async (name, command) => {
      await ask('POST', `/nodes/${encodeURIComponent(name)}/${command}`);
    },
    add: async (addition) => {
      await ask('POST', '/nodes', addition);
    },
    stop: async () => {
      await ask('POST', '/stop');
    },
  };
}

interface Refusal {
  readonly code?: string;
  readonly message?: string;
  readonly data?: ErrorData;
}

async function request(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch {
    throw new ConsiliumError('DEVNET_NOT_RUNNING');
  }
}

function refusalOf({ code = '', message, data }: Refusal): ConsiliumError {
  if (!Object.hasOwn(ERRORS, code)) return new ConsiliumError('DEVNET_NOT_RUNNING');
  return new ConsiliumError(code as ErrorCode, data, message);
}
