// Owns: the short chain that is published as a vector: a genesis and five blocks in which every action stands, one of
// them failing, one piece of evidence, one missed proposal, a change of the set and of the custodians, and accesses that
// are permitted and denied.
import {
  type Action,
  actionOf,
  type BuiltBlock,
  batchOf,
  CHANGE_PROPOSALS,
  type ConsentPeriod,
  canonicalSet,
  dealersOf,
  encode,
  encodeBlock,
  type GovernedChange,
  genesisShape,
  genesisState,
  type Header,
  type Hex32,
  hashHex,
  headerId,
  type NewRecord,
  NO_ROUND,
  openProposals,
  paramsHash,
  proposerOrder,
  type RecordEraseBody,
  readRow,
  type StateChange,
  signValidatorCard,
  type Tx,
  type TxResult,
  toHex,
  utf8,
  ZERO_HASH,
} from '../../src/index.ts';
import { type Chain, createChain, type Hospital, hospital, keyOf, signVote } from './chain.ts';
import { breaking, named, opinionFor, signed } from './emergencies.ts';
import {
  consentTerms,
  credentialing,
  enrolment,
  granting,
  grantTo,
  personOf,
  revoking,
  rotation,
  TAG_A,
  TAG_B,
} from './people.ts';
import { amendment, newRecord, opening, receiptsOf, registration, tagsWith } from './records.ts';

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
    about: 'A genesis and six blocks. Bytes are lower-case hex, times are milliseconds since the epoch.',
    genesisBytes: toHex(encode(genesisShape, chain.genesis)),
    genesisHash: chain.deps.genesisHash,
    genesisStateRoot: stateRoot,
    genesisRows: changes.map(rowVector),
    blocks: [first, second, third, fourth, fifth, sixth].map((block) => blockVector(chain, block(chain))),
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

/** Over entries of its own systems; each names the map that it grew from. */
const auditBatch = (name: string, before: string) =>
  actionOf('audit.commit', {
    root: hashHex(utf8(`entries, ${name}`)),
    count: 3_000,
    mapRoot: hashHex(utf8(`map, ${name}`)),
    previous: before === 'none' ? ZERO_HASH : hashHex(utf8(`map, ${before}`)),
  });

const erasureOf = (patient: Hex32, { commitment }: NewRecord): RecordEraseBody => ({
  patient,
  records: [commitment],
  reason: 'patient-request',
});

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

const NOTE = newRecord('note', { tags: tagsWith(TAG_A), emergency: true });
const LETTER = newRecord('letter', { tags: tagsWith(TAG_A, TAG_B), month: null, tagGeneration: 1 });
const SCAN = newRecord('scan', {
  tags: tagsWith(TAG_A),
  confidentiality: 'R',
  effects: ['redisclosure-notice', 'separate-authorization'],
});
const NOTES = newRecord('notes, second version', { amends: NOTE.commitment, tags: tagsWith(TAG_A) });

/**
 * Consents, records, anchors, one transaction that fails at its second action. Decided in round 1: the first proposer
 * missed.
 */
function second(chain: Chain): BuiltBlock {
  const [a, b, c] = four(chain);
  const [one, two] = [personOf('patient 1'), personOf('patient 2')];
  const proposal = openProposal(chain);
  const txs = [
    chain.tx(one.id, one.key, [grantTo(chain, one.id, b.id)]),
    chain.tx(two.id, two.key, [
      grantTo(chain, two.id, personOf('doctor 1').id, { purposes: ['ETREAT', 'TREAT'] }),
    ]),
    by(chain, b, actionOf('institutions.approve', { proposal })),
    by(chain, a, registration(chain, one.id, NOTE, LETTER), registration(chain, one.id, SCAN)),
    by(chain, c, anchor('archive of 2026')),
    by(chain, c, anchor('archive of 2027'), anchor('archive of 2027')),
  ];
  const author = proposerOrder(chain.view().state, 2)[1] as Hex32;
  return chain.commit(txs, { round: 1, author });
}

function openProposal(chain: Chain, type: GovernedChange['type'] = 'admit'): Hex32 {
  const { state, tip } = chain.view();
  const open = openProposals(state, tip.height + 1).find(
    ({ id }) => readRow(state, CHANGE_PROPOSALS, id)?.change.type === type,
  );
  if (open === undefined) throw new Error('no open proposal');
  return open.id;
}

/**
 * The admission is decided, and the newcomer asks for its place at once; the fourth hospital is named for a double vote; a patient takes a new key. A record gets a
 * second version; a doctor asks for the newest ones: one is permitted, one excluded, one needs more than a consent.
 */
function third(chain: Chain): BuiltBlock {
  const [a, , c, d] = four(chain);
  const [one, doctor] = [personOf('patient 1'), personOf('doctor 1')];
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
    by(chain, hospital('Sihl'), actionOf('institutions.join', {})),
    chain.tx(one.id, one.key, [rotation(chain, one.id, keyOf('patient 1, second key'))]),
    by(chain, a, amendment(chain, one.id, NOTES)),
    chain.tx(doctor.id, doctor.key, [opening(one.id, EVERYTHING)]),
  ];
  return chain.commit(txs, { evidence });
}

const EVERYTHING = { type: 'query', tags: [], months: null, fromIndex: 0 } as const;

/**
 * Ends: a consent under the new key, a credential, a record. Other parameters and a sixth hospital are proposed; two members
 * report a proposer that left something out.
 */
function fourth(chain: Chain): BuiltBlock {
  const [a, b, c] = four(chain);
  const skip = { proposer: c.id, height: 3, transaction: hashHex(utf8('what waited')) };
  const [one, two] = [personOf('patient 1'), personOf('patient 2')];
  return chain.commit([
    chain.tx(one.id, keyOf('patient 1, second key'), [revoking(one.id, 0)]),
    by(chain, b, actionOf('identity.withdrawCredential', { index: 1 })),
    by(chain, a, actionOf('record.retract', { record: SCAN.commitment })),
    chain.tx(two.id, two.key, [actionOf('chain.noop', {})]),
    by(
      chain,
      a,
      actionOf('institutions.propose', { change: { type: 'admit', card: hospital('Emme').card } }),
    ),
    by(chain, b, actionOf('institutions.propose', { change: otherParams(chain) })),
    by(chain, a, actionOf('institutions.reportSkip', skip)),
    by(chain, b, actionOf('institutions.reportSkip', skip)),
    by(chain, b, actionOf('institutions.move', { addresses: ['/dns4/node.birs.example/tcp/4001'] })),
  ]);
}

function otherParams({ genesis }: Chain): GovernedChange {
  const { params } = genesis;
  return { type: 'params', replaces: paramsHash(params), params: { ...params, blockTxsMax: 1_000 } };
}

/** Another network key for a hospital, in a card of its own. */
function otherKey({ card, account, validator, id }: Hospital): GovernedChange {
  const { accountSignature, validatorSignature, ...content } = card;
  const networkKey = keyOf('second network key').publicKey;
  const rotated = signValidatorCard({ ...content, networkKey }, account, validator);
  return { type: 'rotate', institution: id, card: rotated };
}

/**
 * Decided by five, who keep the shares now; one batch has moved to them, and one of its dealers is accused. Of two requests
 * to erase one is met, and a custodian has said so; the other is refused. What the doctor could open before is denied, what its institution wrote is not. The parameters
 * are decided, an admission is withdrawn, the other kinds of changes are proposed.
 */
function fifth(chain: Chain): BuiltBlock {
  const [a, b, c, d] = four(chain);
  const removal = { type: 'remove', institution: d.id, confirmName: null } as const;
  const [one, doctor] = [personOf('patient 1'), personOf('doctor 1')];
  const batch = batchOf({ records: [NOTE, LETTER] });
  const root = hashHex(utf8('root over the points of the new shares'));
  const receipts = receiptsOf(chain, { batch, epoch: 1, root, count: 2 });
  const [dealer] = dealersOf(chain.view().state, 0, 1) as [Hex32];
  const ids = [NOTE, NOTES, LETTER, SCAN].map(({ commitment }) => commitment);
  return chain.commit([
    by(chain, a, actionOf('institutions.propose', { change: removal })),
    by(chain, a, actionOf('institutions.withdraw', { proposal: openProposal(chain, 'admit') })),
    ...[a, c, d].map((voter) =>
      by(chain, voter, actionOf('institutions.approve', { proposal: openProposal(chain, 'params') })),
    ),
    by(chain, b, actionOf('institutions.propose', { change: otherKey(b) })),
    by(
      chain,
      c,
      actionOf('institutions.propose', { change: { type: 'upgrade', height: 1_000, version: 2 } }),
    ),
    by(
      chain,
      d,
      actionOf('institutions.propose', { change: { type: 'observe', card: hospital('Auditor').card } }),
    ),
    by(chain, a, actionOf('custody.confirm', { epoch: 1, batches: [{ batch, root, receipts }] })),
    by(chain, b, actionOf('custody.accuse', { from: 0, to: 1, dealer })),
    chain.tx(doctor.id, doctor.key, [opening(one.id, [...ids, hashHex(utf8('no record'))])]),
    by(chain, a, opening(one.id, ids, 'HOPERAT')),
    by(chain, c, auditBatch('first', 'none'), auditBatch('second', 'first')),
  ]);
}

/**
 * Who acts for a patient and until when, a group and a consent that names it; the glass is broken by who may and by who may
 * not, reviewed, and the privilege suspended and given back. The log is read.
 */
function sixth(chain: Chain): BuiltBlock {
  const [a, b, c] = four(chain);
  const [one, two] = [personOf('patient 1'), personOf('patient 2')];
  const [doctor, officer] = [personOf('doctor 1'), personOf('officer 1')];
  const opinion = opinionFor(chain, one.id, doctor.id);
  const { time } = chain.view().tip;
  const period = { from: time, until: time + 86_400_000 };
  const ofGroup = { type: 'group', institution: b.id, index: 0 } as const;
  const terms = consentTerms(chain, b.id, { purposes: ['HRESCH'] });
  const agreement = { project: 'study-7', terms: [hashHex(utf8('no names'))] };
  const research = { ...terms, rule: { ...terms.rule, actors: [ofGroup] }, agreement };
  return chain.commit([
    by(chain, a, appointing(one.id, two.id, 'guardian', period), ending(one.id, 0)),
    chain.tx(one.id, keyOf('patient 1, second key'), [appointing(one.id, two.id, 'proxy', period)]),
    by(chain, b, actionOf('group.put', { index: null, members: [doctor.id] })),
    chain.tx(two.id, two.key, [
      granting(one.id, research),
      opening(one.id, [NOTES.commitment]),
      actionOf('access.readLog', { patient: two.id }),
    ]),
    by(chain, b, credentialing(chain, b, 'officer 1', { role: 'privacy-officer', speciality: null })),
    chain.tx(doctor.id, doctor.key, [opening(one.id, [NOTE.commitment, LETTER.commitment], 'BTG')]),
    by(chain, b, credentialing(chain, b, 'doctor 2', { role: 'nurse' })),
    chain.tx(doctor.id, doctor.key, [
      breaking(one.id, {
        selection: named(LETTER.commitment),
        second: signed(chain, personOf('doctor 2'), opinion),
      }),
    ]),
    by(chain, b, opening(one.id, [NOTE.commitment], 'BTG')),
    chain.tx(officer.id, officer.key, [actionOf('emergency.review', { index: 0, verdict: 'unjustified' })]),
    chain.tx(doctor.id, doctor.key, [opening(one.id, [NOTE.commitment], 'BTG')]),
    by(chain, b, actionOf('emergency.reinstate', { clinician: doctor.id })),
    by(chain, a, actionOf('institutions.propose', { change: { type: 'policy', policy: 'Policy-deny' } })),
    chain.tx(one.id, keyOf('patient 1, second key'), [
      actionOf('record.requestErasure', erasureOf(one.id, LETTER)),
      actionOf('record.requestErasure', erasureOf(one.id, NOTE)),
    ]),
    by(
      chain,
      a,
      actionOf('record.erase', erasureOf(one.id, LETTER)),
      actionOf('record.refuseErasure', { patient: one.id, request: 1, ground: 'legal-obligation' }),
    ),
    by(chain, c, actionOf('custody.erased', { erasures: [0] })),
  ]);
}

function appointing(
  patient: Hex32,
  delegate: Hex32,
  kind: 'guardian' | 'proxy',
  period: ConsentPeriod,
): Action {
  const scopes = canonicalSet(['consent', 'read'] as const);
  return actionOf('identity.appointDelegate', { patient, delegate, kind, scopes, period });
}

function ending(patient: Hex32, index: number): Action {
  return actionOf('identity.endDelegation', { patient, index });
}
