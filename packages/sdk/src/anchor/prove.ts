// Owns: collecting from a node what a document's proof file holds, checked before it is handed out. Does not own: the
// file's form and its offline check (proof-file.ts).
import { ANCHORS, ConsiliumError, type LightStep, type SignedHeader } from '@consilium/core';
import { unproven } from '../client/answer.ts';
import { changesUpTo } from '../client/light-steps.ts';
import { readAnchor } from '../client/queries.ts';
import { readState } from '../client/reading.ts';
import { fetchRows } from '../client/rows.ts';
import { askNodes, type ReadOptions, type Session } from '../client/session.ts';
import { freshnessFloor } from '../client/sync.ts';
import { type AnchorSecrets, documentProof } from './anchor.ts';
import { checkAnchored, DOCUMENT_PROOF_KIND, type DocumentProof } from './proof-file.ts';

/** Throws `ANCHOR_NOT_FOUND` when the root is not committed, `VALUE_INVALID` for a position that is none. */
export async function proveDocument(
  session: Session,
  secrets: AnchorSecrets,
  index: number,
  options: ReadOptions = {},
): Promise<DocumentProof> {
  const { genesis, institution, root } = secrets;
  if (genesis !== session.chain.genesisHash)
    throw new ConsiliumError('VALUE_INVALID', { field: 'secrets', rule: 'of another genesis' });
  const { salt, place } = documentProof(secrets, index);
  const found = await readState(session, (state) => readAnchor(state, institution, root), options);
  if (found.value === null) throw new ConsiliumError('ANCHOR_NOT_FOUND');
  const { institution: _owner, index: anchorIndex, ...anchor } = found.value;
  const floor = await freshnessFloor(session, options);
  return askNodes(session, async (node) => {
    const key = { table: ANCHORS.number, key: ANCHORS.keyOf(institution, anchorIndex) };
    const { signed, rows } = await fetchRows(session, node, [key], floor);
    const [row] = rows;
    if (row === undefined) throw unproven('state');
    const proof: DocumentProof = {
      kind: DOCUMENT_PROOF_KIND,
      version: 1,
      genesis,
      salt,
      place,
      institution,
      index: anchorIndex,
      anchor,
      stateProof: row.proof,
      steps: await stepsTo(session, node, signed),
    };
    checkAnchored(proof, session.chain.genesis, session.verify);
    return proof;
  });
}

/** From genesis: the changes of the set up to this header, and the header itself. Checked as a whole afterwards. */
export async function stepsTo(
  session: Session,
  node: string,
  signed: SignedHeader,
): Promise<readonly LightStep[]> {
  const { height } = signed.header;
  const changes = await changesUpTo(session, node, height);
  if (changes.at(-1)?.header.height === height) return changes;
  return [...changes, { ...signed, nextValidators: null }];
}
