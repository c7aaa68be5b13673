// Owns: making an anchor of many documents: a salt for each, the tree over the salted digests, and the secret file that
// lets its holder prove one document later. Does not own: committing the root, the proof file (proof-file.ts).
import {
  ConsiliumError,
  createDocumentTree,
  documentLeaf,
  fromHex,
  type Hex32,
  hashHex,
  isHexOf,
  type MerkleProof,
  toHex,
} from '@consilium/core';
import { parseObject } from '../keys/key-file.ts';
import { SALT_BYTES } from '../limits.ts';
import { type RandomBytes, systemRandom } from '../random.ts';

export const ANCHOR_SECRETS_KIND = 'consilium-anchor-secrets';

/**
 * What the institution keeps, in secret: with salt and document anybody can test a guess. To make one document's entry
 * meaningless for ever, destroy its salt and the document: every other proof still works.
 */
export interface AnchorSecrets {
  readonly kind: typeof ANCHOR_SECRETS_KIND;
  readonly version: 1;
  /** Hash of the genesis: the network. */
  readonly genesis: Hex32;
  /** Account id of the institution that commits the root. */
  readonly institution: Hex32;
  readonly root: Hex32;
  readonly documents: readonly AnchoredDocument[];
}

export interface AnchoredDocument {
  /** 32 random bytes; null once destroyed. */
  readonly salt: Hex32 | null;
  /** The salted digest: the leaf. Says nothing without the salt. */
  readonly leaf: Hex32;
  /** Where the holder finds it again, e.g. the file's name and the position in it. Never leaves this file. */
  readonly source: string;
}

export interface DocumentToAnchor {
  readonly bytes: Uint8Array;
  readonly source: string;
}

/** A random salt for every document; the order of the documents is the order in the tree. */
export function createAnchor(
  documents: readonly DocumentToAnchor[],
  owner: { readonly genesis: Hex32; readonly institution: Hex32 },
  random: RandomBytes = systemRandom,
): AnchorSecrets {
  if (documents.length === 0) throw new ConsiliumError('VALUE_INVALID', { field: 'documents', rule: 'none' });
  const anchored = documents.map(({ bytes, source }) => {
    const salt = toHex(random(SALT_BYTES));
    return { salt, leaf: toHex(documentLeaf(salt, hashHex(bytes))), source };
  });
  const { root } = createDocumentTree(anchored.map(({ leaf }) => fromHex(leaf)));
  const { genesis, institution } = owner;
  return { kind: ANCHOR_SECRETS_KIND, version: 1, genesis, institution, root, documents: anchored };
}

/** Positions of this document, to the byte, among the anchored ones. */
export function findDocument(secrets: AnchorSecrets, bytes: Uint8Array): readonly number[] {
  const digest = hashHex(bytes);
  return secrets.documents.flatMap(({ salt, leaf }, index) =>
    salt !== null && toHex(documentLeaf(salt, digest)) === leaf ? [index] : [],
  );
}

/** Salt and place of one document. Throws `VALUE_INVALID` for a position that is none, or whose salt is destroyed. */
export function documentProof(
  secrets: AnchorSecrets,
  index: number,
): { readonly salt: Hex32; readonly place: MerkleProof } {
  const salt = secrets.documents[index]?.salt ?? null;
  if (salt === null)
    throw new ConsiliumError('VALUE_INVALID', { field: 'document', count: secrets.documents.length });
  const tree = createDocumentTree(secrets.documents.map(({ leaf }) => fromHex(leaf)));
  return { salt, place: tree.proofOf(index) };
}

export function formatAnchorSecrets(secrets: AnchorSecrets): string {
  return `${JSON.stringify(secrets, null, 1)}\n`;
}

/** Throws `FILE_INVALID`; never says what stands in the file. */
export function parseAnchorSecrets(text: string): AnchorSecrets {
  const raw = parseObject(text, ANCHOR_SECRETS_KIND);
  const { version, genesis, institution, root, documents } = raw;
  const whole =
    version === 1 &&
    [genesis, institution, root].every((value) => isHexOf(value, 32)) &&
    Array.isArray(documents) &&
    documents.length > 0 &&
    documents.every(isAnchoredDocument);
  if (!whole) throw new ConsiliumError('FILE_INVALID', { kind: ANCHOR_SECRETS_KIND, rule: 'form' });
  const secrets = raw as unknown as AnchorSecrets;
  const tree = createDocumentTree(secrets.documents.map(({ leaf }) => fromHex(leaf)));
  if (tree.root !== secrets.root)
    throw new ConsiliumError('FILE_INVALID', { kind: ANCHOR_SECRETS_KIND, rule: 'root and leaves differ' });
  return secrets;
}

function isAnchoredDocument(raw: unknown): raw is AnchoredDocument {
  if (typeof raw !== 'object' || raw === null) return false;
  const { salt, leaf, source } = raw as Record<string, unknown>;
  return (salt === null || isHexOf(salt, 32)) && isHexOf(leaf, 32) && typeof source === 'string';
}
