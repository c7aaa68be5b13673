import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ANCHOR_ROOTS,
  ANCHORS,
  actionOf,
  createDocumentTree,
  documentLeaf,
  type Hex32,
  hashHex,
  listCount,
  readRow,
  toHex,
  utf8,
  verifyDocument,
} from '../../../src/index.ts';
import { createChain, type Hospital } from '../../kit/chain.ts';
import { asPerson, codeOfSubmit, enrol, submit } from '../../kit/people.ts';

const root = (digit: string): Hex32 => digit.repeat(64);
const commit = (of: Hex32, count = 1, schema = 'fhir-r4') =>
  actionOf('anchor.commit', { root: of, count, schema });

describe('an anchored root', () => {
  it('stands with its height and time under the next index of its institution, and is found by root', () => {
    const chain = createChain();
    const [a, b] = chain.hospitals as unknown as [Hospital, Hospital];
    expect(submit(chain, asPerson(a), commit(root('1'), 1_111)).outcomes).toEqual([{ id: null, index: 0 }]);
    expect(submit(chain, asPerson(b), commit(root('1'))).outcomes).toEqual([{ id: null, index: 0 }]);
    expect(submit(chain, asPerson(a), commit(root('2'))).outcomes).toEqual([{ id: null, index: 1 }]);
    const { state, tip } = chain.view();
    expect(readRow(state, ANCHORS, a.id, 1)).toEqual({
      root: root('2'),
      count: 1,
      schema: 'fhir-r4',
      height: tip.height,
      time: tip.time,
    });
    expect(readRow(state, ANCHORS, a.id, 0)?.count).toBe(1_111);
    expect(readRow(state, ANCHOR_ROOTS, a.id, root('2'))).toBe(1);
    expect(listCount(state, 'anchors', a.id)).toBe(2);
  });

  it('is taken once per institution', () => {
    const chain = createChain();
    const [a] = chain.hospitals as unknown as [Hospital];
    submit(chain, asPerson(a), commit(root('1')));
    expect(codeOfSubmit(chain, asPerson(a), commit(root('1'), 5))).toBe('ANCHOR_EXISTS');
  });

  it('comes from institutions, over at least one document, with a code and no text', () => {
    const chain = createChain();
    const [a] = chain.hospitals as unknown as [Hospital];
    const patient = enrol(chain, a, 'patient 1');
    expect(codeOfSubmit(chain, patient, commit(root('1')))).toBe('TX_NOT_PERMITTED');
    const body = { root: new Uint8Array(32), count: 0, schema: 'fhir-r4' };
    const malformed = [
      body,
      { ...body, count: 1, schema: 'records of J. Doe' },
      { ...body, count: 2 ** 24 + 1 },
    ];
    for (const each of malformed) {
      const action = { type: 'anchor.commit', version: 1, body: each };
      expect(codeOfSubmit(chain, asPerson(a), action)).toBe('TX_ACTION_MALFORMED');
    }
  });
});

describe('the proof of one document', () => {
  const texts = Array.from({ length: 11 }, (_, index) =>
    utf8(`{"resourceType":"Observation","id":"${index}"}`),
  );
  const salts = texts.map((_, index) => hashHex(utf8(`salt ${index}`)));
  const leaves = texts.map((text, index) => documentLeaf(salts[index] as Hex32, hashHex(text)));
  const tree = createDocumentTree(leaves);

  it('verifies offline for each document, alone', () => {
    expect(tree.count).toBe(11);
    texts.forEach((text, index) => {
      expect(verifyDocument(text, salts[index] as Hex32, tree.proofOf(index), tree.root)).toBe(true);
    });
  });

  it('fails with one bit of document, salt, path, position or root changed', () => {
    const document = fc.nat(texts.length - 1);
    fc.assert(
      fc.property(document, fc.nat(), fc.integer({ min: 0, max: 4 }), (index, place, part) => {
        const proof = tree.proofOf(index);
        const text = part === 0 ? flipped(texts[index] as Uint8Array, place) : (texts[index] as Uint8Array);
        const salt = part === 1 ? flippedHex(salts[index] as Hex32, place) : (salts[index] as Hex32);
        const at = place % proof.path.length;
        const path = proof.path.map((hash, depth) =>
          part === 2 && depth === at ? flippedHex(hash, place) : hash,
        );
        const position = part === 3 ? (index + 1 + (place % 10)) % 11 : index;
        const against = part === 4 ? flippedHex(tree.root, place) : tree.root;
        expect(verifyDocument(text, salt, { ...proof, path, index: position }, against)).toBe(false);
      }),
    );
  });

  it('refuses what is no salt, no root or no proof without throwing', () => {
    const [text] = texts as [Uint8Array];
    const proof = tree.proofOf(0);
    expect(verifyDocument(text, 'salt', proof, tree.root)).toBe(false);
    expect(verifyDocument(text, salts[0] as Hex32, proof, 'root')).toBe(false);
    expect(verifyDocument(text, salts[0] as Hex32, { ...proof, path: ['x'] }, tree.root)).toBe(false);
  });

  it('shows digests of neighbours that no guess of their content reaches without their salts', () => {
    const neighbour = leaves[1] as Uint8Array;
    const guess = documentLeaf(salts[0] as Hex32, hashHex(texts[1] as Uint8Array));
    expect(toHex(guess)).not.toBe(toHex(neighbour));
  });
});

function flipped(bytes: Uint8Array, place: number): Uint8Array {
  const copy = bytes.slice();
  const at = place % copy.length;
  copy[at] = (copy[at] as number) ^ (1 << (place % 8));
  return copy;
}

function flippedHex(hex: Hex32, place: number): Hex32 {
  const at = place % hex.length;
  const digit = (Number.parseInt(hex[at] as string, 16) ^ 1).toString(16);
  return hex.slice(0, at) + digit + hex.slice(at + 1);
}
