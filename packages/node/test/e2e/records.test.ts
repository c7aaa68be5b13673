import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { genesisHash, type Hex32, toHex, utf8 } from '@consilium/core';
import {
  type AccessTicket,
  COMMON_CATEGORIES,
  COMMON_LABELS,
  categoryTag,
  collectRecords,
  custodianRefusals,
  deriveNamedKey,
  explainTags,
  grantOf,
  type IngestedRecord,
  labelTag,
  openedUnder,
  patientEncryptionKey,
  patientKey,
  patientSigner,
  type RecordView,
  readAccess,
  requestAccess,
  revokeConsent,
  rotateKey,
  type Signer,
} from '@consilium/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemRandom } from '../../src/crypto/system-random.ts';
import { untilAllAt } from './support/asking.ts';
import { createNetwork, type Network, type Validator } from './support/network.ts';
import {
  clinicianOf,
  commit,
  consentTo,
  type EnrolledPatient,
  enrolledPatient,
  ingest,
  open,
  type Resource,
  resourcesOf,
  sealedTexts,
  textsOf,
} from './support/records.ts';
import { findIn, needlesOf, valuesOf, type Written, writtenBy } from './support/secrets-search.ts';
import { openedBy, stealHome } from './support/stolen-home.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const RESOURCES = 70;
/** Of the bundle and of the software itself: the standing of a condition and of an institution, a kind of account. */
const LEDGER_WORDS = ['active', 'Patient'];

let network: Network;
let north: Validator;
let east: Validator;
let patient: EnrolledPatient;
let doctorNorth: Signer;
let doctorEast: Signer;
let resources: readonly Resource[];
let ingested: readonly IngestedRecord[];
/** What the daemons show to whoever scrapes them. */
const metrics: Written[] = [];

beforeAll(async () => {
  network = await createNetwork();
  await network.start(['log.level=debug']);
  [north, east] = network.validators as [Validator, Validator];
  patient = await enrolledPatient(network, north);
  doctorNorth = await clinicianOf(network, north, 'doctor of north');
  doctorEast = await clinicianOf(network, east, 'doctor of east');
  resources = resourcesOf(RESOURCES, 'one life');
  ingested = await ingest(network.client(), north, patient, resources);
}, 240_000);

afterAll(() => network.close());

const idsOf = (records: readonly { readonly record: Hex32 }[]): Hex32[] =>
  records.map(({ record }) => record);

test("A clinician of the author's own hospital opens: an entry stands on the ledger as for anybody.", async () => {
  const client = network.client();
  const wanted = idsOf(ingested).slice(0, 5);
  const before = (await client.accesses(patient.enrolment.account)).value.count;
  const opened = await open(client, doctorNorth, patient, wanted);
  expect(await textsOf(opened)).toEqual(
    new Map([...sealedTexts(ingested, resources)].filter(([id]) => wanted.includes(id))),
  );
  const { value } = await client.accesses(patient.enrolment.account);
  expect(value.count).toBe(before + 1);
  expect(value.items.at(-1)).toMatchObject({
    reader: doctorNorth.account,
    institution: north.institution,
    purpose: 'TREAT',
    items: wanted.map((record) => ({ record, decision: 'permit', rule: 'author' })),
  });
});

test('The client killed between commit and release: the entry stands, the record stays closed.', async () => {
  const client = network.client();
  const [record] = idsOf(ingested) as [Hex32];
  const access = await entryOfKilledClient(record);
  const entry = await readAccess(client, { patient: patient.enrolment.account, access });
  expect(entry.items).toEqual([expect.objectContaining({ record, decision: 'permit' })]);

  // The reader key died with its process: whoever asks again, with the reader's own signature, gets nothing readable.
  const another: AccessTicket = {
    patient: patient.enrolment.account,
    access,
    readerSeed: toHex(systemRandom.bytes(32)),
  };
  const { records } = await collectRecords(client, another, doctorNorth);
  expect(records).toEqual([expect.objectContaining({ record, decision: 'permit', content: null })]);
});

/** A process of its own that enters an access and is killed before it asks for shares. Gives the index of the entry. */
async function entryOfKilledClient(record: Hex32): Promise<number> {
  const program = `
    import { createClient, requestAccess } from '@consilium/sdk';
    import { secretKeyFromSeed, fromHex } from '@consilium/core';
    const { nodes, genesis, patient, record, account, seed } = JSON.parse(process.env.ACCESS ?? '');
    const client = createClient({ nodes, genesis });
    const signer = { account, key: secretKeyFromSeed(fromHex(seed)) };
    const selection = { type: 'records', records: [record] } as const;
    const { access } = await requestAccess(client, { patient, selection, purpose: 'TREAT', signer });
    console.log(access);
    setInterval(() => undefined, 1_000);
  `;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-'], {
    cwd: join(ROOT, 'packages', 'sdk'),
    env: {
      ...process.env,
      ACCESS: JSON.stringify({
        nodes: network.validators.map(({ apiUrl }) => apiUrl),
        genesis: network.genesis,
        patient: patient.enrolment.account,
        record,
        account: doctorNorth.account,
        seed: toHex(doctorNorth.key.seed),
      }),
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(program);
  const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  child.kill('SIGKILL');
  await once(child, 'exit');
  return Number.parseInt(line, 10);
}

test('Revocation: from `revoke` to refusal everywhere in one block, also for permits given before; the report lists what had been opened.', async () => {
  const client = network.client();
  const own = await enrolledPatient(network, north);
  const written = await ingest(client, north, own, resourcesOf(3, 'to be revoked'));
  const [first, second] = idsOf(written) as [Hex32, Hex32];
  const consent = await consentTo(client, own, east.institution);
  const { access, records } = await open(client, doctorEast, own, [first]);
  expect(records.map(({ content }) => content !== null)).toEqual([true]);
  const wish = { patient: own.enrolment.account, purpose: 'TREAT', signer: doctorEast } as const;
  const selection = { type: 'records', records: [second] } as const;
  const permit = await requestAccess(client, { ...wish, selection });

  const { height } = await client.tip();
  expect(await commit(client, own.signer, revokeConsent(own.enrolment.account, consent))).toBe(height + 1);

  const everywhere = new Set(network.validators.map(({ institution }) => institution));
  for (const ticket of [permit, { patient: own.enrolment.account, access: access.index }]) {
    const refusals = await custodianRefusals(client, ticket, doctorEast, 0);
    expect(new Set(refusals.map(({ institution }) => institution))).toEqual(everywhere);
    expect(refusals.map(({ code }) => code)).toEqual(refusals.map(() => 'ACCESS_REVOKED'));
  }
  const after = await open(client, doctorEast, own, [first]);
  expect(after.records).toEqual([expect.objectContaining({ rule: 'no-consent', content: null })]);
  const { value } = await client.accesses(own.enrolment.account);
  expect(openedUnder(value.items, consent)).toEqual([
    expect.objectContaining({ access: access.index, reader: doctorEast.account, records: [first] }),
    expect.objectContaining({ access: permit.access, reader: doctorEast.account, records: [second] }),
  ]);
});

describe('a consent "permit, except psychiatry"', () => {
  test('After a key rotation of patient or hospital, a consent "permit, except psychiatry" still refuses a psychiatric record written later.', async () => {
    const client = network.client();
    const own = await enrolledPatient(network, north);
    await consentTo(client, own, east.institution, {
      permittedLabels: ['BH', 'SPI'],
      excludedLabels: ['PSY'],
    });

    const rotated = { ...own.enrolment, rotation: 1 };
    const newKey = patientKey(own.wallet, rotated);
    const newEncryptionKey = patientEncryptionKey(own.wallet, rotated).publicKey;
    const { genesisHash: genesis } = client;
    await commit(client, own.signer, rotateKey(genesis, own.enrolment.account, newKey, newEncryptionKey));
    const hospitalKey = deriveNamedKey(systemRandom.bytes(32), 'rotated');
    await commit(client, north.signer, rotateKey(genesis, north.institution, hospitalKey));
    const hospital = { signer: { account: north.institution, key: hospitalKey } };
    expect(patientSigner(own.wallet, rotated).key.publicKey).toBe(newKey.publicKey);

    const written = await ingest(client, hospital, own, [labelled('PSY', 0), labelled('COGN', 1)]);
    const { records } = await open(client, doctorEast, own, idsOf(written));
    expect(records.map(({ decision, rule }) => `${decision} ${rule}`)).toEqual([
      'deny excluded',
      'permit consent',
    ]);
    expect(records.map(({ content }) => content !== null)).toEqual([false, true]);
  });
});

/** A condition of the sample, marked with a sensitivity label. */
function labelled(label: string, place: number): Resource {
  const conditions = resources
    .map(({ json }) => JSON.parse(new TextDecoder().decode(json)) as Record<string, unknown>)
    .filter(({ resourceType }) => resourceType === 'Encounter');
  const security = [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: label }];
  const resource = { ...conditions[place], meta: { security } };
  return { source: label, json: utf8(JSON.stringify(resource)) };
}

describe('with every daemon stopped', () => {
  let refused: RecordView;

  beforeAll(async () => {
    const client = network.client();
    await consentTo(client, patient, east.institution, { categories: ['laboratory'] });
    const { records } = await open(client, doctorEast, patient, idsOf(ingested).slice(0, 64));
    expect(records.some(({ content }) => content !== null)).toBe(true);
    const denied = records.find(({ decision, row }) => decision === 'deny' && row?.effects.length === 0);
    refused = denied?.row as RecordView;
    for (const { name, metricsUrl } of network.validators) {
      const text = await (await fetch(`${metricsUrl}/metrics`)).text();
      metrics.push({ where: `${name}: metrics`, bytes: utf8(text) });
    }
    await untilAllAt(network.validators, (await client.tip()).height);
    for (const validator of network.validators)
      expect(await validator.stop()).toEqual({ code: 0, signal: null });
  });

  test("With one hospital's whole disk and keys, the author's included, nothing opens (the test is the attacker: it has the files and runs no daemon).", async () => {
    const genesis = genesisHash(network.genesis);
    const homes = await Promise.all(network.validators.map(stealHome));
    for (const home of homes) {
      expect(home.packages.length, home.name).toBeGreaterThan(0);
      expect(home.blobs.size, home.name).toBeGreaterThanOrEqual(RESOURCES);
      expect([...(await openedBy([home], genesis)).keys()], home.name).toEqual([]);
    }
    // The attacker knows its trade: with two hospitals everything opens.
    const opened = await openedBy(homes.slice(0, 2), genesis);
    for (const [id, text] of sealedTexts(ingested, resources))
      expect(new TextDecoder().decode(opened.get(id))).toBe(text);
  });

  test('No payload, name or identifier of the ingested bundle in any block, state key, log line, metric label, error or file of any daemon (scan of all home folders and outputs).', async () => {
    const bundle = resources.map(({ json }) => JSON.parse(new TextDecoder().decode(json)) as unknown);
    const values = valuesOf(bundle);
    for (const word of LEDGER_WORDS) values.delete(word);
    const needles = needlesOf(values);
    const written = [
      ...(await Promise.all(network.validators.map(writtenBy))).flat(),
      ...(await Promise.all(network.validators.map(({ paths }) => filesBelow(paths.home)))).flat(),
      ...metrics,
    ];
    // The search finds what is there.
    const shown = [{ where: 'bundle', bytes: utf8(JSON.stringify(bundle)) }];
    expect(findIn(shown, needles).length).toBeGreaterThan(2 * RESOURCES);
    expect(written.length).toBeGreaterThan(1_000);
    expect(findIn(written, needles)).toEqual([]);
  });

  test("The grantee's hospital cannot tell from its own database the category or label of a record that it was refused, but for the statutory effect that its refusal must name.", async () => {
    const words = explainTags(patient.enrolment, refused.tags);
    expect(words.some((word) => COMMON_CATEGORIES.includes(word))).toBe(true);

    const grant = grantOf({ categories: ['laboratory'], permittedLabels: [] }, patient.enrolment);
    expect(refused.tags.filter((tag) => grant.tags.some((known) => known.tag === tag))).toEqual([]);
    const home = await stealHome(east);
    const guesses = [...home.secrets, doctorEast.key.seed].map(toHex);
    const told = guesses.flatMap((secret) =>
      [
        ...COMMON_CATEGORIES.map((word) => categoryTag(secret, 1, word)),
        ...COMMON_LABELS.map((word) => labelTag(secret, 1, word)),
      ].filter((tag) => refused.tags.includes(tag)),
    );
    expect(told).toEqual([]);
    const files = [...(await writtenBy(east)), ...(await filesBelow(east.paths.home))];
    const secret = patient.enrolment.tagSecret;
    const bytes = Uint8Array.from(secret.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
    const needles = [
      { name: 'tag secret', bytes },
      { name: 'hex of tag secret', bytes: utf8(secret) },
    ];
    expect(findIn([{ where: 'wallet', bytes: utf8(JSON.stringify(patient.wallet)) }], needles)).toHaveLength(
      1,
    );
    expect(findIn(files, needles)).toEqual([]);
  });
});

async function filesBelow(folder: string): Promise<Written[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(paths.map(async (path) => ({ where: path, bytes: await readFile(path) })));
}
