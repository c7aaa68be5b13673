// Owns: who took part in a committed block, by name: its author, whose signatures its certificate holds and lacks.
import { type Hex32, validatorsAt, votesOf } from '@consilium/core';
import type { Kv } from '../ports.ts';
import { stateReader } from '../replica/chain.ts';
import type { Committed } from '../replica/replica.ts';
import { namesOf } from './names.ts';

export interface Participation {
  readonly author: string;
  readonly signed: readonly string[];
  readonly missed: readonly string[];
}

export function participationOf(kv: Pick<Kv, 'get'>, { block, certificate }: Committed): Participation {
  const { height, author } = block.header;
  const nameOf = namesOf(kv);
  const set = validatorsAt(stateReader(kv), height) ?? [];
  const signers = new Set<Hex32>(votesOf(certificate, set).map(({ validator }) => validator));
  const names = (hasSigned: boolean): string[] =>
    set.filter(({ id }) => signers.has(id) === hasSigned).map(({ id }) => nameOf(id));
  return { author: nameOf(author), signed: names(true), missed: names(false) };
}
