import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordMarks } from '@consilium/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RecordSource, RegisteredPatient } from '../../src/index.ts';
import {
  extensionOf,
  type FileMarks,
  mediaTypeOf,
  type RecordFileOptions,
  recordSourcesAt,
} from '../../src/node-only/index.ts';
import { systemRandom } from '../../src/random.ts';
import { prepareRecord } from '../../src/records/prepare.ts';

const patient: RegisteredPatient = {
  local: 'MRN 1',
  account: 'aa'.repeat(32),
  encryptionKey: null,
  tagSecret: '11'.repeat(32),
  tagGeneration: 1,
};
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'consilium-sources-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  return path;
}

async function sourcesAt(path: string, options: Partial<RecordFileOptions> = {}): Promise<RecordSource[]> {
  const found: RecordSource[] = [];
  for await (const source of recordSourcesAt(path, { patient, ...options })) found.push(source);
  return found;
}

async function onlyFile(path: string, options: Partial<RecordFileOptions> = {}) {
  const [source] = await sourcesAt(path, options);
  if (source?.kind !== 'file') throw new Error('not a file');
  return source;
}

async function marksOf(path: string, marks: FileMarks = {}): Promise<RecordMarks> {
  const [source] = await sourcesAt(path, { marks });
  if (source === undefined) throw new Error('no source');
  return (await prepareRecord(source, systemRandom)).marks;
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe('the records of files', () => {
  test('each resource of a Bundle is one, to the byte, and a resource in a file of its own is one', async () => {
    const bundle = '{"resourceType":"Bundle","entry":[{"resource":{ "a" : 1.0 }},{"resource":{"b":2}}]}';
    const found = await sourcesAt(write('bundle.json', bundle));
    expect(found.map(({ source }) => source)).toEqual(['bundle.json#0', 'bundle.json#1']);
    expect(found.map((each) => each.kind === 'resource' && textOf(each.json))).toEqual([
      '{ "a" : 1.0 }',
      '{"b":2}',
    ]);
    const own = write('own', '\n {"resourceType":"Patient"}');
    expect(await sourcesAt(own)).toMatchObject([{ kind: 'resource', source: 'own', patient }]);
  });

  test('what a Bundle says of its own protection holds for each resource in it, and lowers none', async () => {
    const security = [
      { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'PSYTHPN' },
      { system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'L' },
    ];
    const observation = { resourceType: 'Observation', status: 'final', code: { text: 'a' } };
    const entry = [{ resource: observation }];
    const bundle = JSON.stringify({ resourceType: 'Bundle', meta: { security }, entry });
    const marked = await marksOf(write('marked.json', bundle));
    expect(marked).toMatchObject({
      confidentiality: 'V',
      effects: ['closed-to-patient', 'separate-authorization'],
    });
    const low = JSON.stringify({ resourceType: 'Bundle', meta: { security: security.slice(1) }, entry });
    expect(await marksOf(write('low.json', low))).toMatchObject({ confidentiality: 'N', effects: [] });
  });

  test('what is said of a resource adds to what it says, and never takes away', async () => {
    const security = [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'V' }];
    const resource = {
      resourceType: 'Observation',
      status: 'final',
      code: { text: 'a' },
      meta: { security },
    };
    const path = write('very.json', JSON.stringify(resource));
    const effects = ['withheld-from-payers'] as const;
    expect(await marksOf(path, { labels: ['HIV'], confidentiality: 'N', effects })).toMatchObject({
      confidentiality: 'V',
      effects,
    });
    const plain = write('plain.json', JSON.stringify({ ...resource, meta: undefined }));
    expect(await marksOf(plain, { labels: ['HIV'] })).toMatchObject({ confidentiality: 'R' });
    expect(await marksOf(plain)).toMatchObject({ confidentiality: 'N', effects: [] });
  });

  test('any other file is one, read from the disk when it is sealed, as often as wanted', async () => {
    const bytes = new Uint8Array(3_000_000).map((_, at) => at % 251);
    const file = await onlyFile(write('scan.dcm', bytes));
    expect(file).toMatchObject({
      mediaType: 'application/dicom',
      name: 'scan.dcm',
      bytes: bytes.length,
      month: null,
    });
    for (let time = 0; time < 2; time += 1) {
      const parts: Uint8Array[] = [];
      for await (const part of file.open()) parts.push(part);
      expect(parts.length).toBeGreaterThan(1);
      expect(Buffer.concat(parts).equals(bytes)).toBe(true);
    }
  });

  test('a file with JSON that is no FHIR, and one that only begins like JSON, are as they are', async () => {
    expect(await onlyFile(write('list.json', '[1]'))).toMatchObject({ mediaType: 'application/json' });
    expect(await onlyFile(write('settings.json', '{"a":1}'))).toMatchObject({ bytes: 7 });
    expect(await onlyFile(write('letter.rtf', '{\\rtf1 x}'))).toMatchObject({ mediaType: 'application/rtf' });
    expect(await onlyFile(write('empty.txt', ''))).toMatchObject({ bytes: 0, mediaType: 'text/plain' });
  });

  test('lines of resources are refused, whatever the file is called', async () => {
    const line = '{"resourceType":"Patient"}';
    for (const name of ['lines.ndjson', 'lines.jsonl', 'lines', 'lines.json'])
      await expect(sourcesAt(write(name, `${line}\n${line}\n`))).rejects.toMatchObject({
        code: 'FILE_INVALID',
      });
  });

  test('a list of resources is refused, which as a document would lose their labels; any other list is as it is', async () => {
    const list = write('list.json', '[null, {"resourceType":"Patient"}]');
    await expect(sourcesAt(list)).rejects.toMatchObject({ code: 'FILE_INVALID' });
    expect(await sourcesAt(write('numbers.json', '[1, null, {}]'))).toMatchObject([{ kind: 'file' }]);
  });

  test('a folder is read in the order of its paths, without hidden files', async () => {
    for (const name of ['chart/b/x.txt', 'chart/a.txt', 'chart/.hidden']) write(name, name);
    const found = await sourcesAt(join(folder, 'chart'), { shown: 'my/chart/' });
    expect(found.map(({ source }) => source)).toEqual(['my/chart/a.txt', 'my/chart/b/x.txt']);
    mkdirSync(join(folder, 'nothing'));
    await expect(sourcesAt(join(folder, 'nothing'))).rejects.toMatchObject({ code: 'FILE_INVALID' });
  });

  test('labels bring level and law as they do for a resource; a level that is said can only be higher', async () => {
    const path = write('note.txt', 'x');
    const marked = async (labels: readonly string[], confidentiality: 'N' | 'V') =>
      (await prepareRecord(await onlyFile(path, { marks: { labels, confidentiality } }), systemRandom)).marks;
    expect(await marked([], 'N')).toMatchObject({ confidentiality: 'N', effects: [] });
    expect(await marked(['PSYTHPN'], 'N')).toMatchObject({
      confidentiality: 'V',
      effects: ['closed-to-patient', 'separate-authorization'],
    });
    expect(await marked(['ETHUD'], 'N')).toMatchObject({
      confidentiality: 'R',
      effects: ['redisclosure-notice'],
    });
    expect(await marked(['HIV'], 'V')).toMatchObject({ confidentiality: 'V' });
  });

  test('a Bundle that cannot be cut ends all, or is told and left out when somebody listens', async () => {
    const path = write('mixed/broken.json', '{"resourceType":"Bundle","entry":[{}]}');
    write('mixed/whole.txt', 'x');
    await expect(sourcesAt(path)).rejects.toMatchObject({ code: 'BUNDLE_INVALID', data: { file: path } });
    const refused: unknown[] = [];
    const found = await sourcesAt(join(folder, 'mixed'), { onRefused: (each) => refused.push(each) });
    expect(found.map(({ source }) => source)).toEqual(['mixed/whole.txt']);
    expect(refused).toMatchObject([{ source: 'mixed/broken.json', code: 'BUNDLE_INVALID' }]);
  });

  test('what is not there or cannot be read has its code', async () => {
    await expect(sourcesAt(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'FILE_MISSING' });
    const gone = write('gone.txt', 'x');
    const file = await onlyFile(gone);
    rmSync(gone);
    await expect(file.open()[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'FILE_MISSING' });
  });
});

describe('media types', () => {
  test('go by the extension, in any case, and back', () => {
    expect(mediaTypeOf('/a/Scan.JPEG')).toBe('image/jpeg');
    expect(mediaTypeOf('constructor')).toBe('application/octet-stream');
    expect(mediaTypeOf('x.constructor')).toBe('application/octet-stream');
    expect(extensionOf('image/jpeg')).toBe('.jpg');
    expect(extensionOf('text/html; charset=utf-8')).toBe('.html');
    expect(extensionOf('application/fhir+json')).toBe('.json');
    expect(extensionOf('application/x-unknown')).toBe('.bin');
  });
});
