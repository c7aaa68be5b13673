import {
  ACCESSES,
  type AccessSelection,
  listCount,
  type Purpose,
  type ReleasedRecord,
  readRow,
} from '@consilium/core';
import { describe, expect, test } from 'vitest';
import {
  collectRecords,
  consentSentence,
  derivePatientKey,
  explainAccess,
  type FileSource,
  ingestRecords,
  type OpenedAccess,
  openRecords,
  patientEncryptionKey,
  type RecordSource,
  readOwn,
  requestAccess,
  retractRecord,
  revokeConsent,
  rotateKey,
  type Signer,
  wholeContent,
  withdrawCredential,
} from '../../src/index.ts';
import {
  createRecordsScene,
  labelled,
  observation,
  observations,
  permit,
  type RecordsScene,
  resourceSource,
} from '../support/records-scene.ts';

const ALL: AccessSelection = { type: 'query', tags: [], months: null, fromIndex: 0 };

async function sceneWith(sources: (scene: RecordsScene) => readonly RecordSource[]): Promise<RecordsScene> {
  const scene = createRecordsScene();
  await ingestRecords(scene.client, sources(scene), { signer: scene.author });
  return scene;
}

async function allOf<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const three = (): Promise<RecordsScene> => sceneWith(({ patient }) => observations(patient, 3));

function open(
  scene: RecordsScene,
  signer: Signer = scene.doctor,
  selection: AccessSelection = ALL,
  purpose: Purpose = 'TREAT',
): Promise<OpenedAccess> {
  return openRecords(scene.client, { patient: scene.patient.account, selection, purpose, signer });
}

async function jsonsOf({ records }: OpenedAccess): Promise<unknown[]> {
  const read: unknown[] = [];
  for (const { content } of records) {
    if (content === null) read.push(null);
    else read.push(JSON.parse(new TextDecoder().decode((await wholeContent(content)).bytes)));
  }
  return read;
}

describe('opening records', () => {
  test('of a patient who permits it gives each to the byte, after the entry stands', async () => {
    const scene = await three();
    permit(scene, scene.doctor.account);
    const opened = await open(scene);
    expect(await jsonsOf(opened)).toEqual([observation(0), observation(1), observation(2)]);
    expect(opened.liars).toEqual([]);
    expect(opened.records[0]).toMatchObject({ decision: 'permit', rule: 'consent', consent: 0, fault: null });
    const { state } = scene.custody.ledger.chain.view();
    expect(readRow(state, ACCESSES, scene.patient.account, 0)?.items).toHaveLength(3);
  });

  test('without a consent opens nothing, and the attempt stands all the same', async () => {
    const scene = await three();
    const opened = await open(scene);
    expect(opened.records.map(({ decision, rule, content }) => [decision, rule, content])).toEqual(
      Array.from({ length: 3 }, () => ['deny', 'no-consent', null]),
    );
    expect(listCount(scene.custody.ledger.chain.view().state, 'accesses', scene.patient.account)).toBe(1);
  });

  test('the author too needs an entry, and gets what it wrote', async () => {
    const scene = await three();
    const opened = await open(scene, scene.author);
    expect(opened.records.map(({ rule }) => rule)).toEqual(['author', 'author', 'author']);
    expect(await jsonsOf(opened)).toHaveLength(3);
    expect((await scene.client.accesses(scene.patient.account)).value.items).toMatchObject([
      { index: 0, reader: scene.author.account, purpose: 'TREAT' },
    ]);
  });

  test('a record with two labels does not open because one of them is permitted', async () => {
    const scene = await sceneWith(({ patient }) => [
      resourceSource(patient, observation(1, labelled('PSY'))),
      resourceSource(patient, observation(2, labelled('PSY', 'HIV'))),
      resourceSource(patient, observation(3, labelled('HIV'))),
      resourceSource(patient, observation(4)),
    ]);
    permit(scene, scene.doctor.account, { permittedLabels: ['PSY'] });
    const { records } = await open(scene);
    expect(records.map(({ decision, rule }) => [decision, rule])).toEqual([
      ['permit', 'consent'],
      ['deny', 'excluded'],
      ['deny', 'no-consent'],
      ['permit', 'consent'],
    ]);
  });

  test('a record of 42 CFR Part 2 opens with the notice that goes along with it, and not so to the patient or when refused', async () => {
    const scene = await sceneWith(({ patient }) =>
      [observation(0, labelled('42CFRPart2')), observation(1)].map((resource, nr) =>
        resourceSource(patient, resource, `${nr}`),
      ),
    );
    const notices = ({ records }: OpenedAccess): unknown[] =>
      records.map((record) => record.notices.map(({ citation }) => citation));
    expect(notices(await open(scene))).toEqual([[], []]);
    permit(scene, scene.doctor.account, { permittedLabels: ['SUD'] });
    const opened = await open(scene);
    expect(notices(opened)).toEqual([['42 CFR 2.32(a)(2)'], []]);
    expect(opened.records[0]).toMatchObject({ decision: 'permit', consent: 0 });
    expect(opened.records[0]?.notices[0]?.text).toMatch(/prohibits unauthorized use or disclosure/);
    expect(notices(await open(scene, scene.patientSigner, ALL, 'PATRQT'))).toEqual([[], []]);
  });

  test('more than one request of places is made, and every record comes', async () => {
    const scene = await sceneWith(({ patient }) => observations(patient, 70));
    permit(scene, scene.doctor.account);
    const opened = await open(scene);
    expect(opened.records.filter(({ content }) => content !== null)).toHaveLength(70);
  });

  test('custodians that hand out few records at once are asked again for the rest', async () => {
    const scene = await sceneWith(({ patient }) => observations(patient, 12));
    permit(scene, scene.doctor.account);
    for (const custodian of scene.custody.custodians) custodian.fits = 1;
    const opened = await open(scene);
    expect(opened.records.filter(({ content }) => content !== null)).toHaveLength(12);
  });

  test('a large file streams to the reader in pieces', async () => {
    const bytes = 5 * 1024 * 1024 + 3;
    const file = (scene: RecordsScene): FileSource => ({
      kind: 'file',
      source: 'scan.dcm',
      patient: scene.patient,
      mediaType: 'application/dicom',
      name: 'scan.dcm',
      bytes,
      month: 2024 * 12,
      open: async function* () {
        yield new Uint8Array(bytes).fill(9);
      },
    });
    const scene = await sceneWith((made) => [file(made)]);
    permit(scene, scene.doctor.account);
    const [record] = (await open(scene)).records;
    const opened = await record?.content?.open();
    expect(opened?.header).toEqual({ mediaType: 'application/dicom', name: 'scan.dcm', bytes });
    let came = 0;
    for await (const part of opened?.content ?? [])
      came += part.every((byte) => byte === 9) ? part.length : 0;
    expect(came).toBe(bytes);
    await expect(wholeContent(record?.content as never, 1024)).rejects.toMatchObject({
      code: 'FILE_TOO_LARGE',
    });
  });
});

describe('a client that dies between the entry and the opening', () => {
  test('goes on with the reader key that it kept', async () => {
    const scene = await three();
    permit(scene, scene.doctor.account);
    const ticket = await requestAccess(scene.client, {
      patient: scene.patient.account,
      selection: ALL,
      purpose: 'TREAT',
      signer: scene.doctor,
    });
    const kept: typeof ticket = JSON.parse(JSON.stringify(ticket));
    expect(await jsonsOf(await collectRecords(scene.client, kept, scene.doctor))).toHaveLength(3);
  });

  test('opens nothing with another reader key: what custodians release is for that one only', async () => {
    const scene = await three();
    permit(scene, scene.doctor.account);
    const wish = {
      patient: scene.patient.account,
      selection: ALL,
      purpose: 'TREAT',
      signer: scene.doctor,
    } as const;
    const ticket = { ...(await requestAccess(scene.client, wish)), readerSeed: '77'.repeat(32) };
    const { records, liars } = await collectRecords(scene.client, ticket, scene.doctor);
    expect(records.map(({ fault }) => fault)).toEqual(Array(3).fill('CUSTODY_SHARES_MISSING'));
    expect(liars.every(({ reason }) => reason === 'envelope')).toBe(true);
  });
});

describe('what ends between the entry and the release', () => {
  const between = async (act: (scene: RecordsScene) => void): Promise<OpenedAccess> => {
    const scene = await three();
    permit(scene, scene.doctor.account);
    const wish = {
      patient: scene.patient.account,
      selection: ALL,
      purpose: 'TREAT',
      signer: scene.doctor,
    } as const;
    const ticket = await requestAccess(scene.client, wish);
    act(scene);
    return collectRecords(scene.client, ticket, scene.doctor);
  };

  test('a consent revoked keeps the records closed, and is told', async () => {
    const { records } = await between((scene) =>
      scene.commit(scene.patientSigner, revokeConsent(scene.patientSigner.account, 0)),
    );
    expect(records.map(({ fault, content }) => [fault, content])).toEqual(
      Array.from({ length: 3 }, () => ['ACCESS_REVOKED', null]),
    );
  });

  test('a credential withdrawn does too', async () => {
    const { records } = await between((scene) => {
      const second = scene.custody.ledger.chain.hospitals[1];
      if (second !== undefined)
        scene.commit({ account: second.id, key: second.account }, withdrawCredential(0));
    });
    expect(new Set(records.map(({ fault }) => fault))).toEqual(new Set(['ACCESS_REVOKED']));
  });

  test('a record retracted keeps that one closed and no other', async () => {
    const { records } = await between((scene) => {
      const [entry] =
        readRow(scene.custody.ledger.chain.view().state, ACCESSES, scene.patient.account, 0)?.items ?? [];
      scene.commit(scene.author, retractRecord(entry?.record ?? ''));
    });
    expect(records.map(({ fault }) => fault)).toEqual(['ACCESS_REVOKED', null, null]);
  });
});

describe('custodians that lie', () => {
  const changed =
    (change: (record: ReleasedRecord) => ReleasedRecord) => (released: readonly ReleasedRecord[]) =>
      released.map(change);
  const other = (hex: string): string => `${hex.startsWith('0') ? '1' : '0'}${hex.slice(1)}`;

  test.each<[string, (record: ReleasedRecord) => ReleasedRecord]>([
    [
      'share',
      (record) => ({
        ...record,
        share: Uint8Array.from(record.share, (byte, at) => byte ^ (at === 0 ? 1 : 0)),
      }),
    ],
    ['share', (record) => ({ ...record, share: new Uint8Array(32) })],
    ['points', (record) => ({ ...record, points: record.points.toReversed() })],
    ['points', (record) => ({ ...record, pointsSalt: other(record.pointsSalt) })],
    ['points', (record) => ({ ...record, proof: { ...record.proof, index: 1 - record.proof.index } })],
    ['content', (record) => ({ ...record, salt: other(record.salt) })],
    ['content', (record) => ({ ...record, chunks: [{ id: other(record.chunks[0]?.id ?? ''), bytes: 1 }] })],
    ['record', (record) => ({ ...record, record: other(record.record) })],
    ['record', (record) => ({ ...record, index: record.index + 1 })],
    ['record', (record) => ({ ...record, place: record.place + 10 })],
  ])('in what it says of a %s is named, and the records open without it', async (reason, change) => {
    const scene = await sceneWith(({ patient }) => observations(patient, 2));
    permit(scene, scene.doctor.account);
    const [liar] = scene.custody.custodians;
    if (liar !== undefined) liar.lie = changed(change);
    const opened = await open(scene);
    expect(await jsonsOf(opened)).toEqual([observation(0), observation(1)]);
    expect(opened.liars).toEqual([{ institution: liar?.hospital.id, name: liar?.hospital.name, reason }]);
  });

  test('of a later epoch than the ledger knows are not believed, and not accused: it may be ahead', async () => {
    const scene = await three();
    permit(scene, scene.doctor.account);
    const [ahead] = scene.custody.custodians;
    if (ahead !== undefined) ahead.lie = changed((record) => ({ ...record, epoch: record.epoch + 1 }));
    const opened = await open(scene);
    expect(opened.liars).toEqual([]);
    expect(opened.records.every(({ content }) => content !== null)).toBe(true);
  });

  test('under a signature that is not its own is named, and not believed', async () => {
    const scene = await three();
    permit(scene, scene.doctor.account);
    const [liar] = scene.custody.custodians;
    if (liar !== undefined) liar.forge = (release) => ({ ...release, signature: '00'.repeat(64) });
    const opened = await open(scene);
    expect(opened.liars).toMatchObject([{ institution: liar?.hospital.id, reason: 'unsigned' }]);
    expect(opened.records.every(({ content }) => content !== null)).toBe(true);
  });

  test('with one down and a second lying the records open, and the liar is named', async () => {
    const scene = await three();
    permit(scene, scene.doctor.account);
    const [down, liar] = scene.custody.custodians;
    Object.assign(down ?? {}, { down: true });
    if (liar !== undefined)
      liar.lie = changed((record) => ({ ...record, share: new Uint8Array(32).fill(1) }));
    const opened = await open(scene);
    expect(opened.records.every(({ content }) => content !== null)).toBe(true);
    expect(opened.liars.map(({ name }) => name)).toEqual([liar?.hospital.name]);
  });

  test('all but one: nothing opens, and each of them is named', async () => {
    const scene = await three();
    permit(scene, scene.doctor.account);
    for (const custodian of scene.custody.custodians.slice(1))
      custodian.lie = changed((record) => ({ ...record, share: new Uint8Array(32).fill(1) }));
    const opened = await open(scene);
    expect(opened.records.map(({ fault }) => fault)).toEqual(Array(3).fill('CUSTODY_SHARES_MISSING'));
    expect(opened.liars).toHaveLength(3);
  });

  test('a node that hands out other ciphertext is passed over for the next', async () => {
    const scene = await three();
    permit(scene, scene.doctor.account);
    const [first] = scene.custody.nodes;
    const honest = first?.custody;
    if (first !== undefined)
      first.custody = async (path, init) => {
        const response = (await honest?.(path, init)) as Response;
        if (path !== '/v1/custody/blobs/read') return response;
        const bytes = new Uint8Array(await response.arrayBuffer());
        bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
        return new Response(bytes);
      };
    expect(await jsonsOf(await open(scene))).toHaveLength(3);
  });

  test('ciphertext that nobody has any more is told', async () => {
    const scene = await three();
    permit(scene, scene.doctor.account);
    for (const { blobs } of scene.custody.custodians) blobs.clear();
    const [record] = (await open(scene)).records;
    await expect(record?.content?.open()).rejects.toMatchObject({ code: 'CUSTODY_PACKAGE_MISSING' });
  });
});

test('a node that dies while shares are asked for is replaced by the next', async () => {
  const scene = await three();
  permit(scene, scene.doctor.account);
  const [first] = scene.custody.nodes;
  scene.custody.before = (node, path) => {
    if (node === first && path.startsWith('/v1/custody/releases') && first !== undefined) first.down = true;
  };
  expect(await jsonsOf(await open(scene))).toHaveLength(3);
});

describe("a patient's own history", () => {
  const titles = async (scene: RecordsScene, options: { allVersions?: boolean } = {}): Promise<unknown[]> => {
    const items: unknown[] = [];
    for await (const { date, title, institutionName, words } of readOwn(scene.client, scene.wallet, options))
      items.push([date, title, institutionName, ...words]);
    return items;
  };

  test('has every record, newest first by the date of its data, with title, institution and category', async () => {
    const scene = await sceneWith(({ patient }) => [
      resourceSource(patient, observation(1)),
      resourceSource(patient, observation(5)),
      resourceSource(patient, observation(3)),
    ]);
    const name = scene.hospital.name;
    expect(await titles(scene)).toEqual([
      ['2024-06-15', 'Hemoglobin nr 5', name, 'laboratory'],
      ['2024-04-15', 'Hemoglobin nr 3', name, 'laboratory'],
      ['2024-02-15', 'Hemoglobin nr 1', name, 'laboratory'],
    ]);
  });

  test('is read without an entry, to the byte', async () => {
    const scene = await three();
    const read: unknown[] = [];
    for await (const { content } of readOwn(scene.client, scene.wallet))
      if (content !== null)
        read.push(JSON.parse(new TextDecoder().decode((await wholeContent(content)).bytes)));
    expect(read).toEqual([observation(2), observation(1), observation(0)]);
    expect(listCount(scene.custody.ledger.chain.view().state, 'accesses', scene.patient.account)).toBe(0);
  });

  test('shows the newest version, and the earlier ones where they are wanted', async () => {
    const scene = createRecordsScene();
    const [old] = await ingestRecords(scene.client, [resourceSource(scene.patient, observation(1))], {
      signer: scene.author,
    });
    const amended = { ...resourceSource(scene.patient, observation(4)), amends: old?.record };
    await ingestRecords(scene.client, [amended], { signer: scene.author });
    expect(await titles(scene)).toEqual([
      ['2024-05-15', 'Hemoglobin nr 4', scene.hospital.name, 'laboratory'],
    ]);
    expect(await titles(scene, { allVersions: true })).toHaveLength(2);
  });

  test('shows what it can when the custodians have lost a batch, and names what is missing', async () => {
    const scene = createRecordsScene();
    await ingestRecords(scene.client, observations(scene.patient, 2), { signer: scene.author });
    const lost = await ingestRecords(scene.client, [resourceSource(scene.patient, observation(8))], {
      signer: scene.author,
    });
    for (const { packages } of scene.custody.custodians) packages.delete(lost[0]?.batch ?? '');
    const items = await allOf(readOwn(scene.client, scene.wallet));
    expect(items.map(({ title, fault }) => [title, fault])).toEqual([
      [null, 'CUSTODY_PACKAGE_MISSING'],
      ['Hemoglobin nr 1', null],
      ['Hemoglobin nr 0', null],
    ]);
  });

  test('shows among all versions what was entered in error, closed', async () => {
    const scene = await three();
    const [record] = (await scene.client.records(scene.patient.account)).value.items;
    scene.commit(scene.author, retractRecord(record?.id ?? ''));
    expect(await titles(scene)).toHaveLength(2);
    const items = await allOf(readOwn(scene.client, scene.wallet, { allVersions: true }));
    expect(items.map(({ fault }) => fault)).toEqual([null, null, 'RECORD_RETRACTED']);
  });

  test('names what the law closes to the patient, and does not open it', async () => {
    const scene = await sceneWith(({ patient }) => [
      resourceSource(patient, observation(1, labelled('PSYTHPN'))),
    ]);
    const items = await allOf(readOwn(scene.client, scene.wallet));
    expect(items).toMatchObject([{ content: null, fault: 'ACCESS_DENIED' }]);
    expect(items[0]?.words).toContain('PSYTHPN');
  });

  test('still opens what was sealed to an earlier key', async () => {
    const scene = await three();
    const { wallet, enrolment } = scene;
    const rotated = { ...enrolment, rotation: 1 };
    const turned = { ...wallet, enrolments: [rotated] };
    const { mnemonicToSeedSync } = await import('@scure/bip39');
    const key = derivePatientKey(mnemonicToSeedSync(wallet.phrase), enrolment.institution, 1);
    const sealTo = patientEncryptionKey(turned, rotated).publicKey;
    scene.commit(scene.patientSigner, rotateKey(enrolment.genesis, enrolment.account, key, sealTo));
    await ingestRecords(scene.client, [resourceSource(scene.patient, observation(7))], {
      signer: scene.author,
    });
    const items = await allOf(readOwn(scene.client, turned));
    expect(items.map(({ title, fault }) => [title, fault])).toEqual([
      ['Hemoglobin nr 7', null],
      ['Hemoglobin nr 2', null],
      ['Hemoglobin nr 1', null],
      ['Hemoglobin nr 0', null],
    ]);
  });
});

describe('explaining an access', () => {
  test('never disagrees with the real one, and says why', async () => {
    const scene = await sceneWith(({ patient }) => [
      resourceSource(patient, observation(1, labelled('HIV', 'STD'))),
      resourceSource(patient, observation(2)),
    ]);
    permit(scene, scene.doctor.account, {
      categories: ['laboratory'],
      permittedLabels: ['STD'],
      excludedLabels: ['HIV'],
    });
    const { records } = await open(scene);
    const explained = await Promise.all(
      records.map(({ record }) =>
        explainAccess(
          scene.client,
          { patient: scene.patient.account, record, reader: scene.doctor.account, purpose: 'TREAT' },
          { tagKey: scene.patient, names: (id) => (id === scene.doctor.account ? 'Dr. Keller' : undefined) },
        ),
      ),
    );
    for (const [index, { decision, rule, consent, tag }] of records.entries())
      expect(explained[index]).toMatchObject({ decision, rule, consent, tag });
    expect(explained[0]?.sentence).toMatch(
      /^Dr\. Keller may not open this record for treatment, because a consent of the patient excludes it \(consent 0, exception 1, HIV\): Dr\. Keller may see records of the category laboratory, also protected ones labelled STD, none with another sensitivity label, for treatment, from .* until .*\.$/,
    );
    expect(explained[1]?.sentence).toContain(
      'Dr. Keller may open this record for treatment, by a consent of the patient',
    );
  });

  test('of a stranger names the hospital, and that no consent permits it', async () => {
    const scene = await three();
    const [record] = (await scene.client.records(scene.patient.account)).value.items;
    const { sentence } = await explainAccess(scene.client, {
      patient: scene.patient.account,
      record: record?.id ?? '',
      reader: scene.doctor.account,
      purpose: 'TREAT',
    });
    expect(sentence).toMatch(
      /^clinician [0-9a-f]{8}… of \w+ may not open this record for treatment, because no consent of the patient permits it\.$/,
    );
  });
});

describe('a consent in one sentence', () => {
  const sentenceOf = async (wish: Parameters<typeof permit>[2]): Promise<string> => {
    const scene = createRecordsScene();
    permit(scene, scene.hospital.id, wish);
    const { value } = await scene.client.consents(scene.patient.account);
    const [consent] = value.items;
    return consent === undefined ? '' : consentSentence(consent, scene.patient, () => 'Inselspital');
  };

  test.each<[Parameters<typeof permit>[2], string]>([
    [
      {},
      'Inselspital may see records of every category, none that are specially protected, for treatment, from ',
    ],
    [
      { categories: ['laboratory', 'imaging'], excludedLabels: ['HIV'] },
      'Inselspital may see records of the categories ',
    ],
    [
      { permittedLabels: ['PSY'] },
      'Inselspital may see records of every category, also protected ones labelled PSY, none with another sensitivity label, for treatment, from ',
    ],
    [
      { permittedLabels: ['SUD'], excludedLabels: ['ETHUD'] },
      'Inselspital may see records of every category, also protected ones labelled SUD, none with another sensitivity label, none labelled ETHUD, for treatment',
    ],
  ])('says what is permitted and what is not: %j', async (wish, beginning) => {
    expect((await sentenceOf(wish)).startsWith(beginning)).toBe(true);
  });

  test('keeps tags as they are for who has not the key', async () => {
    const scene = createRecordsScene();
    permit(scene, scene.hospital.id, { categories: ['laboratory'] });
    const [consent] = (await scene.client.consents(scene.patient.account)).value.items;
    if (consent === undefined) throw new Error('no consent');
    expect(consentSentence(consent, null)).toContain(consent.rule.categories[0]);
  });
});
