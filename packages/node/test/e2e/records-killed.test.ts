import { type IngestProgress, ingestRecords, type ResourceSource } from '@consilium/sdk';
import { expect, test } from 'vitest';
import { createNetwork, type Validator } from './support/network.ts';
import { allRecordIds, enrolledPatient, resourcesOf, sourcesOf } from './support/records.ts';
import { until } from './support/waiting.ts';

/** Resources that are handed over while one hospital is dead: more than a batch. */
const STAGE = 80;

test("kill -9 of any one validator in mid-ingest, the author's too: the ingest goes on or pauses and says for whom it waits; no resource twice, none missing.", async () => {
  await using network = await createNetwork();
  await network.start();
  const { validators } = network;
  const [author, other] = validators as [Validator, Validator];
  const patient = await enrolledPatient(network, author);
  const resources = resourcesOf(STAGE * (validators.length + 2), 'killed');
  const client = network.client();
  const seen = { registered: 0, waitedFor: new Set<string>() };
  let handedOver = 0;
  const ingesting = ingestRecords(
    client,
    gated(sourcesOf(resources, patient), () => handedOver),
    {
      signer: author.signer,
      onProgress: (progress: IngestProgress) => {
        seen.registered = progress.counts.registered;
        if (progress.state === 'waiting') for (const name of progress.missing) seen.waitedFor.add(name);
      },
    },
  );
  const advance = async (): Promise<void> => {
    handedOver += STAGE;
    const wanted = seen.registered + Math.floor(STAGE / 2);
    const goesOn = (): boolean => seen.registered >= wanted;
    await until(() => `${wanted} registered; there are ${seen.registered}`, goesOn);
  };

  await advance();
  for (const victim of validators) {
    await victim.kill();
    await advance();
    await victim.start();
    await victim.ready();
  }

  // Two are too many: it pauses, names them, and goes on.
  await Promise.all([author.kill(), other.kill()]);
  handedOver = resources.length;
  const names = [author.name, other.name];
  await until('it says for whom it waits', () => names.every((name) => seen.waitedFor.has(name)));
  await Promise.all([author.start(), other.start()]);

  const ingested = await ingesting;
  expect(ingested.map(({ source }) => source)).toEqual(resources.map(({ source }) => source));
  const ids = await allRecordIds(client, patient);
  expect(ids).toHaveLength(resources.length);
  expect(new Set(ids)).toEqual(new Set(ingested.map(({ record }) => record)));
}, 400_000);

/** The sources, each once so many have been handed over. */
async function* gated(
  sources: readonly ResourceSource[],
  handedOver: () => number,
): AsyncGenerator<ResourceSource, void, void> {
  for (const [place, source] of sources.entries()) {
    await until(`source ${place} is handed over`, () => handedOver() > place);
    yield source;
  }
}
