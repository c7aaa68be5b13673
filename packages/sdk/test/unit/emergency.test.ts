import { ConsiliumError, EMERGENCY_OPINION_MS_MAX, type ReleasedRecord } from '@consilium/core';
import { describe, expect, test } from 'vitest';
import { FOUNDERS } from '../../../core/test/kit/chain.ts';
import {
  askSecondOpinion,
  type EmergencyNotice,
  type EmergencyWish,
  emergencyNotices,
  followEmergencies,
  formatOpinion,
  giveSecondOpinion,
  type OpenedEmergency,
  type OpinionFile,
  openInEmergency,
  parseOpinion,
  readPrivilege,
  reinstateEmergency,
  reviewEmergency,
  wholeContent,
} from '../../src/index.ts';
import { createEmergencyScene, type EmergencyScene, later } from '../support/emergency-scene.ts';
import { observation } from '../support/records-scene.ts';

const HOUR_MS = 3_600_000;

function open(scene: EmergencyScene, wish: Partial<EmergencyWish> = {}): Promise<OpenedEmergency> {
  const { client, patient, rescuer } = scene;
  return openInEmergency(client, {
    patient: patient.account,
    reason: 'unconscious',
    signer: rescuer,
    ...wish,
  });
}

async function jsonsOf({ records }: OpenedEmergency): Promise<unknown[]> {
  const read: unknown[] = [];
  for (const { content } of records) {
    if (content === null) read.push(null);
    else read.push(JSON.parse(new TextDecoder().decode((await wholeContent(content)).bytes)));
  }
  return read;
}

const question = (scene: EmergencyScene) =>
  ({
    genesis: scene.client.genesisHash,
    patient: scene.patient.account,
    reason: 'unconscious',
    signer: scene.rescuer,
  }) as const;

/** Handed over as text, signed by the doctor, handed back. */
function word(scene: EmergencyScene, now: number = scene.client.session.now()): OpinionFile {
  const asked = parseOpinion(formatOpinion(askSecondOpinion(question(scene))));
  return parseOpinion(formatOpinion(giveSecondOpinion(asked, scene.doctor, now)));
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'OK';
  } catch (error) {
    if (!(error instanceof ConsiliumError)) throw error;
    return [error.code, error.data['rule']].filter(Boolean).join(' ');
  }
}

describe('Break-glass: opens the emergency dataset and nothing else', () => {
  test('to the byte, and says by when it is reviewed', async () => {
    const scene = await createEmergencyScene();
    const opened = await open(scene);
    expect(await jsonsOf(opened)).toEqual([observation(0), observation(2)]);
    expect(opened.entry).toEqual({ index: 0, due: opened.access.time + 72 * HOUR_MS, review: null });
    expect(opened.access.expires).toBe(opened.access.time + 2 * HOUR_MS);
  });

  test('refused without the privilege: no entry in the worklist, but one in the log', async () => {
    const scene = await createEmergencyScene();
    const { value } = await scene.client.records(scene.patient.account);
    const records = value.items.map(({ id }) => id);
    const opened = await open(scene, { signer: scene.doctor, selection: { type: 'records', records } });
    expect(opened.records.map(({ rule, content }) => [rule, content])).toEqual(
      records.map(() => ['emergency-privilege', null]),
    );
    expect(opened.entry).toBeNull();
    expect((await scene.client.accesses(scene.patient.account)).value.count).toBe(1);
    expect((await scene.client.emergencies(scene.place.account)).value.count).toBe(0);
  });
});

describe('Break-glass: works with one hospital down, also when a second hands out false shares', () => {
  test.each([4, 7])('of %i, and the liar is named', async (count) => {
    const scene = await createEmergencyScene(FOUNDERS.slice(0, count));
    const [down, liar] = scene.custody.custodians;
    const nodes = scene.custody.nodes.slice(0, 1);
    for (const node of nodes) node.down = true;
    Object.assign(down ?? {}, { down: true });
    const bend = (record: ReleasedRecord): ReleasedRecord => ({
      ...record,
      share: new Uint8Array(32).fill(1),
    });
    if (liar !== undefined) liar.lie = (released) => released.map(bend);
    const opened = await open(scene);
    expect(await jsonsOf(opened)).toEqual([observation(0), observation(2)]);
    expect(opened.liars).toEqual([
      { institution: liar?.hospital.id, name: liar?.hospital.name, reason: 'share' },
    ]);
  });
});

describe("a second clinician's word", () => {
  test('opens more, once', async () => {
    const scene = await createEmergencyScene();
    const opinion = word(scene);
    const opened = await open(scene, { opinion });
    expect(await jsonsOf(opened)).toEqual([observation(0), observation(1), observation(2)]);
    expect(opened.access.emergency?.second).toBe(scene.doctor.account);
    expect(await codeOf(open(scene, { opinion }))).toBe('EMERGENCY_SECOND_INVALID');
  });

  test('that does not fit is refused before anything is entered', async () => {
    const scene = await createEmergencyScene();
    const opinion = word(scene);
    const foreign = { ...opinion, genesis: '00'.repeat(32) };
    const keyless = { ...opinion, nonce: '00'.repeat(16) };
    const unsigned = { ...opinion, second: null };
    const cases: [Partial<EmergencyWish>, string][] = [
      [{ opinion, patient: scene.doctor.account }, 'another patient'],
      [{ opinion, signer: scene.officer }, 'another reader'],
      [{ opinion, reason: 'disaster' }, 'another reason'],
      [{ opinion: foreign }, 'another network'],
      [{ opinion: keyless }, 'another reader key'],
      [{ opinion: unsigned }, 'not signed'],
    ];
    for (const [wish, rule] of cases)
      expect(await codeOf(open(scene, wish))).toBe(`EMERGENCY_SECOND_INVALID ${rule}`);
    expect((await scene.client.accesses(scene.patient.account)).value.count).toBe(0);
  });

  test('is worth nothing after half an hour', async () => {
    const scene = await createEmergencyScene();
    const opinion = word(scene);
    later(scene, EMERGENCY_OPINION_MS_MAX / 2);
    expect(await codeOf(open(scene, { opinion }))).toBe('EMERGENCY_SECOND_INVALID');
  });

  test('for oneself is refused', async () => {
    const scene = await createEmergencyScene();
    const asked = askSecondOpinion(question(scene));
    expect(() => giveSecondOpinion(asked, scene.rescuer, 0)).toThrow(/another clinician/);
  });

  test.each([
    ['no object', 'x'],
    ['another kind', '{"kind":"consilium-grant"}'],
    ['another version', { version: 2 }],
    ['a reason that nobody knows', { reason: 'because' }],
    ['a key that is too short', { readerKey: '00' }],
    ['half a signature', { second: { account: '00'.repeat(32), until: 1 } }],
    ['a time that is none', { second: { account: '00'.repeat(32), until: -1, signature: '00'.repeat(64) } }],
    ['no word of the second', { second: undefined }],
  ])('in a file with %s is refused', async (_, change) => {
    const scene = await createEmergencyScene();
    const whole = word(scene);
    const text = typeof change === 'string' ? change : JSON.stringify({ ...whole, ...change });
    expect(() => parseOpinion(text)).toThrow(ConsiliumError);
  });
});

describe('the worklist', () => {
  test('holds what is open, overdue and reviewed, and whose privilege is suspended', async () => {
    const scene = await createEmergencyScene();
    for (const _ of [1, 2, 3]) await open(scene);
    scene.commit(scene.officer, reviewEmergency(0, 'justified'));
    later(scene, 72 * HOUR_MS);
    const { value, asOf } = await scene.client.emergencies(scene.place.account);
    expect(value).toMatchObject({ count: 3, next: null });
    expect(value.items.map(({ state, review }) => [state, review?.verdict])).toEqual([
      ['reviewed', 'justified'],
      ['overdue', undefined],
      ['overdue', undefined],
    ]);
    const { account } = scene.rescuer;
    const read = (): Promise<unknown> =>
      scene.client.read((state, now) => readPrivilege(state, now, account)).then(({ value: told }) => told);
    expect(asOf.time).toBeGreaterThanOrEqual(value.items[2]?.due ?? Number.POSITIVE_INFINITY);
    expect(await read()).toEqual({
      clinician: account,
      unjustified: false,
      open: [1, 2],
      overdue: [1, 2],
      suspended: true,
    });
    expect((await open(scene)).entry).toBeNull();
    for (const index of [1, 2]) scene.commit(scene.officer, reviewEmergency(index, 'unjustified'));
    expect(await read()).toMatchObject({ unjustified: true, open: [], suspended: true });
    scene.commit(scene.place, reinstateEmergency(account));
    expect(await read()).toMatchObject({ suspended: false });
  });
});

describe('a patient is told', () => {
  test('of every attempt since the last look, and how the review stands', async () => {
    const scene = await createEmergencyScene();
    const { account } = scene.patient;
    await open(scene);
    const first = await emergencyNotices(scene.client, account, 0);
    expect(first).toMatchObject({ next: 1, notices: [{ opened: 2, denied: 0, access: 0 }] });
    expect(first.notices[0]?.sentence).toMatch(
      /of Birs broke the glass for an unconscious patient: 2 records opened; its review is due by /,
    );
    await open(scene, { opinion: word(scene) });
    scene.commit(scene.officer, reviewEmergency(0, 'unjustified'));
    await open(scene, { reason: 'disaster', selection: { type: 'records', records: ['00'.repeat(32)] } });
    const { notices, next } = await emergencyNotices(scene.client, account, first.next);
    expect(next).toBe(3);
    expect(
      notices.map(({ reason, opened, denied, second, entry }) => [
        reason,
        opened,
        denied,
        second,
        entry?.index,
      ]),
    ).toEqual([
      ['unconscious', 3, 0, scene.doctor.account, 1],
      ['disaster', 0, 1, null, undefined],
    ]);
    expect(notices[1]?.sentence).toContain(
      'tried to break the glass for a disaster: 0 records opened, 1 denied',
    );
    const [again] = (await emergencyNotices(scene.client, account, 0)).notices;
    expect(again?.sentence).toMatch(/; the privacy officer found it unjustified\.$/);
  });

  test('while it happens, each once, by whoever follows', async () => {
    const scene = await createEmergencyScene(undefined, {
      pause: () => new Promise((resolve) => setImmediate(resolve)),
    });
    const { account } = scene.patient;
    // A stream in memory never gets more than it began with: this one ends behind each block of one transaction.
    for (const node of scene.custody.nodes)
      Object.assign(node, { framesMax: 2, lieInStream: (frames: string[]) => [...frames, ':\n\n'] });
    await open(scene);
    const heard: EmergencyNotice[] = [];
    for await (const part of followEmergencies(scene.client, [{ account, from: 0 }])) {
      heard.push(...part.notices);
      if (heard.length === 3) break;
      await open(scene);
    }
    expect(heard.map(({ access }) => access)).toEqual([0, 1, 2]);
  });
});
