// A record that its author erased: on real daemons, real disks, and with everything that a thief could take of them.
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fromHex, type Hex32 } from '@consilium/core';
import {
  collectRecords,
  eraseRecords,
  exportAccessLog,
  proveErasure,
  readErasureOf,
  requestAccess,
  verifyAccessLog,
  verifyErasureReceipt,
} from '@consilium/sdk';
import { expect, test } from 'vitest';
import { backupHome } from '../../src/upkeep/make-backup.ts';
import { restoreBackup } from '../../src/upkeep/restore-backup.ts';
import { verifyHome } from '../../src/verify/verify-home.ts';
import { startLoad } from './support/load.ts';
import { createNetwork, type Validator } from './support/network.ts';
import {
  clinicianOf,
  commit,
  consentTo,
  enrolledPatient,
  ingest,
  open,
  resourcesOf,
  sealedTexts,
  textsOf,
} from './support/records.ts';
import { openedBy, type StolenHome, stealHome } from './support/stolen-home.ts';
import { until } from './support/waiting.ts';

const RESOURCES = 4;

test("An erased record opens nowhere any more, also after a restored backup, its custodians' receipts verify offline, and the old proofs still verify.", async () => {
  await using network = await createNetwork();
  await network.start();
  const [north, east, , west] = network.validators as [Validator, Validator, Validator, Validator];
  const client = network.client();
  const patient = await enrolledPatient(network, north);
  const resources = resourcesOf(RESOURCES, 'erased');
  const ingested = await ingest(client, north, patient, resources);
  const doctor = await clinicianOf(network, east, 'doctor of east');
  await consentTo(client, patient, doctor.account);
  const records = ingested.map(({ record }) => record);
  const [erased, ...others] = records as [Hex32, ...Hex32[]];
  const selection = { type: 'records', records } as const;
  const asked = { patient: patient.enrolment.account, selection, purpose: 'TREAT', signer: doctor } as const;
  const permit = await requestAccess(client, asked);
  const oldLog = await exportAccessLog(client, [patient.enrolment]);

  await west.stop();
  const backup = join(network.folder, 'backup');
  await backupHome(west.paths.home, backup);
  const before = await stealHome(west);
  const parts = partsOf(before, erased);
  await west.start();
  await west.ready();

  await commit(client, north.signer, eraseRecords(patient.enrolment.account, [erased], 'patient-request'));
  const sealed = sealedTexts(ingested, resources);
  const left = new Map([...sealed].filter(([id]) => id !== erased));
  const stillPermitted = await collectRecords(client, permit, doctor);
  expect([...(await textsOf(stillPermitted)).keys()].sort()).toEqual([...others].sort());
  const opened = await open(client, north.signer, patient, records);
  expect(opened.records.find(({ record }) => record === erased)?.rule).toBe('record-erased');
  expect(await textsOf(opened)).toEqual(left);
  await until('every custodian to say that it is destroyed', async () => {
    const { value } = await client.read((state) => readErasureOf(state, erased));
    return value?.complete === true;
  });

  const receipt = await proveErasure(client, erased);
  const proven = verifyErasureReceipt(receipt, network.genesis);
  expect(proven).toMatchObject({ records: [erased], authorName: north.name, complete: true });
  expect(proven.receipts.map(({ name }) => name).sort()).toEqual(
    network.validators.map(({ name }) => name).sort(),
  );
  for (const other of [
    receipt.replace('patient-request', 'retention-over'),
    receipt.replace(erased, others[0] ?? ''),
  ])
    expect(() => verifyErasureReceipt(other, network.genesis)).toThrow(
      expect.objectContaining({ code: 'PROOF_INVALID' }),
    );
  expect(verifyAccessLog(oldLog, network.genesis).entries).toHaveLength(1);

  // West comes back from the day before the erasure, with everything in it.
  await west.stop();
  for (const folder of [west.paths.data, west.paths.state, west.paths.vault])
    await rm(folder, { recursive: true });
  await restoreBackup(backup, west.paths.home);
  expect(await whichLie(west, parts)).not.toEqual([]);
  const load = startLoad(network, network.validators.slice(0, 3));
  const logged = west.log().length;
  await west.start();
  await until('west to destroy it again', () => west.log().slice(logged).includes('"code":"custody.erased"'));
  await load.stop();
  for (const validator of network.validators) await validator.stop();

  const homes = await Promise.all(network.validators.map(stealHome));
  const stolen = await openedBy(homes, client.genesisHash);
  expect([...stolen.keys()].sort()).toEqual([...others].sort());
  for (const validator of network.validators)
    expect(await whichLie(validator, parts), validator.name).toEqual([]);
  expect((await verifyHome(west.paths.home)).damaged).toEqual([]);
  // The search finds what is there.
  expect(await whichLie(north, partsOf(before, others[0] ?? ''))).not.toEqual([]);
}, 200_000);

/** What of a record lies at a custodian: salts, points, shares of all, the patient's wrap, the head of its ciphertext. */
function partsOf({ packages, blobs }: StolenHome, record: Hex32): ReadonlyMap<string, Uint8Array> {
  const content = packages.find(({ records }) => records.some(({ commitment }) => commitment === record));
  const position = content?.records.findIndex(({ commitment }) => commitment === record) ?? -1;
  const sealed = content?.records[position];
  const dealt = content?.dealings[0]?.records[position];
  if (sealed === undefined || dealt === undefined || sealed.wrap === null)
    throw new Error('the record is not there to be looked for');
  return new Map([
    ['salt', fromHex(sealed.salt)],
    ['salt of the points', fromHex(sealed.pointsSalt)],
    ['wrap', sealed.wrap.sealed],
    ...sealed.chunks.map(({ id }) => ['chunk', fromHex(id)] as const),
    ...sealed.chunks.map(
      ({ id }) => ['ciphertext', blobs.get(id)?.subarray(0, 64) ?? new Uint8Array(1)] as const,
    ),
    ...dealt.points.map((point, at) => [`point ${at}`, fromHex(point)] as const),
    ...dealt.shares.map((share, at) => [`share ${at}`, share] as const),
  ]);
}

/** In the raw bytes of all files of a node that is stopped. */
async function whichLie(
  { paths }: Validator,
  parts: ReadonlyMap<string, Uint8Array>,
): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const folder of [paths.data, paths.vault, paths.state]) {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const bytes = Buffer.from(await readFile(join(entry.parentPath, entry.name)));
      for (const [name, part] of parts)
        if (bytes.includes(Buffer.from(part))) found.add(`${name} in ${entry.name}`);
    }
  }
  return [...found];
}
