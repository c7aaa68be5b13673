import { ConsiliumError, type Genesis } from '@consilium/core';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  auditBundle,
  exportAccessLog,
  readLog,
  type VerifiedAccessLog,
  type VerifyLogOptions,
  verifyAccessLog,
  verifyAuditBundle,
} from '../../src/index.ts';
import { type AuditScene, createAuditScene } from '../support/audit-scene.ts';

let scene: AuditScene;
let genesis: Genesis;
/** Two exports of the same patient, one before and one after the last accesses. */
let [older, text] = ['', ''];
let log: VerifiedAccessLog;
let [olderBundle, bundle] = ['', ''];

const verified = (file: string, options: VerifyLogOptions = {}): VerifiedAccessLog =>
  verifyAccessLog(file, genesis, { verify: scene.custody.ledger.chain.deps.verify, ...options });

beforeAll(async () => {
  scene = await createAuditScene();
  genesis = scene.custody.ledger.chain.genesis;
  const { patient, doctor, records, staff, institution, ask, client } = scene;
  const [er, far] = [staff(1, 'er', 'doctor', true), staff(2, 'far')];
  await ask(doctor);
  await ask(er, { emergency: far, records: [records.summary] });
  await ask(institution(0), { records: [records.summary], onBehalfOf: staff(0, 'ward').account });
  older = await exportAccessLog(client, [patient]);
  await ask(staff(3, 'payer', 'payer'), { records: [records.note], purpose: 'HPAYMT', project: 'claim-7' });
  const look = await readLog(client, { patient: patient.account, signer: institution(0) });
  text = look.text;
  log = verified(text);
  [olderBundle, bundle] = [auditBundle(verified(older)), auditBundle(log)];
});

interface Refusal {
  readonly line: number;
  readonly rule: string;
  readonly message: string;
}

function refusalOf(check: () => unknown): Refusal | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (!(error instanceof ConsiliumError) || error.code !== 'PROOF_INVALID') throw error;
    return { line: Number(error.data['line']), rule: String(error.data['rule']), message: error.message };
  }
}

const ofLog = (file: string): Refusal | undefined => refusalOf(() => verified(file));
const ofBundle = (file: string): Refusal | undefined => refusalOf(() => verifyAuditBundle(log, file));

/** Each is the file with one thing wrong, and what was done to it. */
function* damages(file: string): Generator<readonly [what: string, file: string]> {
  const lines = file.trimEnd().split('\n');
  const whole = (changed: readonly string[]): string => `${changed.join('\n')}\n`;
  for (const [at, line] of lines.entries()) {
    yield [`line ${at + 1} dropped`, whole(lines.toSpliced(at, 1))];
    yield [`line ${at + 1} invented a second time`, whole(lines.toSpliced(at, 0, line))];
    const digit = /[0-9a-f](?=[0-9a-f]{7})/.exec(line);
    if (digit !== null) {
      const other = digit[0] === '0' ? '1' : '0';
      const edited = `${line.slice(0, digit.index)}${other}${line.slice(digit.index + 1)}`;
      yield [`line ${at + 1} edited`, whole(lines.with(at, edited))];
    }
    const next = lines[at + 1];
    if (next !== undefined && next !== line)
      yield [`lines ${at + 1} and ${at + 2} reordered`, whole(lines.with(at, next).with(at + 1, line))];
  }
}

/** Edits that leave a sound access behind: what somebody would want to change. */
const WISHES: readonly (readonly [what: string, from: RegExp, to: string])[] = [
  ['a look at the log made an access', /"kind":"log"/, '"kind":"open"'],
  ['for whom a machine asked', /"onBehalfOf":"[0-9a-f]{64}"/, '"onBehalfOf":null'],
  ['an emergency hidden', /"emergency":\{[^}]*\}/, '"emergency":null'],
  ['another reason', /"reason":"unconscious"/, '"reason":"cardiac-arrest"'],
  ['the second clinician', /"second":"[0-9a-f]{64}"/, '"second":null'],
  ['the claim', /"project":"claim-7"/, '"project":"claim-8"'],
  ['the rule of law', /"rule":"law-psychotherapy-payment"/, '"rule":"no-consent"'],
];

describe('a log that somebody changed', () => {
  test('One line dropped, edited, reordered or invented in an exported log, or an old export passed off as new: refused with the line and the reason.', () => {
    let tried = 0;
    for (const [file, refusal] of [
      [text, ofLog],
      [bundle, ofBundle],
    ] as const)
      for (const [what, damaged] of damages(file)) {
        const found = refusal(damaged);
        expect(found, what).toBeDefined();
        expect(found?.line, what).toBeGreaterThan(0);
        expect(found?.message, what).toMatch(/line \d+.*: \w+/);
        tried += 1;
      }
    expect(tried).toBeGreaterThan(100);

    // An old export is whole and says how old it is; whoever asks for a newer one is not served with it.
    const { time } = log.completeAsOf;
    const then = verified(older).completeAsOf;
    expect(then.time).toBeLessThan(time);
    const ageMs = time - then.time;
    expect(() => verified(older, { maxAgeMs: ageMs - 1, now: time })).toThrow(
      expect.objectContaining({ code: 'STALE' }),
    );
    expect(verified(older, { maxAgeMs: ageMs, now: time }).entries).toHaveLength(3);
    // The old lines under the new header, and the new header under the old lines.
    const headersOf = (file: string): string => /"headers":\[\n(.*?)\n\],\n"counts"/s.exec(file)?.[1] ?? '';
    for (const [file, other] of [
      [older, text],
      [text, older],
    ] as const) {
      const renewed = file.replace(headersOf(file), headersOf(other));
      expect(renewed).not.toBe(file);
      expect(ofLog(renewed)).toMatchObject({ line: expect.any(Number), rule: expect.any(String) });
    }
    expect(ofBundle(olderBundle)).toMatchObject({ line: 1, rule: 'events-age' });
    expect(refusalOf(() => verifyAuditBundle(verified(older), bundle))).toMatchObject({ rule: 'events-age' });
  });

  test.each(WISHES)('%s: its line is named', (_what, from, to) => {
    const lines = text.split('\n');
    const at = lines.findIndex((line) => line.includes('"readerKey"') && from.test(line));
    const wanted = lines.with(at, (lines[at] as string).replace(from, to));
    expect(ofLog(wanted.join('\n'))).toMatchObject({ line: at + 1, rule: 'access' });
  });

  test('a record given another author or month, or left out: its line is named', () => {
    const lines = text.split('\n');
    const at = lines.findIndex((line) => line.includes('"amendedBy":'));
    const edit = (change: (line: string) => string): string =>
      lines.with(at, change(lines[at] as string)).join('\n');
    expect(ofLog(edit((line) => line.replace(/"author":"../, '"author":"00')))).toMatchObject({
      line: at + 1,
      rule: 'record',
    });
    expect(ofLog(edit((line) => line.replace(/"month":\d+/, '"month":1')))).toMatchObject({ rule: 'record' });
    expect(ofLog(lines.toSpliced(at, 1).join('\n'))).toMatchObject({ line: at + 1, rule: 'record' });
  });
});

describe('a bundle that somebody changed names the event', () => {
  const lines = (): string[] => bundle.split('\n');
  const lineOf = (access: number): number =>
    lines().findIndex((line) => line.includes(`"id":"${scene.patient.account.slice(0, 32)}-${access}-0"`));

  test('edited: with the place inside it', () => {
    const at = lineOf(0);
    const edited = lines().with(at, (lines()[at] as string).replace('"outcome":"8"', '"outcome":"0"'));
    const refusal = ofBundle(edited.join('\n'));
    expect(refusal).toMatchObject({ line: at + 1, rule: 'event' });
    expect(refusal?.message).toContain('access 0 of');
    expect(refusal?.message).toContain('AuditEvent.outcome');
  });

  test('dropped, twice, in another place, invented', () => {
    const at = lineOf(1);
    const line = lines()[at] as string;
    const next = lines()[at + 1] as string;
    const rule = (changed: readonly string[]): string | undefined => ofBundle(changed.join('\n'))?.rule;
    expect(rule(lines().toSpliced(at, 1))).toBe('event-missing');
    expect(rule(lines().toSpliced(at, 0, line))).toBe('event-surplus');
    expect(
      rule(
        lines()
          .with(at, next)
          .with(at + 1, line),
      ),
    ).toBe('event-order');
    expect(rule(lines().toSpliced(at, 0, line.replace(/-1-0"/, '-99-0"')))).toBe('event-surplus');
  });

  test('only written in another way: refused, since another reader may read something else in it', () => {
    const twice = lines().with(2, (lines()[2] as string).replace('"outcome":', '"outcome":"0","outcome":'));
    expect(ofBundle(twice.join('\n'))).toMatchObject({ line: 3, rule: 'events-form' });
    expect(ofBundle(JSON.stringify(JSON.parse(bundle), null, 2))?.rule).toBe('events-form');
    expect(ofBundle('no JSON')).toMatchObject({ line: 1, rule: 'events-form' });
    expect(ofBundle('[]')?.rule).toBe('events-form');
  });

  test('of another patient, or of another network', () => {
    expect(ofBundle(bundle.replace(/"value":"[0-9a-f]{4}/, '"value":"0000'))?.rule).toMatch(/events-/);
    expect(refusalOf(() => verifyAuditBundle({ ...log, entries: [] }, bundle))?.rule).toBe('event-surplus');
  });
});
