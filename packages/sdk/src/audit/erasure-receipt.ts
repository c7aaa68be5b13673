// Owns: the file that shows offline, with nothing but the genesis, which records an erasure took, by whose word and when, and
// which custodians signed that they destroyed what they held. Does not own: collecting it (prove-erasure.ts).
import {
  ConsiliumError,
  ERASURES,
  type ErasureRow,
  encode,
  erasureRowShape,
  type Genesis,
  type Header,
  type Hex32,
  hex32,
  INDEX_MAX,
  INSTITUTIONS,
  type Institution,
  institutionShape,
  integer,
  isErasureComplete,
  type LightStep,
  lightGenesis,
  lightStepsShape,
  list,
  oneOf,
  type Shape,
  type StateProof,
  stateProofShape,
  struct,
  type Verify,
  verifyEd25519,
  verifyStateValue,
} from '@consilium/core';
import { lastHeader } from '../last-header.ts';
import { PROOF_FILE_BYTES_MAX } from '../limits.ts';
import type { ErasureView } from '../records/erasures.ts';
import { jsonOfShape } from '../shaped-json.ts';

export const ERASURE_RECEIPT_KIND = 'consilium-erasure-receipt';
/** The author, and custodians of some changes of all of them. */
const INSTITUTIONS_MAX = 512;

export interface NamedInstitution {
  readonly id: Hex32;
  readonly row: Institution;
  readonly proof: StateProof;
}

export interface ErasureReceiptFile {
  readonly kind: typeof ERASURE_RECEIPT_KIND;
  readonly version: number;
  readonly genesis: Hex32;
  /** Index of the erasure in the ledger's list. */
  readonly index: number;
  readonly erasure: ErasureRow;
  readonly proof: StateProof;
  /** Author and custodians, by id, so that they have names. */
  readonly institutions: readonly NamedInstitution[];
  /** From genesis: every header that announces another set, and last the one that the rows are proven under. */
  readonly steps: readonly LightStep[];
}

const fileShape: Shape<ErasureReceiptFile> = struct<ErasureReceiptFile>({
  kind: oneOf(ERASURE_RECEIPT_KIND),
  version: integer(1, 1),
  genesis: hex32,
  index: integer(0, INDEX_MAX),
  erasure: erasureRowShape,
  proof: stateProofShape,
  institutions: list(
    struct<NamedInstitution>({ id: hex32, row: institutionShape, proof: stateProofShape }),
    INSTITUTIONS_MAX,
  ),
  steps: lightStepsShape,
});

export interface ProvenErasure extends ErasureView {
  readonly genesis: Hex32;
  /** The block after which it stood so. */
  readonly asOf: { readonly height: number; readonly time: number };
}

export function formatErasureReceipt(file: ErasureReceiptFile): string {
  return `${JSON.stringify(file)}\n`;
}

/**
 * Pure and offline. Throws `PROOF_INVALID` whose data `check` and sentence say what fails: no byte of the file can be
 * changed unnoticed.
 */
export function verifyErasureReceipt(
  text: string,
  genesis: Genesis,
  verify: Verify = verifyEd25519,
): ProvenErasure {
  const file = parseFile(text);
  if (file.genesis !== lightGenesis(genesis).genesis) throw failed('genesis');
  const header = lastHeader(genesis, file.steps, verify);
  if (header === undefined) throw failed('chain');
  const { index, erasure, proof } = file;
  if (
    !verifyStateValue(header, ERASURES.number, ERASURES.keyOf(index), encode(erasureRowShape, erasure), proof)
  )
    throw failed('erasure');
  const names = namesIn(file, header);
  const nameOf = (id: Hex32): string => {
    const name = names.get(id);
    if (name === undefined) throw failed('institution');
    return name;
  };
  return {
    ...erasure,
    index,
    genesis: file.genesis,
    authorName: nameOf(erasure.author),
    receipts: erasure.receipts.map((receipt) => ({ ...receipt, name: nameOf(receipt.custodian) })),
    complete: isErasureComplete(erasure),
    asOf: { height: header.height, time: header.time },
  };
}

function parseFile(text: string): ErasureReceiptFile {
  if (text.length > PROOF_FILE_BYTES_MAX) throw failed('form');
  const file = jsonOfShape(fileShape, text);
  if (file === undefined || formatErasureReceipt(file) !== text) throw failed('form');
  return file;
}

function namesIn({ institutions }: ErasureReceiptFile, header: Header): ReadonlyMap<Hex32, string> {
  return new Map(
    institutions.map(({ id, row, proof }) => {
      const value = encode(institutionShape, row);
      if (!verifyStateValue(header, INSTITUTIONS.number, INSTITUTIONS.keyOf(id), value, proof))
        throw failed('institution');
      return [id, row.name];
    }),
  );
}

type ReceiptCheck = 'form' | 'genesis' | 'chain' | 'erasure' | 'institution';

const SENTENCES: Readonly<Record<ReceiptCheck, string>> = {
  form: 'the file is not as it was written',
  genesis: 'the file is of another network than this genesis',
  chain: 'a header of the file is not decided by the hospitals of its height',
  erasure: 'the erasure does not stand in the ledger as the file says',
  institution: 'an institution does not stand in the ledger as the file says',
};

function failed(check: ReceiptCheck): ConsiliumError {
  return new ConsiliumError('PROOF_INVALID', { check }, SENTENCES[check]);
}
