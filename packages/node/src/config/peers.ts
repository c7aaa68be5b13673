// Owns: whom the operator's own addresses are for. Does not own: dialling (net).
import { type Hex32, isHexOf } from '@consilium/core';
import type { PeerAddresses } from './value-types.ts';

export interface NamedInstitution {
  readonly id: Hex32;
  readonly name: string;
}

export interface AddressOverrides {
  /** By account id. */
  readonly byInstitution: Readonly<Record<Hex32, readonly string[]>>;
  /** Names that no institution has: worth a line in the log, not a refusal. */
  readonly unknown: readonly string[];
}

/**
 * An id goes before a name: a name could be chosen to look like one. It may be of an institution that is admitted later;
 * names are those of the founders.
 */
export function addressOverrides(
  addresses: PeerAddresses,
  institutions: readonly NamedInstitution[],
): AddressOverrides {
  const idOf = (key: string): Hex32 | undefined =>
    isHexOf(key, 32) ? key : institutions.find(({ name }) => name === key)?.id;
  const found = Object.entries(addresses).map(([key, list]) => ({ key, id: idOf(key), list }));
  return {
    byInstitution: Object.fromEntries(
      found.flatMap(({ id, list }) => (id === undefined ? [] : [[id, list]])),
    ),
    unknown: found.filter(({ id }) => id === undefined).map(({ key }) => key),
  };
}
