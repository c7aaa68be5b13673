// Owns: the headers that a file carries with it, in order, each decided by the set of its height, which the steps show. Does
// not own: what is proven under them.
import {
  type ConsiliumError,
  type Header,
  isConsiliumError,
  type LightStep,
  type SignedHeader,
} from '@consilium/core';
import type { Chain } from '../client/chain.ts';
import type { Lined } from './sectioned-file.ts';

export interface LinedHeaders {
  /** From genesis: the headers that announce another set. */
  readonly steps: readonly Lined<LightStep>[];
  /** Ascending. */
  readonly headers: readonly Lined<SignedHeader>[];
}

/** Throws `failed` of the first line that does not hold. */
export function checkedHeaders(
  { steps, headers }: LinedHeaders,
  chain: Chain,
  failed: (line: number, rule: 'chain' | 'header') => ConsiliumError,
): readonly Header[] {
  const lastHeight = headers.at(-1)?.value.header.height ?? 0;
  let height = 0;
  for (const { line, value } of steps) {
    const { header } = value;
    const changes = header.validatorsHash !== header.nextValidatorsHash;
    if (!changes || header.height <= height || header.height > lastHeight) throw failed(line, 'chain');
    height = header.height;
    refusing(
      () => chain.advance([value]),
      () => failed(line, 'chain'),
    );
  }
  height = 0;
  return headers.map(({ line, value }) => {
    if (value.header.height <= height) throw failed(line, 'header');
    height = value.header.height;
    const known = refusing(
      () => chain.accept(value),
      () => failed(line, 'header'),
    );
    if (!known) throw failed(line, 'header');
    return value.header;
  });
}

function refusing<T>(check: () => T, refusal: () => ConsiliumError): T {
  try {
    return check();
  } catch (error) {
    if (isConsiliumError(error)) throw refusal();
    throw error;
  }
}
