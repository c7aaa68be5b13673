// Owns: what the ledger says of an institution's processing, proven: who else is there, its staff, the policy, who keeps
// records. Does not own: the report (the SDK).
import { INSTITUTIONS, implicitPolicy, readRow } from '@consilium/core';
import type { ProcessingFacts } from '@consilium/sdk';
import { wholeList } from '../listing.ts';
import { institutionIdOf } from './names.ts';
import type { Network } from './network.ts';

export async function processingFactsOf(network: Network, named: string): Promise<ProcessingFacts> {
  const { client, read } = network;
  const institution = await institutionIdOf(network, named);
  const { value: validators } = await client.validators(read);
  const { value: epoch } = await client.custodyEpoch(undefined, read);
  const credentials = await wholeList((part) => client.credentials(institution, part), read);
  const { value, asOf } = await client.read(
    (state) => ({
      name: readRow(state, INSTITUTIONS, institution)?.name ?? named,
      policy: implicitPolicy(state),
    }),
    read,
  );
  const staff: Record<string, number> = {};
  for (const { role, state } of credentials.items)
    if (state === 'valid') staff[role] = (staff[role] ?? 0) + 1;
  return {
    institution,
    name: value.name,
    asOf,
    others: validators
      .map(({ name }) => name)
      .filter((name) => name !== value.name)
      .toSorted(),
    policy: value.policy,
    staff,
    custody:
      epoch === null
        ? null
        : { custodians: epoch.custodians.map(({ name }) => name).toSorted(), threshold: epoch.threshold },
  };
}
