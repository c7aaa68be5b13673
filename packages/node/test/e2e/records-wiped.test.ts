import { rm } from 'node:fs/promises';
import {
  type AccessTicket,
  collectRecords,
  custodianRefusals,
  type IngestedRecord,
  requestAccess,
} from '@consilium/sdk';
import { expect, test } from 'vitest';
import { untilAllAt } from './support/asking.ts';
import { startLoad } from './support/load.ts';
import { createNetwork, type Network, type Validator } from './support/network.ts';
import {
  type EnrolledPatient,
  enrolledPatient,
  ingest,
  resourcesOf,
  sealedTexts,
  textsOf,
} from './support/records.ts';
import { stealHome } from './support/stolen-home.ts';
import { until } from './support/waiting.ts';

/** More than one batch. */
const RESOURCES = 70;

test("Any one hospital's disk wiped: every record still opens; its copies and shares come back.", async () => {
  await using network = await createNetwork();
  await network.start();
  const { validators } = network;
  const [author, other] = validators as [Validator, Validator];
  const patient = await enrolledPatient(network, author);
  const resources = resourcesOf(RESOURCES, 'wiped');
  const ingested = await ingest(network.client(), author, patient, resources);
  const sealed = sealedTexts(ingested, resources);
  // A node without its signing record watches until it has seen heights begin: somebody must make them.
  const load = startLoad(network);

  for (const victim of [author, other]) {
    await victim.stop();
    await wipe(victim);
    const ticket = await access(network, author, patient, ingested);
    const opened = await collectRecords(network.client(), ticket, author.signer);
    expect(await textsOf(opened), `all but ${victim.name}`).toEqual(sealed);
    await victim.start();
    await untilItReleases(network, author, patient, ingested, victim);
  }

  await load.stop();
  await untilAllAt(validators, (await network.client().tip()).height);
  for (const validator of validators) await validator.stop();
  for (const victim of [author, other]) {
    const home = await stealHome(victim);
    const chunks = home.packages.flatMap(({ records }) => records.flatMap((record) => record.chunks));
    expect(
      home.packages.flatMap(({ records }) => records),
      victim.name,
    ).toHaveLength(RESOURCES);
    expect(
      chunks.filter(({ id }) => !home.blobs.has(id)),
      victim.name,
    ).toEqual([]);
  }
}, 400_000);

/** Everything that a disk holds, but for the keys, which the operator has in a safe. */
async function wipe({ paths }: Validator): Promise<void> {
  for (const folder of [paths.data, paths.state, paths.vault]) await rm(folder, { recursive: true });
}

function access(
  network: Network,
  { signer }: Validator,
  { enrolment }: EnrolledPatient,
  ingested: readonly IngestedRecord[],
): Promise<AccessTicket> {
  const records = ingested.map(({ record }) => record);
  const selection = { type: 'records', records } as const;
  return requestAccess(network.client(), {
    patient: enrolment.account,
    selection,
    purpose: 'TREAT',
    signer,
  });
}

/** It gives its own share of the first and of the last record again. */
async function untilItReleases(
  network: Network,
  author: Validator,
  patient: EnrolledPatient,
  ingested: readonly IngestedRecord[],
  victim: Validator,
): Promise<void> {
  let said: unknown;
  await until(
    () => `${victim.name} releases its shares again; it says ${String(said)}`,
    async () => {
      const ticket = await access(network, author, patient, ingested);
      const codes = await Promise.all(
        [0, RESOURCES - 1].map(async (place) => {
          const answers = await custodianRefusals(network.client(), ticket, author.signer, place);
          return answers.find(({ institution }) => institution === victim.institution)?.code;
        }),
      );
      said = codes.join();
      return codes.every((code) => code === null);
    },
  );
}
