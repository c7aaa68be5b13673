// An emergency at four real daemons, of which one is stopped and another is the fault kit's: it votes as it should and hands
// out false shares.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { accountIdOf, type ClinicianRole } from '@consilium/core';
import {
  askSecondOpinion,
  type Client,
  custodianRefusals,
  deriveNamedKey,
  type EmergencyNotice,
  type EmergencyWish,
  exportAccessLog,
  followEmergencies,
  giveSecondOpinion,
  type IngestedRecord,
  issueCredential,
  type OpenedEmergency,
  openInEmergency,
  readPrivilege,
  reinstateEmergency,
  reviewEmergency,
  type Signer,
  verifyAccessLog,
} from '@consilium/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createNetwork, type Network, type Validator } from '../../../node/test/e2e/support/network.ts';
import {
  commit,
  type EnrolledPatient,
  enrolledPatient,
  ingest,
  type Resource,
  resourcesOf,
  sealedTexts,
  textsOf,
} from '../../../node/test/e2e/support/records.ts';
import { kitFolder, makeKitFolder, NODE_FAULTS_FILE } from '../../src/devnet-world/node-faults.ts';

const KIT_DAEMON = fileURLToPath(new URL('../../src/devnet-world/daemon.ts', import.meta.url));
/** One of the sample's records is a psychotherapy note: law stands above every emergency. */
const LAW = 'deny law-psychotherapy-notes';
const EVERYTHING_IN_EMERGENCY = /AllergyIntolerance|Condition|Medication|Device|Observation/;

let network: Network;
let client: Client;
let east: Validator;
let liar: Validator;
let patient: EnrolledPatient;
let resources: readonly Resource[];
let ingested: readonly IngestedRecord[];
let rescuer: Signer;
let doctor: Signer;
let officer: Signer;

beforeAll(async () => {
  network = await createNetwork();
  const [north, , down] = network.validators as [Validator, Validator, Validator, Validator];
  [, east, , liar] = network.validators as [Validator, Validator, Validator, Validator];
  await lie(liar);
  await network.start();
  client = network.client();
  patient = await enrolledPatient(network, north);
  rescuer = await hire('rescuer', 'doctor', true);
  doctor = await hire('doctor', 'doctor', false);
  officer = await hire('officer', 'privacy-officer', false);
  resources = resourcesOf(24, 'an emergency');
  ingested = await ingest(client, north, patient, resources);
  expect(await down.stop()).toEqual({ code: 0, signal: null });
});

afterAll(() => network.close());

/** From its first start on it hands out shares that are not those that it was given. */
async function lie({ paths, install }: Validator): Promise<void> {
  await makeKitFolder(paths.home);
  const faults = [{ kind: 'custodian', lie: 'false-shares', seed: 1 }];
  await writeFile(join(kitFolder(paths.home), NODE_FAULTS_FILE), JSON.stringify(faults));
  install(KIT_DAEMON);
}

/** At the hospital in the east. */
async function hire(name: string, role: ClinicianRole, emergency: boolean): Promise<Signer> {
  const key = deriveNamedKey(crypto.getRandomValues(new Uint8Array(32)), name);
  const credential = { role, speciality: null, emergency };
  await commit(client, east.signer, issueCredential(client.genesisHash, east.institution, key, credential));
  return { account: accountIdOf(key.publicKey), key };
}

function open(wish: Partial<EmergencyWish> = {}): Promise<OpenedEmergency> {
  const { account } = patient.enrolment;
  return openInEmergency(client, { patient: account, reason: 'unconscious', signer: rescuer, ...wish });
}

const rulesOf = ({ records }: OpenedEmergency): readonly string[] =>
  [...new Set(records.map(({ decision, rule }) => `${decision} ${rule}`))].sort();

const all = (): Pick<EmergencyWish, 'selection'> => ({
  selection: { type: 'records', records: ingested.map(({ record }) => record) },
});

test('Break-glass: refused without the privilege; impossible to hide; opens the emergency dataset and nothing else; works with one hospital down, also when a second hands out false shares; reviewed.', async () => {
  const { account } = patient.enrolment;
  const told: EmergencyNotice[] = [];
  const ending = new AbortController();
  const telling = tell(told, ending.signal);

  // Without an entry nobody gives a share, not to who has the privilege either.
  const unentered = await custodianRefusals(client, { patient: account, access: 0 }, rescuer, 0);
  expect(unentered.filter(({ code }) => code === null)).toEqual([]);
  expect(unentered.filter(({ code }) => code === 'ACCESS_NOT_FOUND').length).toBeGreaterThanOrEqual(3);

  const refused = await open({ signer: doctor, ...all() });
  expect(rulesOf(refused)).toEqual(['deny emergency-privilege', LAW]);
  expect(refused.entry).toBeNull();

  // The dataset, to the byte, although one is down and one lies: it is named.
  const opened = await open();
  const sealed = sealedTexts(ingested, resources);
  const texts = await textsOf(opened);
  expect(opened.liars).toEqual([{ institution: liar.institution, name: liar.name, reason: 'share' }]);
  expect(rulesOf(opened)).toEqual(['permit emergency']);
  expect(texts.size).toBe(opened.records.length);
  for (const [record, text] of texts) expect(text).toBe(sealed.get(record));
  // And nothing else: whatever is named beside it stays closed.
  const whole = await open(all());
  const closed = whole.records.filter(({ content }) => content === null);
  expect(new Set(closed.map(({ rule }) => rule))).toEqual(
    new Set(['emergency-dataset', 'law-psychotherapy-notes']),
  );
  expect(whole.records.length - closed.length).toBe(texts.size);
  expect(closed.length).toBeGreaterThan(0);
  for (const text of texts.values())
    expect((JSON.parse(text) as { resourceType: string }).resourceType).toMatch(EVERYTHING_IN_EMERGENCY);

  // More with the word of a second clinician.
  const question = {
    genesis: client.genesisHash,
    patient: account,
    reason: 'unconscious',
    signer: rescuer,
  } as const;
  const opinion = giveSecondOpinion(askSecondOpinion(question), doctor, Date.now());
  const wide = await open({ opinion, ...all() });
  expect(rulesOf(wide)).toEqual([LAW, 'permit emergency']);
  const more = (await textsOf(wide)).size;
  expect(more).toBeGreaterThan(texts.size);

  // All of it stands in the log of the patient, before the privacy officer, and was told.
  const log = verifyAccessLog(await exportAccessLog(client, [patient.enrolment]), network.genesis);
  expect(log.entries.map(({ purpose }) => purpose)).toEqual(['BTG', 'BTG', 'BTG', 'BTG']);
  const worklist = (await client.emergencies(east.institution)).value.items;
  expect(worklist.map(({ access, state, second }) => [access, state, second])).toEqual([
    [1, 'open', null],
    [2, 'open', null],
    [3, 'open', doctor.account],
  ]);
  await telling;
  ending.abort();
  expect(told.map(({ access, opened: permitted }) => [access, permitted])).toEqual([
    [0, 0],
    [1, texts.size],
    [2, texts.size],
    [3, more],
  ]);

  // Reviewed: what was found unjustified suspends, until the hospital reinstates.
  await commit(client, officer, reviewEmergency(1, 'justified'));
  await commit(client, officer, reviewEmergency(2, 'unjustified'));
  expect(rulesOf(await open(all()))).toEqual(['deny emergency-suspended', LAW]);
  await commit(client, east.signer, reinstateEmergency(rescuer.account));
  const { value } = await client.read((state, asOf) => readPrivilege(state, asOf, rescuer.account));
  expect(value).toMatchObject({ suspended: false, open: [0] });
  expect(rulesOf(await open())).toEqual(['permit emergency']);

  // Who a patient is stands in no line that a daemon prints.
  for (const { log: printed, name } of network.validators) expect(printed(), name).not.toContain(account);
});

/** The first four notices, as the patient's own client hears of them. */
async function tell(told: EmergencyNotice[], signal: AbortSignal): Promise<void> {
  const from = { account: patient.enrolment.account, from: 0 };
  for await (const { notices } of followEmergencies(network.client(), [from], { signal })) {
    told.push(...notices);
    if (told.length >= 4) return;
  }
}
