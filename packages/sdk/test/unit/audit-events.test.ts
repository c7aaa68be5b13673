import { actionOf, type Genesis, type Hex32 } from '@consilium/core';
import { checkResource } from '@consilium/fhir';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  auditBundle,
  auditEvents,
  consentTerms,
  exportAccessLog,
  grantTerms,
  groupEntries,
  OPEN_RULE,
  readLog,
  retractRecord,
  type VerifiedAccessLog,
  verifyAccessLog,
  verifyAuditBundle,
} from '../../src/index.ts';
import { type AuditScene, createAuditScene } from '../support/audit-scene.ts';
import { balpFaults } from '../support/balp.ts';
import { permit } from '../support/records-scene.ts';

// biome-ignore lint/suspicious/noExplicitAny: a resource is looked at as it is
type Any = any;

let scene: AuditScene;
let genesis: Genesis;
let text: string;
let log: VerifiedAccessLog;
let bundle: string;

const DAY = 86_400_000;

const verified = (file: string): VerifiedAccessLog =>
  verifyAccessLog(file, genesis, { verify: scene.custody.ledger.chain.deps.verify });

/** Every outcome that there is, each once at least. */
async function live(): Promise<void> {
  const { patient, doctor, records, staff, institution, ask, commit } = scene;
  const { time } = scene.custody.ledger.chain.view().tip;
  const ward = staff(0, 'ward');
  const er = staff(1, 'er', 'doctor', true);
  const far = staff(2, 'far');
  const payer = staff(3, 'payer', 'payer');
  const officer = staff(0, 'officer', 'privacy-officer');
  await ask(doctor);
  permit(scene, doctor.account);
  await ask(doctor);
  for (let visit = 0; visit < 3; visit += 1)
    await ask(institution(0), { records: [records.summary], onBehalfOf: ward.account });
  await ask(institution(0), { records: [records.summary], purpose: 'HOPERAT' });
  await ask(er, { emergency: 'alone', records: [records.summary, records.allergy] });
  await ask(er, { emergency: far, records: [records.summary] });
  const deny = { ...consentTerms({ ...WORDS, from: time, until: time + DAY }, scene.enrolment) };
  commit(
    scene.patientSigner,
    grantTerms(patient.account, {
      ...deny,
      decision: 'deny',
      exceptions: [],
      rule: { ...OPEN_RULE, actors: [{ type: 'account', id: far.account }] },
    }),
  );
  await ask(far, { records: [records.summary] });
  await ask(payer, { records: [records.note], purpose: 'HPAYMT', project: 'claim-7' });
  commit(scene.author, retractRecord(records.mistaken));
  await ask(doctor, { records: [records.mistaken, '00'.repeat(32)] });
  await ask(scene.patientSigner, { records: [records.summary, records.note], purpose: 'PATRQT' });
  await scene.openNothing(doctor);
  await readLog(scene.client, { patient: patient.account, signer: officer });
}

const WORDS = {
  grantee: '00'.repeat(32),
  categories: [],
  permittedLabels: [],
  excludedLabels: [],
  purposes: [],
};

beforeAll(async () => {
  scene = await createAuditScene();
  genesis = scene.custody.ledger.chain.genesis;
  await live();
  text = await exportAccessLog(scene.client, [scene.patient]);
  log = verified(text);
  bundle = auditBundle(log);
});

const events = (): Any[] => auditEvents(log).map(({ resource }) => resource);
const ofAccess = (index: number): Any[] =>
  auditEvents(log)
    .filter((event) => event.index === index)
    .map(({ resource }) => resource);
const requestorOf = (event: Any): Any => event.agent.filter((agent: Any) => agent.requestor);
const account = (id: Hex32): object => ({ system: 'urn:consilium:account', value: id });

describe('the access log as audit events', () => {
  test('every event is a valid FHIR R4 resource, the bundle too, and each keeps the IHE BALP profile that it claims', async () => {
    expect(events().length).toBeGreaterThan(15);
    for (const event of events()) {
      expect(await checkResource(event), JSON.stringify(event)).toEqual([]);
      expect(balpFaults(event), JSON.stringify(event)).toEqual([]);
    }
    expect(await checkResource(JSON.parse(bundle))).toEqual([]);
    const claimed = new Set(events().flatMap(({ meta }) => meta?.profile ?? []));
    expect([...claimed].map((url) => url.split('BasicAudit.')[1]).toSorted()).toEqual([
      'PatientRead',
      'PrivacyDisclosure.Source',
    ]);
  });

  test('every entry has its event, and every record of every entry stands in exactly one event of it', () => {
    for (const { index, items } of log.entries) {
      const named = ofAccess(index).flatMap(({ entity }: Any) =>
        entity
          .map(({ what }: Any) => what.identifier)
          .filter((identifier: Any) => identifier?.system === 'urn:consilium:record')
          .map(({ value }: Any) => value),
      );
      expect(ofAccess(index).length).toBeGreaterThan(0);
      expect(named.toSorted()).toEqual(items.map(({ record }) => record).toSorted());
    }
  });

  test('what was permitted has outcome 0, what was refused 8 with its reason, what is not there 4', () => {
    for (const { index, items } of log.entries) {
      const outcomes = new Set(ofAccess(index).map(({ outcome }) => outcome));
      const expected = items.map(({ decision, rule }) => {
        if (decision === 'permit') return '0';
        return rule.startsWith('record-') ? '4' : '8';
      });
      expect(outcomes).toEqual(new Set(items.length === 0 ? ['0'] : expected));
    }
    const refused = events().filter(({ outcome }) => outcome !== '0');
    expect(new Set(refused.map(({ outcomeDesc }) => outcomeDesc))).toEqual(
      new Set([
        'denied because no consent of the patient permits it',
        'denied because the law asks for a separate authorization of psychotherapy notes (45 CFR 164.508(a)(2))',
        'denied because it does not belong to the emergency dataset and no second clinician signed',
        'denied because a consent of the patient excludes it',
        'denied because psychotherapy notes are not for payment (45 CFR 164.506(c)(3), 164.508(a)(2))',
        'denied because it was retracted as entered in error',
        'denied because this patient has no such record',
        'denied because the law closes psychotherapy notes to the patient (45 CFR 164.524(a)(1)(i))',
      ]),
    );
  });

  test('a refusal by law carries its legal reason as a code of HL7, with the paragraph', () => {
    const legal = events().flatMap(({ contained = [] }) =>
      contained.flatMap(({ issue }: Any) => issue[0].details.coding.slice(1)),
    );
    const citations = new Set(legal.map(({ code, display }: Any) => `${code} ${display}`));
    expect(citations).toEqual(
      new Set([
        'HIPAAPsyNotes 45 CFR 164.508(a)(2)',
        'HIPAAPsyNotes 45 CFR 164.506(c)(3), 164.508(a)(2)',
        'HIPAAPsyNotes 45 CFR 164.524(a)(1)(i)',
      ]),
    );
  });

  test('the one requestor is the person on whose behalf it happened; the machine stands beside, labelled as such', () => {
    const [ward, aare] = [scene.staff(0, 'ward'), scene.institution(0)];
    for (const event of events()) expect(requestorOf(event)).toHaveLength(1);
    const asked = log.entries.filter(({ onBehalfOf }) => onBehalfOf === ward.account);
    expect(asked).toHaveLength(3);
    for (const { index } of asked)
      for (const event of ofAccess(index)) {
        expect(requestorOf(event)[0].who.identifier).toEqual(account(ward.account));
        const machine = event.agent.find(({ role }: Any) => role?.[0].coding[0].code === 'machine');
        expect(machine.who).toMatchObject({
          type: 'Device',
          identifier: account(aare.account),
          display: 'the systems of Aare',
        });
      }
  });

  test('a record that leaves its author is a disclosure with source and recipient, and names the consent', () => {
    const [entry] = log.entries.filter(({ items }) => items.some(({ rule }) => rule === 'consent'));
    const disclosure = ofAccess(entry?.index ?? -1).find(({ type }) => type.code === '110106');
    const who = Object.fromEntries(
      disclosure.agent.map(({ type, who: each }: Any) => [type.coding[0].code, each.display]),
    );
    expect(who).toMatchObject({ '110153': 'Aare', '110152': 'Birs' });
    expect(disclosure.entity.map(({ what }: Any) => what.identifier.value)).toContain(
      `${scene.patient.account}/0`,
    );
    expect(disclosure.purposeOfEvent[0].coding[0].code).toBe('TREAT');
  });

  test('an emergency is flagged with BTG, its reason and the second clinician', () => {
    const [alone, both] = log.entries.filter(({ emergency }) => emergency !== null);
    for (const event of ofAccess(alone?.index ?? -1))
      expect(event.purposeOfEvent.map(({ coding }: Any) => coding[0].code)).toEqual(['BTG', 'unconscious']);
    const [opened] = ofAccess(both?.index ?? -1);
    const second = opened.agent.find(({ type }: Any) => type.coding[0].code === 'VRF');
    expect(second.who.identifier).toEqual(account(scene.staff(2, 'far').account));
    expect(both?.sentence).toContain('EMERGENCY, unconscious, with account');
  });

  test('a look at the log stands in the log, and is an event of its own', () => {
    const look = log.entries.at(-1);
    expect(look).toMatchObject({ kind: 'log', reader: scene.staff(0, 'officer').account, items: [] });
    expect(look?.sentence).toMatch(/account [0-9a-f]{8}… of Aare read this access log for the running of/);
    expect(ofAccess(look?.index ?? -1)[0].type).toMatchObject({ code: '110101' });
  });

  test('no event says a word of what the records hold or who the patient is', () => {
    for (const word of ['Hemoglobin', 'laboratory', '718-7', 'MRN', 'penicillin'])
      expect(bundle).not.toContain(word);
  });

  test('is made from the verified log alone: the same bytes every time, and none but a valid bundle of nothing', async () => {
    expect(auditBundle(verified(text))).toBe(bundle);
    const empty = auditBundle({ ...log, entries: [] });
    expect(await checkResource(JSON.parse(empty))).toEqual([]);
    expect(verifyAuditBundle({ ...log, entries: [] }, empty)).toBe(0);
  });
});

describe('requests of a machine', () => {
  test('for one person and purpose within an hour are one line with their count; each entry stays', () => {
    const groups = groupEntries(log.entries);
    expect(groups.flatMap(({ entries }) => entries)).toEqual(log.entries);
    const grouped = groups.filter((group) => group.grouped);
    expect(grouped).toHaveLength(1);
    expect(grouped[0]?.entries).toHaveLength(3);
    expect(grouped[0]?.sentence).toMatch(
      / to .*: account [0-9a-f]{8}… of Aare, through its systems, asked to open 3 records in 3 requests for treatment: 3 permitted because the institution wrote it\.$/,
    );
    const alone = log.entries.find(({ machine, onBehalfOf }) => machine && onBehalfOf === null);
    expect(alone?.sentence).toContain(': the systems of Aare asked to open 1 record for the running of');
  });

  test('an hour apart, for another person, or of a person, they stand alone', () => {
    const [first] = log.entries.filter(({ onBehalfOf }) => onBehalfOf !== null);
    if (first === undefined) throw new Error('no machine asked');
    const counts = (...changes: object[]): number[] =>
      groupEntries(changes.map((change) => ({ ...first, ...change }))).map(({ entries }) => entries.length);
    const hour = 3_600_000;
    expect(counts({}, { time: first.time + hour }, { time: first.time + hour + 1 })).toEqual([2, 1]);
    expect(counts({}, { onBehalfOf: 'ab'.repeat(32) }, {})).toEqual([1, 1, 1]);
    expect(counts({}, { purpose: 'HOPERAT' }, { project: 'a' }, { machine: false })).toEqual([1, 1, 1, 1]);
    expect(counts({ emergency: {} }, { emergency: {} })).toEqual([1, 1]);
    expect(counts({ kind: 'log' }, { kind: 'log' })).toEqual([1, 1]);
  });
});

describe('reading the log of somebody', () => {
  const looks = async (): Promise<number> =>
    verified(await exportAccessLog(scene.client, [scene.patient])).entries.filter(
      ({ kind }) => kind === 'log',
    ).length;
  const patient = (): Hex32 => scene.patient.account;

  test.each([
    ['the institution that enrolled', () => scene.institution(0)],
    ['its privacy officer', () => scene.staff(0, 'officer')],
    ['its auditor', () => scene.staff(0, 'auditor', 'auditor')],
  ])('%s may, and the log that is given holds the look', async (_who, signer) => {
    const before = await looks();
    const { text: given, index } = await readLog(scene.client, { patient: patient(), signer: signer() });
    expect(verified(given).entries.at(-1)).toMatchObject({ kind: 'log', index, reader: signer().account });
    expect(await looks()).toBe(before + 1);
  });

  test('a delegate may with scope audit and not with another, nor after the end', async () => {
    const [reader, other] = [scene.staff(2, 'friend'), scene.staff(2, 'stranger')];
    const { time } = scene.custody.ledger.chain.view().tip;
    const period = { from: 0, until: time + DAY };
    const appoint = (delegate: Hex32, scope: string): void =>
      scene.commit(
        scene.patientSigner,
        actionOf('identity.appointDelegate', {
          ...{ patient: patient(), delegate, kind: 'proxy', period },
          scopes: [scope as 'audit'],
        }),
      );
    appoint(reader.account, 'audit');
    appoint(other.account, 'read');
    const { text: given } = await readLog(scene.client, { patient: patient(), signer: reader });
    expect(verified(given).entries.at(-1)?.reader).toBe(reader.account);
    const refused = { code: 'TX_NOT_PERMITTED' };
    await expect(readLog(scene.client, { patient: patient(), signer: other })).rejects.toMatchObject(refused);
    scene.custody.ledger.commit([], { time: period.until });
    await expect(readLog(scene.client, { patient: patient(), signer: reader })).rejects.toMatchObject(
      refused,
    );
  });

  test.each([
    ['a clinician who treats', () => scene.staff(0, 'ward')],
    ['another hospital', () => scene.institution(1)],
    ['an auditor of another hospital', () => scene.staff(1, 'far auditor', 'auditor')],
  ])('%s may not: refused with a code, and nothing is read', async (_who, signer) => {
    const asked = (): number =>
      scene.custody.nodes.flatMap((node) => node.asked).filter((path) => path === '/v1/state').length;
    const by = signer();
    const before = asked();
    await expect(readLog(scene.client, { patient: patient(), signer: by })).rejects.toMatchObject({
      code: 'TX_NOT_PERMITTED',
    });
    expect(asked()).toBe(before);
  });
});
