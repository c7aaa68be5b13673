// Owns: looking at the chain in a store: each block by its id and its parent's, parts and results by their roots,
// certificates by the set of their height, the indexes by what they point to. Does not own: the state.
import {
  type Block,
  type Certificate,
  decode,
  decodeTxResult,
  equalBytes,
  fromHex,
  type Genesis,
  genesisHash,
  type Header,
  type Hex32,
  hashHex,
  headerId,
  isConsiliumError,
  isValidCertificate,
  lightGenesis,
  merkleRoot,
  OBJECT_BYTES_MAX,
  uint64Bytes,
  type ValidatorSet,
  validatorSetHash,
  validatorSetShape,
  validatorsAt,
} from '@consilium/core';
import { verifySodium } from '../crypto/ed25519-sodium.ts';
import type { Kv } from '../ports.ts';
import {
  heightKey,
  readBase,
  readBlock,
  readCertificate,
  readLightHeader,
  readTip,
  resultListShape,
  stateReader,
  type Tip,
} from '../replica/chain.ts';
import { checkBlockParts } from '../replica/inbound.ts';
import { TABLES, type TableName } from '../tables.ts';
import { type Findings, keyDigest } from './findings.ts';

export interface ChainDeps {
  readonly kv: Pick<Kv, 'get'>;
  readonly genesis: Genesis;
  readonly findings: Findings;
}

export interface ChainFound {
  readonly tip: Tip | undefined;
  readonly base: number;
  readonly blocks: number;
  /** Rows that the blocks account for, by table: more than these stand for nothing. */
  readonly indexRows: { readonly blockHeights: number; readonly transactions: number };
}

/**
 * Walks from the earliest block kept to the tip with two blocks in memory; before that over the headers that are kept of
 * those below it, for light clients. `changes`: heights of the changes of the set, upwards.
 */
export async function examineChain(deps: ChainDeps, changes: AsyncIterable<number>): Promise<ChainFound> {
  const { kv, findings } = deps;
  const tip = attempt(() => readTip(kv));
  const base = attempt(() => readBase(kv)) ?? 1;
  const indexRows = { blockHeights: 0, transactions: 0 };
  if (tip === undefined) {
    findings.add({ part: 'block', problem: 'no tip', table: 'meta' });
    return { tip, base, blocks: 0, indexRows };
  }
  const walk: Walk = { ...deps, genesisId: genesisHash(deps.genesis), sets: createSets(deps), indexRows };
  for await (const height of changes) {
    if (height < base) examineLightHeader(walk, height);
  }
  let parent: Hex32 | undefined = base === 1 ? walk.genesisId : undefined;
  let blocks = 0;
  for (let height = base; height <= tip.height; height += 1) {
    const found = attempt(() => readBlock(kv, height));
    if (found === undefined) findings.add({ part: 'block', problem: 'missing or unreadable', height });
    else blocks += 1;
    parent = found && examineBlock(walk, height, found, parent);
  }
  if (tip.height >= base && parent !== undefined && parent !== tip.blockId)
    findings.add({ part: 'block', problem: 'not the tip', height: tip.height });
  return { tip, base, blocks, indexRows };
}

interface Walk extends ChainDeps {
  readonly genesisId: Hex32;
  readonly sets: Sets;
  readonly indexRows: { blockHeights: number; transactions: number };
}

/** What light clients need of a block that is not kept any more. */
function examineLightHeader(walk: Walk, height: number): void {
  const signed = attempt(() => readLightHeader(walk.kv, height));
  if (signed === undefined) {
    walk.findings.add({ part: 'block', problem: 'missing or unreadable', table: 'lightHeaders', height });
    return;
  }
  const { header, certificate } = signed;
  if (header.height !== height || header.genesis !== walk.genesisId)
    walk.findings.add({ part: 'block', problem: 'of another chain', table: 'lightHeaders', height });
  examineCertificate(walk, header, headerId(header), certificate);
  walk.sets.advance(header);
}

/** Gives the id of the block. */
function examineBlock(walk: Walk, height: number, block: Block, parent: Hex32 | undefined): Hex32 {
  const { findings, genesisId, kv } = walk;
  const { header } = block;
  const id = headerId(header);
  const wrong = (problem: string): void => findings.add({ part: 'block', problem, height });
  if (header.height !== height) wrong('of another height');
  if (header.genesis !== genesisId) wrong('of another genesis');
  if (parent !== undefined && header.parent !== parent) wrong('not linked to its parent');
  const parts = checkBlockParts(block, genesisId);
  if (parts !== undefined) wrong(parts.reason);
  examineResults(walk, header);
  const certificate = attempt(() => readCertificate(kv, height));
  examineCertificate(walk, header, id, certificate);
  examineIndexes(walk, height, id, block.txs);
  walk.sets.advance(header);
  return id;
}

function examineResults({ kv, findings }: Walk, { height, resultRoot }: Header): void {
  const results = attempt(() => {
    const bytes = kv.get(TABLES.results, heightKey(height));
    return bytes && decode(resultListShape, bytes, OBJECT_BYTES_MAX);
  });
  if (results === undefined) findings.add({ part: 'results', problem: 'missing or unreadable', height });
  else if (merkleRoot(results) !== resultRoot || attempt(() => results.map(decodeTxResult)) === undefined)
    findings.add({ part: 'results', problem: 'not those of the header', height });
}

function examineCertificate(
  { findings, genesisId, sets }: Walk,
  header: Header,
  id: Hex32,
  certificate: Certificate | undefined,
): void {
  const { height } = header;
  const wrong = (problem: string): void => findings.add({ part: 'certificate', problem, height });
  if (certificate === undefined) return wrong('missing or unreadable');
  const set = sets.of(header);
  if (set === undefined) return wrong('its set of validators is not known here');
  const { type, blockId } = certificate;
  if (type !== 'precommit' || certificate.height !== height || blockId !== id)
    return wrong('of another block');
  if (!isValidCertificate(verifySodium, genesisId, set, certificate)) wrong('not signed by a quorum');
}

function examineIndexes(walk: Walk, height: number, id: Hex32, txs: readonly Uint8Array[]): void {
  const place = heightKey(height);
  examineIndex(walk, 'blockHeights', fromHex(id), place, height);
  for (const [index, tx] of txs.entries()) {
    const value = Buffer.concat([place, uint64Bytes(index).subarray(4)]);
    examineIndex(walk, 'transactions', fromHex(hashHex(tx)), value, height);
  }
}

function examineIndex(
  { kv, findings, indexRows }: Walk,
  table: 'blockHeights' | 'transactions',
  key: Uint8Array,
  expected: Uint8Array,
  height: number,
): void {
  indexRows[table] += 1;
  const found = attempt(() => kv.get(TABLES[table], key));
  if (found !== undefined && equalBytes(found, expected)) return;
  const problem = found === undefined ? 'missing or unreadable' : 'points elsewhere';
  findings.add({ part: 'index', problem, table, height, key: keyDigest(key) });
}

/** The sets of validators from height to height: from genesis by the changes kept, or as of a height by the state. */
interface Sets {
  of(header: Header): ValidatorSet | undefined;
  advance(header: Header): void;
}

function createSets({ kv, genesis }: ChainDeps): Sets {
  let current: ValidatorSet | undefined = lightGenesis(genesis).validators;
  const isNamed = (set: ValidatorSet | undefined, hash: Hex32): set is ValidatorSet =>
    set !== undefined && validatorSetHash(set) === hash;
  const changeAt = (height: number): ValidatorSet | undefined =>
    attempt(() => {
      const bytes = kv.get(TABLES.setChanges, heightKey(height));
      return bytes && decode(validatorSetShape, bytes, OBJECT_BYTES_MAX);
    });
  return {
    of: ({ height, validatorsHash }) => {
      if (isNamed(current, validatorsHash)) return current;
      // Older than the history of the state: the header names it, and the change that brought it is kept.
      const kept = changeAt(height - 1) ?? attempt(() => validatorsAt(stateReader(kv), height));
      return isNamed(kept, validatorsHash) ? kept : undefined;
    },
    advance: ({ height, validatorsHash, nextValidatorsHash }) => {
      if (validatorsHash === nextValidatorsHash) return;
      const next = changeAt(height) ?? attempt(() => validatorsAt(stateReader(kv), height + 1));
      current = isNamed(next, nextValidatorsHash) ? next : undefined;
    },
  };
}

/** undefined for what is not there, and for what was altered: the row was named, or is named by the one who asks. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isConsiliumError(error)) return undefined;
    throw error;
  }
}

/** More rows than the blocks account for. */
export function examineSurplus(
  findings: Findings,
  { indexRows }: ChainFound,
  rows: ReadonlyMap<TableName, number>,
): void {
  for (const table of ['blockHeights', 'transactions'] as const) {
    const surplus = (rows.get(table) ?? 0) - indexRows[table];
    if (surplus > 0)
      findings.add({ part: 'index', problem: `${surplus} rows that no block accounts for`, table });
  }
}
