// Owns: the proof file of one document: small, of itself complete, checked offline with nothing but the genesis. It
// holds hashes and signatures only: no name, no identifier, no neighbour. Does not own: making the tree (anchor.ts).
import {
  ANCHORS,
  type Anchor,
  anchorShape,
  ConsiliumError,
  encode,
  type Genesis,
  type Header,
  type Hex32,
  hex32,
  INDEX_MAX,
  integer,
  type LightStep,
  lightGenesis,
  lightStepsShape,
  type MerkleProof,
  merkleProofShape,
  oneOf,
  type Shape,
  type StateProof,
  stateProofShape,
  struct,
  type Verify,
  verifyDocument,
  verifyEd25519,
  verifyStateValue,
} from '@consilium/core';
import { lastHeader } from '../last-header.ts';
import { PROOF_FILE_BYTES_MAX } from '../limits.ts';
import { jsonOfShape } from '../shaped-json.ts';

export const DOCUMENT_PROOF_KIND = 'consilium-document-proof';

export interface DocumentProof {
  readonly kind: typeof DOCUMENT_PROOF_KIND;
  readonly version: number;
  readonly genesis: Hex32;
  /** Salt and place of the document under the root. */
  readonly salt: Hex32;
  readonly place: MerkleProof;
  /** The anchor's row in the ledger state, and its proof under the last step's header. */
  readonly institution: Hex32;
  readonly index: number;
  readonly anchor: Anchor;
  readonly stateProof: StateProof;
  /** From genesis: every header that announces another set, and last the one that the row is proven under. */
  readonly steps: readonly LightStep[];
}

const documentProofShape: Shape<DocumentProof> = struct<DocumentProof>({
  kind: oneOf(DOCUMENT_PROOF_KIND),
  version: integer(1, 1),
  genesis: hex32,
  salt: hex32,
  place: merkleProofShape,
  institution: hex32,
  index: integer(0, INDEX_MAX),
  anchor: anchorShape,
  stateProof: stateProofShape,
  steps: lightStepsShape,
});

/** What a valid proof shows. */
export interface ProvenDocument {
  readonly institution: Hex32;
  readonly anchor: Anchor;
  /** Position and number of documents under the root. */
  readonly document: number;
  /** Of the header that the anchor is proven under. */
  readonly height: number;
  readonly time: number;
}

export function formatDocumentProof(proof: DocumentProof): string {
  return `${JSON.stringify(proof)}\n`;
}

/**
 * Pure and offline. Throws `PROOF_INVALID` whose data `check` (a `ProofCheck`) and sentence say what fails. A proof as
 * text must be as `formatDocumentProof` writes it, so that no byte of a file can be changed unnoticed.
 */
export function verifyDocumentProof(
  document: Uint8Array,
  proof: string | DocumentProof,
  genesis: Genesis,
  verify: Verify = verifyEd25519,
): ProvenDocument {
  const parsed = parseDocumentProof(typeof proof === 'string' ? proof : formatDocumentProof(proof));
  const { height, time } = checkAnchored(parsed, genesis, verify);
  const { institution, anchor, place, salt } = parsed;
  if (!verifyDocument(document, salt, place, anchor.root)) throw failed('document');
  return { institution, anchor, document: place.index, height, time };
}

/** All of the check but the document itself: the header under which the anchor is proven. Throws `PROOF_INVALID`. */
export function checkAnchored(proof: DocumentProof, genesis: Genesis, verify: Verify): Header {
  if (proof.genesis !== lightGenesis(genesis).genesis) throw failed('genesis');
  const header = lastHeader(genesis, proof.steps, verify);
  if (header === undefined) throw failed('chain');
  const { institution, index, anchor, stateProof, place } = proof;
  const key = ANCHORS.keyOf(institution, index);
  if (!verifyStateValue(header, ANCHORS.number, key, encode(anchorShape, anchor), stateProof))
    throw failed('anchor');
  if (place.size !== anchor.count) throw failed('count');
  return header;
}

/** Throws `PROOF_INVALID` with `check: form`. */
export function parseDocumentProof(text: string): DocumentProof {
  if (text.length > PROOF_FILE_BYTES_MAX) throw failed('form');
  const proof = jsonOfShape(documentProofShape, text);
  if (proof === undefined || formatDocumentProof(proof) !== text) throw failed('form');
  return proof;
}

export type ProofCheck = 'form' | 'genesis' | 'chain' | 'anchor' | 'count' | 'document';

const SENTENCES: Readonly<Record<ProofCheck, string>> = {
  form: 'the proof file is not as it was written',
  genesis: 'the proof is of another network than this genesis',
  chain: 'a header of the proof is not decided by the hospitals of its height',
  anchor: 'the anchor does not stand in the ledger as the proof says',
  count: 'the proof is of another number of documents than was anchored',
  document: 'the document is not, to the byte, the one that was anchored at this place',
};

function failed(check: ProofCheck): ConsiliumError {
  return new ConsiliumError('PROOF_INVALID', { check }, SENTENCES[check]);
}
