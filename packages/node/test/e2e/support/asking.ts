// Plain requests to a node, for what the SDK would not send.
import type { Hex32 } from '@consilium/core';
import type { Validator } from './network.ts';
import { until } from './waiting.ts';

/** What a node answers to these bytes as a transaction: the code of its refusal, or the state that it claims. */
export async function handInBytes({ apiUrl }: Validator, bytes: Uint8Array): Promise<string> {
  const response = await fetch(`${apiUrl}/v1/tx`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: bytes as Uint8Array<ArrayBuffer>,
  });
  const { code, state } = (await response.json()) as { code?: string; state?: string };
  return code ?? state ?? `status ${response.status}`;
}

export async function txStateAt({ apiUrl }: Validator, id: Hex32): Promise<{ state: string; code?: string }> {
  const response = await fetch(`${apiUrl}/v1/tx/${id}`);
  return (await response.json()) as { state: string; code?: string };
}

export async function heightAt({ apiUrl }: Validator): Promise<number> {
  const response = await fetch(`${apiUrl}/v1/status`);
  return ((await response.json()) as { height: number }).height;
}

export async function untilAllAt(validators: readonly Validator[], height: number): Promise<void> {
  for (const validator of validators)
    await until(`${validator.name} at ${height}`, async () => (await heightAt(validator)) >= height);
}
