import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromHex, sha256, utf8 } from '@consilium/core';
import {
  type DocumentProof,
  documentsOfBundle,
  parseAnchorSecrets,
  verifyDocumentProof,
} from '@consilium/sdk';
import { expect, test } from 'vitest';
import { sampleBundle } from '../../../devnet/src/sample/bundle.ts';
import { untilAllAt } from './support/asking.ts';
import { consilium, consiliumJson } from './support/command.ts';
import { createNetwork, type Network, type Validator } from './support/network.ts';
import { findIn, needlesOf, valuesOf, writtenBy } from './support/secrets-search.ts';

const RESOURCES = 1_111;
/** Some kilobytes, whatever the size of the bundle. */
const PROOF_BYTES_MAX = 16_384;
/** Of the bundle and of the ledger itself, since genesis: the standing of a condition, and that of an institution. */
const LEDGER_WORDS = ['active'];
const CHOSEN = [0, 555, RESOURCES - 1];

test('A bundle of 1,111 resources is anchored; any one resource verifies offline from its own small proof file; no value of the bundle stands in any block, state key or log.', async () => {
  await using network = await createNetwork();
  await network.start(['log.level=debug']);
  const { validators, folder } = network;
  const [north] = validators as [Validator];
  const bundle = sampleBundle({ resources: RESOURCES, seed: 'anchored' });
  const documents = documentsOfBundle(bundle);
  expect(documents).toHaveLength(RESOURCES);
  await writeFile(join(folder, 'bundle.json'), bundle);

  const anchored = await consiliumJson<{ root: string; count: number; height: number }>(
    folder,
    ...['anchor', 'add', 'bundle.json', '--out', 'secrets.json', '--as', north.paths.accountKey],
    ...where(network, north),
  );
  expect(anchored).toMatchObject({ count: RESOURCES });
  for (const number of CHOSEN) await writeProof(network, number);
  const proofs = await provenEverySo(network, documents.length);

  await untilAllAt(validators, anchored.height);
  for (const validator of validators) expect(await validator.stop()).toEqual({ code: 0, signal: null });

  // Nobody is there to ask any more.
  for (const number of CHOSEN) await expectVerifiesOffline(network, number, anchored.root);
  for (const [index, proof] of proofs)
    expect(verifyDocumentProof(documents[index] ?? new Uint8Array(), proof, network.genesis).document).toBe(
      index,
    );

  const written = (await Promise.all(validators.map(writtenBy))).flat();
  const values = valuesOf(JSON.parse(bundle));
  for (const word of LEDGER_WORDS) expect(values.delete(word)).toBe(true);
  const needles = [
    ...needlesOf(values),
    ...documents.map((bytes, index) => ({ name: `plain digest of ${index}`, bytes: sha256(bytes) })),
  ];
  // The search finds what is there: each value in the bundle, and the root in the blocks, state and log entries.
  expect(findIn([{ where: 'bundle', bytes: utf8(bundle) }], needles).length).toBeGreaterThan(2 * RESOURCES);
  const root = [{ name: 'root', bytes: fromHex(anchored.root) }];
  expect(findIn(written, root)).toEqual(
    expect.arrayContaining(
      validators.flatMap(({ name }) => [`${name}: blocks: root`, `${name}: state: root`]),
    ),
  );
  expect(findIn(written, needles)).toEqual([]);
}, 400_000);

function where({ genesisFile }: Network, { apiUrl }: Validator): string[] {
  return ['--node', apiUrl, '--genesis', genesisFile];
}

/** Asked of another hospital's node than the one that anchored. */
async function writeProof(network: Network, number: number): Promise<void> {
  const asked = network.validators[1 + (number % 3)] as Validator;
  await consiliumJson(
    network.folder,
    ...['anchor', 'proof', 'secrets.json', '--number', String(number), '--from', 'bundle.json'],
    ...['--document-out', `resource-${number}.json`, '--out', `proof-${number}.json`],
    ...where(network, asked),
  );
}

async function provenEverySo(network: Network, count: number): Promise<Map<number, DocumentProof>> {
  const secrets = parseAnchorSecrets(await readFile(join(network.folder, 'secrets.json'), 'utf8'));
  const client = network.client();
  const proofs = new Map<number, DocumentProof>();
  for (let index = 0; index < count; index += 37)
    proofs.set(index, await client.proveDocument(secrets, index));
  return proofs;
}

async function expectVerifiesOffline(
  { folder, genesisFile }: Network,
  number: number,
  root: string,
): Promise<void> {
  const [document, proof] = [`resource-${number}.json`, `proof-${number}.json`];
  const verify = ['anchor', 'verify', document, proof, '--genesis', genesisFile];
  expect((await readFile(join(folder, proof))).length).toBeLessThan(PROOF_BYTES_MAX);
  expect(await consiliumJson(folder, ...verify)).toMatchObject({ valid: true, root, document: number });
  const bytes = await readFile(join(folder, document));
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  await writeFile(join(folder, document), bytes);
  const changed = await consilium(folder, ...verify);
  expect([changed.code, changed.stdout]).toEqual([1, '']);
  expect(changed.stderr).toMatch(/^PROOF_INVALID: /);
}
