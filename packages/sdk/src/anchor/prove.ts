// Owns: collecting from a node what a document's proof file holds, checked before it is handed out. Does not own: the
// file's form and its offline check (proof-file.ts).
import { ANCHORS, ConsiliumError, type LightStep, lightStepsShape, type SignedHeader } from '@consilium/core';
import { readField, readInteger, readShape, unproven } from '../client/answer.ts';
import { readAnchor } from '../client/queries.ts';
import { readState } from '../client/reading.ts';
import { fetchRows } from '../client/rows.ts';
import { askNodes, type ReadOptions, type Session } from '../client/session.ts';
import { freshnessFloor } from '../client/sync.ts';
import { LIGHT_PAGES_MAX } from '../limits.ts';
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
async function stepsTo(session: Session, node: string, signed: SignedHeader): Promise<readonly LightStep[]> {
  const { height } = signed.header;
  const steps = (await allSteps(session, node)).filter((step) => step.header.height <= height);
  const changes = steps.filter((step) => step.nextValidators !== null);
  if (changes.at(-1)?.header.height === height) return changes;
  return [...changes, { ...signed, nextValidators: null }];
}

async function allSteps(session: Session, node: string): Promise<readonly LightStep[]> {
  const steps: LightStep[] = [];
  let from = 0;
  for (let page = 0; page < LIGHT_PAGES_MAX; page += 1) {
    const answer = await session.ask(node, { path: `/v1/light?from=${from}` });
    steps.push(...readShape(lightStepsShape, readField(answer, 'steps'), 'light steps'));
    const next = readField(answer, 'next');
    if (next === null) return steps;
    from = readInteger(next, 'next');
  }
  throw unproven('light steps without end');
}
