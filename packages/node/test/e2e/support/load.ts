// Clients that hand in transactions one after the other and write down what was acknowledged, whatever happens to the
// nodes meanwhile. As a client of Consilium must, each sends the same bytes again until their fate is known.
import { setTimeout as pause } from 'node:timers/promises';
import type { Hex32, Tx } from '@consilium/core';
import { type Client, noop } from '@consilium/sdk';
import type { Network, Validator } from './network.ts';
import { until } from './waiting.ts';

export interface Acknowledged {
  readonly id: Hex32;
  readonly height: number;
  /** Whose node gave the answer. */
  readonly by: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
}

export interface Load {
  readonly acknowledged: readonly Acknowledged[];
  /** Codes of refusals that say no; there should be none. */
  readonly refused: readonly string[];
  /** Resolves when so many more were acknowledged, by these nodes if any are named. */
  more(count: number, by?: readonly Validator[]): Promise<void>;
  /** Ends when what is under way is answered. */
  stop(): Promise<void>;
}

/** Nobody answers: the clients look again after this. */
const NOBODY_THERE_MS = 25;
/** A wait ends below the life of a transaction, so that its fate is known. */
const WAIT_MS = 20_000;
/** The nodes have it, are full or are stopping: the same bytes will do later. */
const LATER = ['TX_WAIT_TIMEOUT', 'MEMPOOL_FULL', 'API_BUSY', 'API_STOPPING', 'RATE_LIMITED'];

/** `validators`: who is asked and signs; every founder unless named. */
export function startLoad(
  network: Network,
  validators: readonly Validator[] = network.validators,
  clientCount = 8,
): Load {
  const acknowledged: Acknowledged[] = [];
  const refused: string[] = [];
  const maker = network.client();
  const stopped = new AbortController();
  const clients = Array.from({ length: clientCount }, async (_, number) => {
    while (!stopped.signal.aborted) await settle(maker, validators, number, acknowledged, refused);
  });
  const more: Load['more'] = async (count, by) => {
    const names = by?.map(({ name }) => name);
    const first = acknowledged.length;
    const found = (): number =>
      acknowledged.slice(first).filter((one) => names === undefined || names.includes(one.by)).length;
    await until(
      () => `${count} more acknowledged; there are ${found()}, refused: ${refused.join()}`,
      () => found() >= count,
    );
  };
  const stop = async (): Promise<void> => {
    stopped.abort();
    await Promise.all(clients);
  };
  return { acknowledged, refused, more, stop };
}

/** One transaction, from its signature to its end. */
async function settle(
  maker: Client,
  validators: readonly Validator[],
  number: number,
  acknowledged: Acknowledged[],
  refused: string[],
): Promise<void> {
  const own = validators[number % validators.length] as Validator;
  const tx = maker.buildTx([noop()], own.signer);
  for (let attempt = number; Date.now() < tx.validUntil; attempt += 1) {
    const node = validators[attempt % validators.length] as Validator;
    const answer = await handIn(node, tx);
    if (answer === undefined || LATER.includes(answer.code ?? '')) {
      await pause(NOBODY_THERE_MS);
      continue;
    }
    if (answer.state === 'committed')
      acknowledged.push({ id: tx.id, height: answer.height ?? 0, by: node.name, atMs: Date.now() });
    else refused.push(answer.code ?? answer.state ?? 'no code');
    return;
  }
  refused.push('nobody answered before it expired');
}

interface Answer {
  readonly state?: string;
  readonly height?: number;
  readonly code?: string;
}

/** undefined when the node was not there, or died over it. */
async function handIn({ apiUrl }: Validator, tx: Tx): Promise<Answer | undefined> {
  try {
    const response = await fetch(`${apiUrl}/v1/tx?wait=committed&timeoutMs=${WAIT_MS}`, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: tx.bytes as Uint8Array<ArrayBuffer>,
    });
    const { state, height, code } = (await response.json()) as Answer;
    return response.ok
      ? { ...(state === undefined ? {} : { state }), ...(height === undefined ? {} : { height }) }
      : { code: code ?? String(response.status) };
  } catch {
    return undefined;
  }
}
