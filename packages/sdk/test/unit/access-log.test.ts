import { type AccessSelection, ConsiliumError, type Genesis } from '@consilium/core';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  exportAccessLog,
  ingestRecords,
  openRecords,
  revokeConsent,
  type Signer,
  type VerifyLogOptions,
  verifyAccessLog,
} from '../../src/index.ts';
import {
  admit,
  createRecordsScene,
  observations,
  permit,
  type RecordsScene,
} from '../support/records-scene.ts';

const ALL: AccessSelection = { type: 'query', tags: [], months: null, fromIndex: 0 };

let scene: RecordsScene;
let genesis: Genesis;
let text: string;

const ask = (made: RecordsScene, signer: Signer): Promise<unknown> =>
  openRecords(made.client, { patient: made.patient.account, selection: ALL, purpose: 'TREAT', signer });

const other = { account: '00'.repeat(32) };

beforeAll(async () => {
  scene = createRecordsScene();
  genesis = scene.custody.ledger.chain.genesis;
  await ingestRecords(scene.client, observations(scene.patient, 2), { signer: scene.author });
  await ask(scene, scene.doctor);
  permit(scene, scene.doctor.account);
  await ask(scene, scene.doctor);
  admit(scene, 'Thur');
  await ask(scene, scene.author);
  scene.commit(scene.patientSigner, revokeConsent(scene.patientSigner.account, 0));
  await ask(scene, scene.doctor);
  text = await exportAccessLog(scene.client, [scene.patient, other]);
});

const verified = (file: string, options: VerifyLogOptions = {}): ReturnType<typeof verifyAccessLog> =>
  verifyAccessLog(file, genesis, { verify: scene.custody.ledger.chain.deps.verify, ...options });

function refusalOf(file: string): { readonly line: unknown; readonly rule: unknown } | undefined {
  try {
    verified(file);
    return undefined;
  } catch (error) {
    if (!(error instanceof ConsiliumError) || error.code !== 'PROOF_INVALID') throw error;
    return { line: error.data['line'], rule: error.data['rule'] };
  }
}

const linesOf = (file: string): string[] => file.split('\n');
/** Number of the first line that holds these words. */
const lineWith = (words: string): number => linesOf(text).findIndex((line) => line.includes(words)) + 1;

describe('an access log', () => {
  test('verifies offline and says in plain words who asked, when, for what, and what came of it', () => {
    const { entries, completeAsOf, patients } = verified(text);
    const { tip } = scene.custody.ledger.chain.view();
    expect(completeAsOf).toEqual({ height: tip.height, time: tip.time });
    expect(patients).toEqual([scene.patient.account, other.account].toSorted());
    expect(
      entries.map(({ sentence }) => sentence.replace(/^.*UTC: (?:account [0-9a-f]{8}… of )?/, '')),
    ).toEqual([
      'Birs asked to open 2 records for treatment: 2 denied because no consent of the patient permits it.',
      'Birs asked to open 2 records for treatment: 2 permitted by a consent of the patient.',
      'the systems of Aare asked to open 2 records for treatment: 2 permitted because the institution wrote it.',
      'Birs asked to open 2 records for treatment: 2 denied because no consent of the patient permits it.',
    ]);
    expect(entries[1]).toMatchObject({
      index: 1,
      reader: scene.doctor.account,
      institutionName: 'Birs',
      purpose: 'TREAT',
      items: [
        { decision: 'permit', rule: 'consent', consent: 0 },
        { decision: 'permit', rule: 'consent', consent: 0 },
      ],
    });
  });

  test('is JSON, with a line for each access', () => {
    const parsed = JSON.parse(text) as { kind: string; accesses: unknown[]; steps: unknown[] };
    expect(parsed).toMatchObject({ kind: 'consilium-access-log', version: 2 });
    expect(parsed.accesses).toHaveLength(4);
    expect(parsed.steps).toHaveLength(1);
    expect(linesOf(text).filter((line) => line.includes('"readerKey"'))).toHaveLength(4);
  });

  test('says nothing of what the records hold', () => {
    for (const word of ['Hemoglobin', 'laboratory', '718-7', 'MRN']) expect(text).not.toContain(word);
  });

  test('of a patient whom nobody looked up is complete too', async () => {
    const empty = await exportAccessLog(scene.client, [other]);
    expect(verified(empty)).toMatchObject({ entries: [], patients: [other.account] });
  });

  test('is refused when it is older than asked for', () => {
    const { time } = scene.custody.ledger.chain.view().tip;
    expect(verified(text, { maxAgeMs: 1_000, now: time + 1_000 }).entries).toHaveLength(4);
    expect(() => verified(text, { maxAgeMs: 1_000, now: time + 1_001 })).toThrow(
      expect.objectContaining({ code: 'STALE' }),
    );
  });

  test('of another network is refused', () => {
    const stranger = createRecordsScene(['Aare', 'Birs', 'Limmat']).custody.ledger.chain.genesis;
    expect(() => verifyAccessLog(text, stranger)).toThrow(
      expect.objectContaining({ data: { line: 1, rule: 'genesis' } }),
    );
  });
});

describe('whoever changes the log is found out, by the line', () => {
  const accessLine = (index: number): number => lineWith(`"index":${index},"header"`);

  test('one line dropped, whichever it is', () => {
    const lines = linesOf(text);
    for (let drop = 0; drop < lines.length; drop += 1) {
      const refusal = refusalOf(lines.toSpliced(drop, 1).join('\n'));
      expect(refusal, `line ${drop + 1}`).toBeDefined();
    }
  });

  test('an access dropped is missed at its line, wherever it stood', () => {
    const lines = linesOf(text);
    expect(refusalOf(lines.toSpliced(accessLine(1) - 1, 1).join('\n'))).toEqual({
      line: accessLine(1),
      rule: 'order',
    });
    const last = lines.toSpliced(accessLine(3) - 1, 1);
    last[accessLine(2) - 1] = (last[accessLine(2) - 1] as string).slice(0, -1);
    expect(refusalOf(last.join('\n'))).toEqual({ line: accessLine(3), rule: 'missing' });
  });

  test('two accesses that changed places', () => {
    const lines = linesOf(text);
    const [a, b] = [accessLine(0) - 1, accessLine(1) - 1];
    [lines[a], lines[b]] = [lines[b] as string, lines[a] as string];
    expect(refusalOf(lines.join('\n'))).toEqual({ line: accessLine(0), rule: 'order' });
  });

  test('an access that stands twice', () => {
    const lines = linesOf(text);
    const again = lines.toSpliced(accessLine(1) - 1, 0, lines[accessLine(1) - 1] as string);
    expect(refusalOf(again.join('\n'))).toEqual({ line: accessLine(1) + 1, rule: 'order' });
  });

  test('an access that is invented at the end', () => {
    const lines = linesOf(text);
    const line = lines[accessLine(3) - 1] as string;
    lines[accessLine(3) - 1] = `${line},`;
    const invented = lines.toSpliced(accessLine(3), 0, line.replace('"index":3', '"index":4'));
    expect(refusalOf(invented.join('\n'))).toEqual({ line: accessLine(3) + 1, rule: 'surplus' });
  });

  test.each<[string, (line: string) => string, string]>([
    ['a denial made a permit', (line) => line.replace('"deny"', '"permit"'), 'access'],
    ['another reader', (line) => line.replace(/"reader":"../, '"reader":"00'), 'access'],
    ['another purpose', (line) => line.replace('"TREAT"', '"PATRQT"'), 'access'],
    ['a word of JSON that means the same', (line) => line.replace('"deny"', '"d\\u0065ny"'), 'form'],
    ['a space', (line) => line.replace('{', '{ '), 'form'],
    ['a further field', (line) => line.replace('{', '{"note":1,'), 'form'],
  ])('%s', (_what, change, rule) => {
    const lines = linesOf(text);
    lines[accessLine(0) - 1] = change(lines[accessLine(0) - 1] as string);
    expect(refusalOf(lines.join('\n'))).toEqual({ line: accessLine(0), rule });
  });

  test('fewer accesses counted, or another pseudonym left out', () => {
    const counted = lineWith('"count":4');
    const lines = linesOf(text);
    const fewer = [...lines];
    fewer[counted - 1] = (fewer[counted - 1] as string).replace('"count":4', '"count":3');
    expect(refusalOf(fewer.join('\n'))).toEqual({ line: counted, rule: 'count' });
    const without = text.replace(`"${other.account}",`, '');
    expect(refusalOf(without)).toMatchObject({ rule: 'count' });
  });

  test('the name of a hospital', () => {
    const named = lineWith('"name":"Birs"');
    expect(refusalOf(text.replace('"name":"Birs"', '"name":"Bern"'))).toEqual({
      line: named,
      rule: 'institution',
    });
  });

  test('a header that nothing needs, or a change of the set that is left out', () => {
    const parsed = JSON.parse(text) as { headers: { header: { height: number } }[]; steps: unknown[] };
    const lines = linesOf(text);
    const steps = lineWith('"steps":[');
    expect(refusalOf(lines.toSpliced(steps, 1).join('\n'))).toMatchObject({ rule: 'header' });
    const headers = lineWith('"headers":[');
    const step = JSON.parse(lines[steps] as string) as { header: unknown; certificate: unknown };
    const header = JSON.stringify({ header: step.header, certificate: step.certificate });
    expect(parsed.headers).toHaveLength(1);
    expect(refusalOf(lines.toSpliced(headers, 0, `${header},`).join('\n'))).toEqual({
      line: headers + 1,
      rule: 'surplus',
    });
  });

  test('any single byte: it is refused, or it means exactly the same', () => {
    const bytes = new TextEncoder().encode(text);
    const truth = JSON.stringify(verified(text));
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const edited = Uint8Array.from(bytes, (byte, index) => (index === at ? byte ^ flip : byte));
        const file = new TextDecoder().decode(edited);
        const refusal = refusalOf(file);
        if (refusal === undefined) expect(JSON.stringify(verified(file))).toBe(truth);
        else expect(refusal.line).toBeGreaterThan(0);
      }),
      { numRuns: 400 },
    );
  });

  test('any byte of a digit or a letter that leaves the form whole', () => {
    const places = [...text.matchAll(/[0-9a-f]/g)].map(({ index }) => index);
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.constantFrom(...'0123456789abcdef'), (at, sign) => {
        fc.pre(text[at] !== sign);
        expect(refusalOf(text.slice(0, at) + sign + text.slice(at + 1))).toBeDefined();
      }),
      { numRuns: 400 },
    );
  });
});

describe('a log that grows while it is collected', () => {
  test('has parts of several blocks and is complete as of the last', async () => {
    const made = createRecordsScene();
    await ingestRecords(made.client, observations(made.patient, 1), { signer: made.author });
    await ask(made, made.doctor);
    await ask(made, made.doctor);
    const [node] = made.custody.nodes;
    let asked = 0;
    const { fetch } = node as NonNullable<typeof node>;
    Object.assign(node as object, {
      fetch: async (url: string, init: RequestInit) => {
        const response = await fetch(url, init);
        if (url.endsWith('/v1/state')) {
          asked += 1;
          if (asked === 2) await ask(made, made.author);
          else if (asked < 8) made.custody.ledger.commit([]);
        }
        return response;
      },
    });
    const file = await exportAccessLog(made.client, [made.patient]);
    const { entries } = verifyAccessLog(file, made.custody.ledger.chain.genesis, {
      verify: made.custody.ledger.chain.deps.verify,
    });
    expect(entries).toHaveLength(3);
    expect((JSON.parse(file) as { headers: unknown[] }).headers.length).toBeGreaterThan(1);
  });

  test('a node that keeps a change of the set back is found out before the file is handed out', async () => {
    for (const node of scene.custody.nodes)
      node.lie = (path, answer) => {
        if (path !== '/v1/light?from=0') return answer;
        return { ...answer, steps: answer.steps.slice(-1) };
      };
    await expect(exportAccessLog(scene.client, [scene.patient])).rejects.toMatchObject({
      code: 'PROOF_INVALID',
      data: { rule: 'header' },
    });
    for (const node of scene.custody.nodes) node.lie = undefined;
  });

  test('a node that keeps an access back is found out before the file is handed out', async () => {
    const made = createRecordsScene();
    await ask(made, made.doctor);
    for (const node of made.custody.nodes)
      node.lie = (path, answer) => {
        if (path !== '/v1/state') return answer;
        return { ...answer, entries: answer.entries.map((entry: object) => ({ ...entry, value: null })) };
      };
    await expect(exportAccessLog(made.client, [made.patient])).rejects.toMatchObject({
      code: 'PROOF_INVALID',
    });
  });
});
