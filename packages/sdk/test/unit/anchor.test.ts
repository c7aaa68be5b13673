import { beforeAll, describe, expect, test } from 'vitest';
import type { Hospital } from '../../../core/test/kit/chain.ts';
import { hospital } from '../../../core/test/kit/chain.ts';
import {
  type AnchorSecrets,
  approveProposal,
  type Client,
  commitAnchor,
  createAnchor,
  createClient,
  documentProof,
  documentsOfBundle,
  findDocument,
  formatAnchorSecrets,
  formatDocumentProof,
  joinSet,
  noop,
  parseAnchorSecrets,
  proposeAdmission,
  verifyDocumentProof,
} from '../../src/index.ts';
import { createFakeLedger, createFakeNode, type FakeLedger } from '../support/fake-node.ts';
import { PRIVATE_WORDS, sampleBundle } from '../support/sample-bundle.ts';

const COUNT = 1_111;

interface Scene {
  readonly ledger: FakeLedger;
  readonly client: Client;
  readonly documents: readonly Uint8Array[];
  readonly secrets: AnchorSecrets;
  readonly proofText: string;
}

let scene: Scene;

/** The anchor is committed, then a fifth hospital is admitted: the proof leads across the change of the set. */
beforeAll(async () => {
  const ledger = createFakeLedger();
  const { chain } = ledger;
  const [first, second, third] = chain.hospitals as [Hospital, Hospital, Hospital];
  const documents = documentsOfBundle(sampleBundle(COUNT));
  const owner = { genesis: chain.deps.genesisHash, institution: first.id };
  const secrets = createAnchor(
    documents.map((bytes, index) => ({ bytes, source: `b.json#${index}` })),
    owner,
  );
  const send = (by: Hospital, action: Parameters<typeof chain.tx>[2][number]) =>
    ledger.commit([chain.tx(by.id, by.account, [action])]);
  send(first, commitAnchor(secrets, 'fhir-r4'));
  send(first, proposeAdmission(hospital('Töss').card));
  const node = createFakeNode(ledger);
  const client = createClient({
    node: node.url,
    genesis: chain.genesis,
    verify: chain.deps.verify,
    fetch: node.fetch,
  });
  const proposal = (await client.proposals()).value[0]?.id ?? '';
  send(second, approveProposal(proposal));
  send(third, approveProposal(proposal));
  send(hospital('Töss'), joinSet());
  for (let more = 0; more < 3; more += 1) send(first, noop());
  const proofText = formatDocumentProof(await client.proveDocument(secrets, 17));
  scene = { ledger, client, documents, secrets, proofText };
});

const verify = (document: Uint8Array, text: string): unknown =>
  verifyDocumentProof(document, text, scene.ledger.chain.genesis, scene.ledger.chain.deps.verify);

function refusal(document: Uint8Array, text: string): unknown {
  try {
    return verify(document, text);
  } catch (error) {
    return error;
  }
}

describe('anchoring a bundle of 1,111 resources', () => {
  test('the ledger knows the root and the count, proven', async () => {
    const { client, secrets } = scene;
    const { value } = await client.anchor(secrets.institution, secrets.root);
    expect(value).toMatchObject({ root: secrets.root, count: COUNT, schema: 'fhir-r4', index: 0, height: 1 });
  });

  test('any one resource verifies offline from its own small proof file', async () => {
    const { client, secrets, documents } = scene;
    for (const index of [0, 17, 512, COUNT - 1]) {
      const text = formatDocumentProof(await client.proveDocument(secrets, index));
      expect(text.length).toBeLessThan(16_384);
      expect(verify(documents[index] as Uint8Array, text)).toMatchObject({
        institution: secrets.institution,
        document: index,
        anchor: { count: COUNT, height: 1 },
      });
    }
  });

  test('the proof leads across a change of the set', () => {
    const { steps } = JSON.parse(scene.proofText);
    expect(steps.length).toBeGreaterThan(1);
    expect(steps[0].nextValidators).toHaveLength(5);
  });

  test('one byte of the resource changed anywhere, and it says that the document fails', () => {
    const document = scene.documents[17] as Uint8Array;
    for (let at = 0; at < document.length; at += 37) {
      const changed = document.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(refusal(changed, scene.proofText)).toMatchObject({
        code: 'PROOF_INVALID',
        data: { check: 'document' },
      });
    }
  });

  test('another resource of the same bundle is not the proven one', () => {
    expect(refusal(scene.documents[18] as Uint8Array, scene.proofText)).toMatchObject({
      data: { check: 'document' },
    });
  });

  test('one byte of the proof changed anywhere, and it fails', () => {
    const document = scene.documents[17] as Uint8Array;
    const text = scene.proofText;
    for (let at = 0; at < text.length; at += 7) {
      const digit = text[at] === '1' ? '2' : '1';
      const changed = text.slice(0, at) + digit + text.slice(at + 1);
      expect(refusal(document, changed)).toMatchObject({ code: 'PROOF_INVALID' });
    }
  });

  test('a byte more or less, and it fails', () => {
    const document = scene.documents[17] as Uint8Array;
    const text = scene.proofText;
    for (const changed of [`${text} `, ` ${text}`, text.slice(0, -1), text.replace(':', ': '), '', '{}'])
      expect(refusal(document, changed)).toMatchObject({ data: { check: 'form' } });
  });

  test('under the genesis of another network it fails', () => {
    const other = createFakeLedger(['Aare', 'Birs', 'Limmat', 'Thur']).chain;
    expect(() =>
      verifyDocumentProof(scene.documents[17] as Uint8Array, scene.proofText, other.genesis),
    ).toThrow(expect.objectContaining({ data: { check: 'genesis' } }));
  });

  test('a step left out is noticed', () => {
    const proof = JSON.parse(scene.proofText);
    proof.steps.shift();
    expect(refusal(scene.documents[17] as Uint8Array, formatDocumentProof(proof))).toMatchObject({
      data: { check: 'chain' },
    });
  });

  test('no value of the bundle stands in the proof, in a block or in a state value', () => {
    const { ledger, proofText } = scene;
    const written = [proofText, ...ledger.blocks.map(({ block }) => block.txs.map(latin).join())].join();
    for (const word of PRIVATE_WORDS) {
      expect(written).not.toContain(word);
      expect(written).not.toContain(latin(new TextEncoder().encode(word)));
    }
  });
});

function latin(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}

describe('the secrets of an anchor', () => {
  test('come back from their file as they were', () => {
    expect(parseAnchorSecrets(formatAnchorSecrets(scene.secrets))).toEqual(scene.secrets);
  });

  test('find a document by its bytes, and nothing by others', () => {
    expect(findDocument(scene.secrets, scene.documents[40] as Uint8Array)).toEqual([40]);
    expect(findDocument(scene.secrets, new Uint8Array(3))).toEqual([]);
  });

  test('two equal documents have different leaves', () => {
    const bytes = new Uint8Array([1]);
    const same = createAnchor(
      [
        { bytes, source: 'a' },
        { bytes, source: 'b' },
      ],
      scene.secrets,
    );
    expect(same.documents[0]?.leaf).not.toBe(same.documents[1]?.leaf);
    expect(findDocument(same, bytes)).toEqual([0, 1]);
  });

  test('a destroyed salt ends the proof of its document and of no other', () => {
    const documents = scene.secrets.documents.map((document, index) =>
      index === 3 ? { ...document, salt: null } : document,
    );
    const destroyed = parseAnchorSecrets(formatAnchorSecrets({ ...scene.secrets, documents }));
    expect(() => documentProof(destroyed, 3)).toThrow(expect.objectContaining({ code: 'VALUE_INVALID' }));
    expect(documentProof(destroyed, 4)).toEqual(documentProof(scene.secrets, 4));
    expect(findDocument(destroyed, scene.documents[3] as Uint8Array)).toEqual([]);
  });

  test('a damaged leaf is refused when the file is read', () => {
    const text = formatAnchorSecrets(scene.secrets);
    const leaf = scene.secrets.documents[5]?.leaf ?? '';
    expect(() => parseAnchorSecrets(text.replace(leaf, '00'.repeat(32)))).toThrow(
      expect.objectContaining({ code: 'FILE_INVALID' }),
    );
  });

  test('a root that nobody committed has no proof', async () => {
    const other = createAnchor([{ bytes: new Uint8Array([9]), source: 'x' }], scene.secrets);
    await expect(scene.client.proveDocument(other, 0)).rejects.toMatchObject({ code: 'ANCHOR_NOT_FOUND' });
  });
});
