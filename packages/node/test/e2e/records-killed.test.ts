import { expect, test } from 'vitest';
import { createNetwork, type Validator } from './support/network.ts';
import { allRecordIds, enrolledPatient, ingest, resourcesOf } from './support/records.ts';
import { until } from './support/waiting.ts';

const RESOURCES = 640;
/** Records between one death and the next. */
const STEP = 64;

test("kill -9 of any one validator in mid-ingest, the author's too: the ingest goes on or pauses and says for whom it waits; no resource twice, none missing.", async () => {
  await using network = await createNetwork();
  await network.start();
  const { validators } = network;
  const [author, other] = validators as [Validator, Validator];
  const patient = await enrolledPatient(network, author);
  const resources = resourcesOf(RESOURCES, 'killed');
  let registered = 0;
  const waitedFor = new Set<string>();
  const client = network.client();
  const ingesting = ingest(client, author, patient, resources, {
    onProgress: (progress) => {
      registered = progress.counts.registered;
      if (progress.state === 'waiting') for (const name of progress.missing) waitedFor.add(name);
    },
  });
  const more = async (count: number): Promise<void> => {
    const wanted = Math.min(registered + count, RESOURCES);
    await Promise.race([
      until(
        () => `${wanted} registered, there are ${registered}`,
        () => registered >= wanted,
      ),
      ingesting,
    ]);
  };

  for (const victim of validators) {
    await victim.kill();
    await more(STEP);
    await victim.start();
    await victim.ready();
  }
  expect(registered, 'the ingest outlasts four deaths').toBeLessThan(RESOURCES);

  // Two are too many: it pauses, names them, and goes on.
  await Promise.all([author.kill(), other.kill()]);
  await until('it says for whom it waits', () => waitedFor.has(author.name) && waitedFor.has(other.name));
  await Promise.all([author.start(), other.start()]);

  const ingested = await ingesting;
  expect(ingested.map(({ source }) => source)).toEqual(resources.map(({ source }) => source));
  const ids = await allRecordIds(client, patient);
  expect(ids).toHaveLength(RESOURCES);
  expect(new Set(ids)).toEqual(new Set(ingested.map(({ record }) => record)));
}, 400_000);
