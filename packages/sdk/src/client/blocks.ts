// Owns: a block by its height, checked: decided by the set of its height, and all that it carries is what its header
// names. Does not own: the results of its transactions (transactions.ts).
import {
  type Block,
  type Certificate,
  ConsiliumError,
  certificateHash,
  certificateShape,
  decodeBlock,
  evidenceRoot,
  fromHex,
  type Hex32,
  hashHex,
  headerId,
  isConsiliumError,
  merkleRoot,
  type SignedHeader,
} from '@consilium/core';
import { proven, readBytes, readField, readList, readShape, unproven } from './answer.ts';
import { readSigned } from './rows.ts';
import { askNodes, type ReadOptions, type Session } from './session.ts';
import { certify, freshnessFloor, refuseBelow, syncWith } from './sync.ts';

export interface CertifiedBlock {
  readonly id: Hex32;
  readonly block: Block;
  readonly certificate: Certificate;
  readonly txIds: readonly Hex32[];
}

export interface CertifiedHeader extends SignedHeader {
  readonly id: Hex32;
}

/** Throws `BLOCK_NOT_FOUND` above the tip, `BLOCK_PRUNED` {height, base} where no node keeps the block. */
export async function findBlock(
  session: Session,
  height: number,
  options: ReadOptions = {},
): Promise<CertifiedBlock> {
  return askForHeight(session, height, options, (node) => findBlockAt(session, node, height));
}

/** The header alone, with its certificate. Throws as `findBlock`. */
export async function findHeader(
  session: Session,
  height: number,
  options: ReadOptions = {},
): Promise<CertifiedHeader> {
  return askForHeight(session, height, options, (node) => findHeaderAt(session, node, height));
}

async function askForHeight<T>(
  session: Session,
  height: number,
  options: ReadOptions,
  ask: (node: string) => Promise<T>,
): Promise<T> {
  const floor = await freshnessFloor(session, options);
  return askNodes(session, async (node) => {
    try {
      return await ask(node);
    } catch (error) {
      const missing = isConsiliumError(error, 'BLOCK_NOT_FOUND') || isConsiliumError(error, 'CHAIN_EMPTY');
      if (missing && !session.trustNode) await checkMissing(session, node, height, floor);
      throw error;
    }
  });
}

export async function findHeaderAt(session: Session, node: string, height: number): Promise<CertifiedHeader> {
  const answer = await session.ask(node, { path: `/v1/blocks?from=${height}&limit=1` });
  const [first] = readList(readField(answer, 'headers'), 'headers');
  if (first === undefined) throw new ConsiliumError('BLOCK_NOT_FOUND', { height });
  const signed = readSigned(first);
  if (signed.header.height !== height) throw unproven('height', height);
  if (!session.trustNode) await certify(session, node, signed);
  return { id: headerId(signed.header), ...signed };
}

/** A node that shows a tip at or above the height has the block, whatever it says. */
async function checkMissing(session: Session, node: string, height: number, floor: number): Promise<void> {
  const tip = await syncWith(session, node);
  refuseBelow(floor, tip);
  if (height <= tip) throw unproven('a block is missing', height);
}

export async function findBlockAt(session: Session, node: string, height: number): Promise<CertifiedBlock> {
  const answer = await session.ask(node, { path: `/v1/blocks/${height}` });
  const certificate = readShape(certificateShape, readField(answer, 'certificate'), 'certificate');
  const bytes = readBytes(readField(answer, 'block'), 'block');
  const block = proven('block', () => decodeBlock(bytes));
  if (block.header.height !== height) throw unproven('height', height);
  const txIds = block.txs.map(hashHex);
  if (!session.trustNode) {
    await certify(session, node, { header: block.header, certificate });
    checkContents(block, txIds);
  }
  return { id: headerId(block.header), block, certificate, txIds };
}

function checkContents({ header, lastCertificate, evidence }: Block, txIds: readonly Hex32[]): void {
  const { height } = header;
  if (merkleRoot(txIds.map(fromHex)) !== header.txRoot) throw unproven('txRoot', height);
  if (evidenceRoot(evidence) !== header.evidenceRoot) throw unproven('evidenceRoot', height);
  if (certificateHash(lastCertificate) !== header.lastCertificateHash)
    throw unproven('lastCertificateHash', height);
}
