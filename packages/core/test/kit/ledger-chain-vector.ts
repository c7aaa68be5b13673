// Owns: the short chain that is published as a vector: a genesis and five blocks in which every action stands, one of
// them failing, one piece of evidence, one missed proposal, and a change of the set.
import {
  actionOf,
  type BuiltBlock,
  encode,
  encodeBlock,
  genesisShape,
  genesisState,
  type Header,
  type Hex32,
  hashHex,
  headerId,
  NO_ROUND,
  proposerOrder,
  type StateChange,
  type Tx,
  type TxResult,
  toHex,
  utf8,
} from '../../src/index.ts';
import { type Chain, createChain, type Hospital, hospital, keyOf, signVote } from './chain.ts';
import { credentialing, enrolment, grantTo, personOf, rotation } from './people.ts';

/** Table, key and value; the value is null where the row goes. */
export type RowVector = readonly [table: number, key: string, value: string | null];

export interface BlockVector {
  readonly id: Hex32;
  /** The encoded block. */
  readonly bytes: string;
  readonly header: Header;
  readonly txIds: readonly Hex32[];
  readonly results: readonly TxResult[];
  readonly resultBytes: readonly string[];
  readonly changes: readonly RowVector[];
  /** Order of proposers of the next height. */
  readonly nextProposers: readonly Hex32[];
}

export interface ChainVector {
  readonly about: string;
  readonly genesisBytes: string;
  readonly genesisHash: Hex32;
  readonly genesisStateRoot: Hex32;
  readonly genesisRows: readonly RowVector[];
  readonly blocks: readonly BlockVector[];
}

function rowVector({ table, key, value }: StateChange): RowVector {
  return [table, toHex(key), value === null ? null : toHex(value)];
}

export function ledgerChainVector(): ChainVector {
  const chain = createChain();
  const { stateRoot, changes } = genesisState(chain.genesis);
  return {
    about: 'A genesis and five blocks. Bytes are lower-case hex, times are milliseconds since the epoch.',
    genesisBytes: toHex(encode(genesisShape, chain.genesis)),
    genesisHash: chain.deps.genesisHash,
    genesisStateRoot: stateRoot,
    genesisRows: changes.map(rowVector),
    blocks: [first, second, third, fourth, fifth].map((block) => blockVector(chain, block(chain))),
  };
}

function blockVector(chain: Chain, { block, execution }: BuiltBlock): BlockVector {
  return {
    id: headerId(block.header),
    bytes: toHex(encodeBlock(block)),
    header: block.header,
    txIds: execution.txs.map((tx) => tx.id),
    results: execution.results,
    resultBytes: execution.resultBytes.map(toHex),
    changes: execution.changes.map(rowVector),
    nextProposers: proposerOrder(chain.view().state, block.header.height + 1),
  };
}

function four(chain: Chain): [Hospital, Hospital, Hospital, Hospital] {
  return chain.hospitals as unknown as [Hospital, Hospital, Hospital, Hospital];
}

function by(chain: Chain, { id, account }: Hospital, ...actions: Parameters<Chain['tx']>[2]): Tx {
  return chain.tx(id, account, actions);
}

const anchor = (name: string) =>
  actionOf('anchor.commit', { root: hashHex(utf8(name)), count: 1_111, schema: 'fhir-r4' });

/** People, and a proposal to admit a fifth hospital. */
function first(chain: Chain): BuiltBlock {
  const [a, b] = four(chain);
  const admission = { type: 'admit', card: hospital('Sihl').card } as const;
  return chain.commit([
    by(chain, a, enrolment(chain, a, 'patient 1'), enrolment(chain, a, 'patient 2')),
    by(chain, b, credentialing(chain, b, 'doctor 1', { emergency: true })),
    by(chain, b, credentialing(chain, b, 'nurse 1', { role: 'nurse', speciality: null })),
    by(chain, a, actionOf('institutions.propose', { change: admission })),
  ]);
}

/** Consents, anchors, one transaction that fails at its second action. Decided in round 1: the first proposer missed. */
function second(chain: Chain): BuiltBlock {
  const [, b, c] = four(chain);
  const [one, two] = [personOf('patient 1'), personOf('patient 2')];
  const proposal = openProposal(chain);
  const txs = [
    chain.tx(one.id, one.key, [grantTo(chain, b.id)]),
    chain.tx(two.id, two.key, [grantTo(chain, personOf('doctor 1').id, { purposes: ['ETREAT', 'TREAT'] })]),
    by(chain, b, actionOf('institutions.approve', { proposal })),
    by(chain, c, anchor('archive of 2026')),
    by(chain, c, anchor('archive of 2027'), anchor('archive of 2027')),
  ];
  const author = proposerOrder(chain.view().state, 2)[1] as Hex32;
  return chain.commit(txs, { round: 1, author });
}

function openProposal(chain: Chain): Hex32 {
  const row = chain.rows().find(({ table }) => table === 8);
  if (row === undefined) throw new Error('no open proposal');
  return toHex(row.key);
}

/** The admission is decided; the fourth hospital is named for a double vote; a patient takes a new key. */
function third(chain: Chain): BuiltBlock {
  const [, , c, d] = four(chain);
  const one = personOf('patient 1');
  const vote = (blockId: Hex32 | null) =>
    signVote(chain.genesis, d.validator.publicKey, d.id, {
      type: 'precommit',
      height: 2,
      round: 0,
      blockId,
      validRound: NO_ROUND,
    });
  const evidence = [{ type: 'double-vote', first: vote(null), second: vote(chain.view().tip.id) }] as const;
  const txs = [
    by(chain, c, actionOf('institutions.approve', { proposal: openProposal(chain) })),
    chain.tx(one.id, one.key, [rotation(chain, one.id, keyOf('patient 1, second key'))]),
  ];
  return chain.commit(txs, { evidence });
}

/** Ends: a consent under the new key, a credential. */
function fourth(chain: Chain): BuiltBlock {
  const [, b] = four(chain);
  const [one, two] = [personOf('patient 1'), personOf('patient 2')];
  return chain.commit([
    chain.tx(one.id, keyOf('patient 1, second key'), [actionOf('consent.revoke', { index: 0 })]),
    by(chain, b, actionOf('identity.withdrawCredential', { index: 1 })),
    chain.tx(two.id, two.key, [actionOf('chain.noop', {})]),
  ]);
}

/** Decided by five; a removal is proposed. */
function fifth(chain: Chain): BuiltBlock {
  const [a, , , d] = four(chain);
  const removal = { type: 'remove', institution: d.id, confirmName: null } as const;
  return chain.commit([by(chain, a, actionOf('institutions.propose', { change: removal }))]);
}
