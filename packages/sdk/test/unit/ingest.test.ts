import {
  type Action,
  BATCHES,
  bodyOf,
  decodePackage,
  listCount,
  PATIENT_RECORDS,
  RECORDS,
  RECORDS_PER_BATCH_MAX,
  type Receipt,
  readRow,
} from '@consilium/core';
import { describe, expect, test } from 'vitest';
import type { Hospital } from '../../../core/test/kit/chain.ts';
import { asPerson, enrolment, personOf } from '../../../core/test/kit/people.ts';
import { registration } from '../../../core/test/kit/records.ts';
import {
  type FileSource,
  type IngestedRecord,
  type IngestOptions,
  type IngestProgress,
  ingestRecords,
  type RecordSource,
  retractRecord,
} from '../../src/index.ts';
import { refusal } from '../support/fake-node.ts';
import {
  admit,
  createRecordsScene,
  labelled,
  observation,
  observations,
  type RecordsScene,
  resourceSource,
} from '../support/records-scene.ts';

const stateOf = ({ custody }: RecordsScene) => custody.ledger.chain.view().state;

function ingest(
  scene: RecordsScene,
  sources: Iterable<RecordSource>,
  options: Partial<IngestOptions> = {},
): Promise<readonly IngestedRecord[]> {
  return ingestRecords(scene.client, sources, { signer: scene.author, ...options });
}

/** Every source has one record, in order, and the ledger has these and no other. */
function expectAllOnce(
  scene: RecordsScene,
  results: readonly IngestedRecord[],
  sources: readonly RecordSource[],
): void {
  const state = stateOf(scene);
  expect(results.map(({ source }) => source)).toEqual(sources.map(({ source }) => source));
  expect(new Set(results.map(({ record }) => record)).size).toBe(sources.length);
  const count = listCount(state, 'records', scene.patient.account);
  const listed = Array.from({ length: count }, (_, index) =>
    readRow(state, PATIENT_RECORDS, scene.patient.account, index),
  );
  expect(listed.map((entry) => entry?.record).toSorted()).toEqual(
    results.map(({ record }) => record).toSorted(),
  );
  for (const { record, batch, position } of results)
    expect(readRow(state, RECORDS, record)).toMatchObject({
      batch,
      position,
      patient: scene.patient.account,
    });
}

describe('ingesting', () => {
  test('registers every resource once, in batches, and gives the places in the order of the input', async () => {
    const scene = createRecordsScene();
    const sources = observations(scene.patient, 150);
    const results = await ingest(scene, sources);
    expectAllOnce(scene, results, sources);
    expect(new Set(results.map(({ batch }) => batch)).size).toBe(3);
    const sizes = [...new Set(results.map(({ batch }) => batch))].map(
      (batch) => readRow(stateOf(scene), BATCHES, batch)?.count,
    );
    expect(sizes.toSorted()).toEqual([22, RECORDS_PER_BATCH_MAX, RECORDS_PER_BATCH_MAX]);
  });

  test('puts on the ledger what stands in clear, and tags in place of words', async () => {
    const scene = createRecordsScene();
    const [result] = await ingest(scene, [
      resourceSource(scene.patient, observation(2, labelled('PSYTHPN'))),
    ]);
    expect(readRow(stateOf(scene), RECORDS, result?.record ?? '')).toMatchObject({
      confidentiality: 'V',
      emergency: false,
      month: 2024 * 12 + 2,
      effects: ['closed-to-patient', 'separate-authorization'],
      version: 1,
      author: scene.hospital.id,
    });
  });

  test('wraps the secret to the patient, but not where the law closes the record', async () => {
    const scene = createRecordsScene();
    await ingest(scene, [
      resourceSource(scene.patient, observation(1)),
      resourceSource(scene.patient, observation(2, labelled('PSYTHPN'))),
    ]);
    const [stored] = scene.custody.custodians[2]?.packages.values() ?? [];
    expect(stored?.records.map(({ wrap }) => wrap !== null)).toEqual([true, false]);
  });

  test('never sends a node anything of the content', async () => {
    const scene = createRecordsScene();
    const seen: string[] = [];
    for (const node of scene.custody.nodes) {
      const { fetch } = node;
      Object.assign(node, {
        fetch: (url: string, init: RequestInit) => {
          if (init.body instanceof Uint8Array) seen.push(new TextDecoder('latin1').decode(init.body));
          else seen.push(String(init.body));
          return fetch(url, init);
        },
      });
    }
    await ingest(scene, observations(scene.patient, 3));
    expect(seen.length).toBeGreaterThan(3);
    for (const word of ['Hemoglobin', '718-7', 'laboratory', 'lab-1', 'bundle.json', '2024-02-15'])
      expect(seen.some((body) => body.includes(word))).toBe(false);
  });

  test('streams a file in pieces, of which only a few are in memory', async () => {
    const scene = createRecordsScene();
    const piece = new Uint8Array(256 * 1024).fill(7);
    let drawn = 0;
    let stored = 0;
    let ahead = 0;
    scene.custody.before = (_node, path) => {
      if (path === '/v1/custody/blobs') stored = drawn;
      ahead = Math.max(ahead, drawn - stored);
    };
    const file: FileSource = {
      kind: 'file',
      source: 'scan.dcm',
      patient: scene.patient,
      mediaType: 'application/dicom',
      name: 'scan.dcm',
      bytes: 80 * piece.length,
      month: null,
      open: async function* () {
        for (let part = 0; part < 80; part += 1) {
          drawn += piece.length;
          ahead = Math.max(ahead, drawn - stored);
          yield piece;
        }
      },
    };
    const [result] = await ingest(scene, [file]);
    expect(readRow(stateOf(scene), RECORDS, result?.record ?? '')).toMatchObject({ confidentiality: 'N' });
    expect([...(scene.custody.custodians[0]?.blobs.values() ?? [])].length).toBe(21);
    expect(ahead).toBeLessThan(6 * 1024 * 1024);
  });

  test('sends nothing of a source that changed meanwhile under the key of before', async () => {
    const scene = createRecordsScene();
    const [first] = scene.custody.nodes;
    let opened = 0;
    scene.custody.before = (node, path) => {
      if (node === first && path.startsWith('/v1/custody/packages') && first !== undefined) first.down = true;
    };
    const file: FileSource = {
      kind: 'file',
      source: 'note.txt',
      patient: scene.patient,
      mediaType: 'text/plain',
      name: null,
      bytes: 5,
      month: null,
      open: async function* () {
        opened += 1;
        yield new Uint8Array(5).fill(opened);
      },
    };
    await expect(ingest(scene, [file], { timeoutMs: 60_000 })).rejects.toMatchObject({
      code: 'VALUE_INVALID',
      data: { rule: 'changed', source: 'note.txt' },
    });
    expect(opened).toBe(2);
    expect(scene.custody.custodians.slice(1).every(({ blobs }) => blobs.size === 0)).toBe(true);
  });

  test('keeps the records of several patients apart', async () => {
    const scene = createRecordsScene();
    const stranger = { ...scene.patient, account: scene.doctor.account };
    const sources = [
      ...observations(scene.patient, 2),
      resourceSource(stranger, observation(9), 'stranger.json'),
    ];
    await expect(ingest(scene, sources)).rejects.toMatchObject({ code: 'VALUE_INVALID' });
    expect(listCount(stateOf(scene), 'records', scene.patient.account)).toBe(2);
  });
});

describe('a resource that cannot be sealed', () => {
  const invalid = (scene: RecordsScene): RecordSource =>
    resourceSource(scene.patient, { resourceType: 'Observation', status: 'no such' }, 'bad.json');

  test('ends the ingest, by the name of its source', async () => {
    const scene = createRecordsScene();
    await expect(ingest(scene, [invalid(scene)])).rejects.toMatchObject({
      code: 'RESOURCE_INVALID',
      data: { source: 'bad.json' },
    });
  });

  test('is told and left out where that is wanted', async () => {
    const scene = createRecordsScene();
    const told: IngestProgress[] = [];
    const good = observations(scene.patient, 2);
    const results = await ingest(scene, [good[0] as RecordSource, invalid(scene), good[1] as RecordSource], {
      leaveOutRefused: true,
      onProgress: (progress) => told.push(progress),
    });
    expectAllOnce(scene, results, good);
    expect(told).toContainEqual(expect.objectContaining({ state: 'refused', source: 'bad.json' }));
    expect(told.at(-1)?.counts).toEqual({ read: 3, uploaded: 2, registered: 2, refused: 1 });
  });
});

describe('when nodes and custodians die', () => {
  test.each(['/v1/custody/blobs', '/v1/custody/packages', '/v1/tx'])(
    'at %s, the next node gets everything again and nothing stands twice',
    async (where) => {
      const scene = createRecordsScene();
      const [first] = scene.custody.nodes;
      const dies = (path: string): void => {
        if (first !== undefined && path.startsWith(where)) first.down = true;
      };
      scene.custody.before = (node, path) => node === first && dies(path);
      if (first !== undefined) {
        first.onSubmit = () => {
          dies('/v1/tx');
          throw new TypeError('fetch failed', { cause: { code: 'ECONNRESET' } });
        };
      }
      const sources = observations(scene.patient, 70);
      const results = await ingest(scene, sources);
      expect(first?.down).toBe(true);
      expectAllOnce(scene, results, sources);
    },
  );

  test('after the commit and before the answer, the records are found by their own ids', async () => {
    const scene = createRecordsScene();
    const [first] = scene.custody.nodes;
    const commit = first?.onSubmit;
    if (first !== undefined)
      first.onSubmit = (tx, wait) => {
        commit?.(tx, wait);
        first.down = true;
        throw new TypeError('fetch failed', { cause: { code: 'ECONNRESET' } });
      };
    for (const node of scene.custody.nodes.slice(1))
      node.onSubmit = () => {
        throw refusal('RECORD_EXISTS');
      };
    const sources = observations(scene.patient, 3);
    expectAllOnce(scene, await ingest(scene, sources), sources);
  });

  test('an id that a custodian has registered first, for a patient of its own, is not taken for the record', async () => {
    const scene = createRecordsScene();
    const { chain, commit } = scene.custody.ledger;
    const thief = asPerson(chain.hospitals[1] as Hospital);
    commit([chain.tx(thief.id, thief.key, [enrolment(chain, chain.hospitals[1] as Hospital, 'pretended')])]);
    for (const node of scene.custody.nodes)
      node.onSubmit = (tx) => {
        const [action] = tx.actions as readonly (Action & { type: 'record.register' })[];
        if (action === undefined) throw new Error('no action');
        const { records } = bodyOf(action);
        const pretended = personOf('pretended').id;
        commit([chain.tx(thief.id, thief.key, [registration(chain, pretended, ...records)])]);
        throw refusal('RECORD_EXISTS');
      };
    await expect(ingest(scene, observations(scene.patient, 1))).rejects.toMatchObject({
      code: 'RECORD_EXISTS',
    });
  });

  test('a node that destroyed the ciphertext while custodians were waited for gets it again', async () => {
    const scene = createRecordsScene();
    const away = scene.custody.custodians.slice(2);
    for (const custodian of away) custodian.down = true;
    for (const node of scene.custody.nodes.slice(1)) node.down = true;
    const sources = observations(scene.patient, 2);
    const results = await ingest(scene, sources, {
      timeoutMs: 120_000,
      onProgress: ({ state }) => {
        if (state !== 'waiting' || !away[0]?.down) return;
        for (const { blobs } of scene.custody.custodians) blobs.clear();
        for (const custodian of away) custodian.down = false;
      },
    });
    expectAllOnce(scene, results, sources);
  });

  test('one custodian down of four is not waited for', async () => {
    const scene = createRecordsScene();
    Object.assign(scene.custody.custodians[3] ?? {}, { down: true });
    const sources = observations(scene.patient, 2);
    expectAllOnce(scene, await ingest(scene, sources), sources);
    expect(scene.waitedMs).toBe(0);
  });

  test('two of four are waited for, by name, until one is back', async () => {
    const scene = createRecordsScene();
    const [, , third, fourth] = scene.custody.custodians;
    Object.assign(third ?? {}, { down: true });
    Object.assign(fourth ?? {}, { down: true });
    const waits: IngestProgress[] = [];
    const sources = observations(scene.patient, 2);
    const results = await ingest(scene, sources, {
      onProgress: (progress) => {
        if (progress.state !== 'waiting') return;
        waits.push(progress);
        if (waits.length === 5 && third !== undefined) third.down = false;
      },
    });
    expectAllOnce(scene, results, sources);
    expect(waits[0]).toMatchObject({
      missing: expect.arrayContaining([third?.hospital.name, fourth?.hospital.name]),
    });
  });

  test('waiting ends at the time given, or when it is called off, and says why', async () => {
    const scene = createRecordsScene();
    for (const custodian of scene.custody.custodians.slice(2)) custodian.down = true;
    const sources = observations(scene.patient, 2);
    await expect(ingest(scene, sources, { timeoutMs: 60_000 })).rejects.toMatchObject({
      code: 'CUSTODY_RECEIPTS_MISSING',
      data: { receipts: 2, needed: 3 },
    });
    const aborter = new AbortController();
    const ended = ingest(scene, sources, { signal: aborter.signal, onProgress: () => aborter.abort() });
    await expect(ended).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(listCount(stateOf(scene), 'records', scene.patient.account)).toBe(0);
  });

  test('a receipt that is not signed by its custodian counts nothing', async () => {
    const scene = createRecordsScene();
    for (const custodian of scene.custody.custodians.slice(2)) custodian.down = true;
    for (const node of scene.custody.nodes) {
      const honest = node.custody;
      node.custody = async (path, init) => {
        const response = await honest?.(path, init);
        if (!path.startsWith('/v1/custody/packages')) return response as Response;
        const answer = (await response?.json()) as { receipts: Receipt[] };
        const [one] = answer.receipts;
        const index = [1, 2, 3, 4].find((place) => answer.receipts.every((each) => each.index !== place));
        return Response.json({ ...answer, receipts: [...answer.receipts, { ...one, index }] });
      };
    }
    await expect(ingest(scene, observations(scene.patient, 1), { timeoutMs: 10_000 })).rejects.toMatchObject({
      code: 'CUSTODY_RECEIPTS_MISSING',
    });
    expect(scene.custody.ledger.blocks.flatMap(({ codes }) => codes)).not.toContain(
      'CUSTODY_RECEIPTS_MISSING',
    );
  });

  test('a transaction that is proven dead is replaced, and one only', async () => {
    const scene = createRecordsScene();
    const { ledger, nodes } = scene.custody;
    const lost = new Set<string>();
    for (const node of nodes) {
      node.onSubmit = (tx) => {
        const isFirst = lost.size === 0 && tx.actions.some(({ type }) => type === 'record.register');
        if (isFirst) lost.add(tx.id);
        if (lost.has(tx.id)) {
          scene.waitedMs += 20_000;
          throw refusal('TX_WAIT_TIMEOUT');
        }
        const { block } = ledger.commit([tx], {
          time: ledger.chain.view().tip.time + 1_000 + scene.waitedMs,
        });
        scene.waitedMs = 0;
        return { id: tx.id, state: 'committed', height: block.header.height };
      };
    }
    const sources = observations(scene.patient, 3);
    const results = await ingest(scene, sources);
    expect(lost.size).toBe(1);
    expectAllOnce(scene, results, sources);
    expect(ledger.blocks.flatMap(({ codes }) => codes).every((code) => code === 'OK')).toBe(true);
  });
});

describe('a change of custodians in between', () => {
  test('makes the batch be dealt anew, with the same ciphertext and the same ids', async () => {
    const scene = createRecordsScene();
    const { custody } = scene;
    const planned: string[] = [];
    const sources = observations(scene.patient, 5);
    let deposits = 0;
    custody.before = (_node, path) => {
      if (!path.startsWith('/v1/custody/packages')) return;
      deposits += 1;
      if (deposits === 1) admit(scene, 'Thur');
    };
    const results = await ingest(scene, sources, {
      beforeRegistration: async (records) => {
        planned.push(...records.map(({ record }) => record));
      },
    });
    expectAllOnce(scene, results, sources);
    expect(results.map(({ record }) => record)).toEqual(planned);
    expect(deposits).toBe(2);
    expect(readRow(stateOf(scene), BATCHES, results[0]?.batch ?? '')?.epoch).toBe(1);
  });
});

describe('new versions and retractions', () => {
  test('an amendment is a new version that names the old one, which stays', async () => {
    const scene = createRecordsScene();
    const [old] = await ingest(scene, [resourceSource(scene.patient, observation(1), 'v1')]);
    const amended = {
      ...resourceSource(scene.patient, observation(1, { status: 'amended' }), 'v2'),
      amends: old?.record,
    };
    const [next] = await ingest(scene, [amended, ...observations(scene.patient, 2)]);
    const state = stateOf(scene);
    expect(readRow(state, RECORDS, next?.record ?? '')).toMatchObject({ version: 2, amends: old?.record });
    expect(readRow(state, RECORDS, old?.record ?? '')).toMatchObject({ amendedBy: next?.record });
    expect(listCount(state, 'records', scene.patient.account)).toBe(4);
  });

  test('two new versions of one record are refused before anything is sent', async () => {
    const scene = createRecordsScene();
    const [old] = await ingest(scene, [resourceSource(scene.patient, observation(1))]);
    const amended = { ...resourceSource(scene.patient, observation(1)), amends: old?.record };
    await expect(ingest(scene, [amended, amended])).rejects.toMatchObject({ code: 'VALUE_INVALID' });
  });

  test('a record entered in error is retracted, and stands', async () => {
    const scene = createRecordsScene();
    const [wrong] = await ingest(scene, [resourceSource(scene.patient, observation(1))]);
    await scene.client.submit([retractRecord(wrong?.record ?? '')], scene.author);
    const { value } = await scene.client.record(wrong?.record ?? '');
    expect(value).toMatchObject({ retractedHeight: expect.any(Number) });
  });
});

describe('questions of records', () => {
  test('give the whole list of a patient in pages, and who keeps the shares', async () => {
    const scene = createRecordsScene();
    const results = await ingest(scene, observations(scene.patient, 130));
    const first = await scene.client.records(scene.patient.account);
    const rest = await scene.client.records(scene.patient.account, { from: first.value.next ?? 0 });
    expect(first.value).toMatchObject({ count: 130, next: 100 });
    expect([...first.value.items, ...rest.value.items].map(({ id }) => id).toSorted()).toEqual(
      results.map(({ record }) => record).toSorted(),
    );
    const { value: epoch } = await scene.client.custodyEpoch();
    expect(epoch).toMatchObject({ epoch: 0, threshold: 2, receiptsNeeded: 3 });
    expect(epoch?.custodians.map(({ name, index }) => [name, index]).toSorted()).toHaveLength(4);
    expect((await scene.client.custodyEpoch(7)).value).toBeNull();
    expect((await scene.client.record('ab'.repeat(32))).value).toBeNull();
  });
});

test('a package says nothing that its receivers need not know', async () => {
  const scene = createRecordsScene();
  let bytes = new Uint8Array(0);
  const [node] = scene.custody.nodes;
  const honest = node?.custody;
  if (node !== undefined)
    node.custody = (path, init) => {
      if (path.startsWith('/v1/custody/packages')) bytes = init.body as Uint8Array<ArrayBuffer>;
      return honest?.(path, init) as Promise<Response>;
    };
  await ingest(scene, observations(scene.patient, 1));
  expect(decodePackage(bytes)).toMatchObject({
    epoch: 0,
    patient: scene.patient.account,
    author: scene.hospital.id,
  });
});
